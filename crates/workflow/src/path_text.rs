//! Paths as text in JSON.

use std::path::Path;

use serde::Serializer;

/// Serializes a path as text. Bytes that are not UTF-8, which JSON cannot hold, are replaced.
pub(crate) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}
