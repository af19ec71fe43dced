//! Paths as text in JSON.

use std::path::Path;

use serde::Serializer;

/// Serializes a path as text. Bytes that are not UTF-8, which JSON cannot hold, are replaced.
pub(crate) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

/// Serializes a path as text, and none as null.
pub(crate) fn serialize_option<S: Serializer>(
    path: &Option<std::path::PathBuf>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match path {
        Some(path) => serialize(path, serializer),
        None => serializer.serialize_none(),
    }
}
