//! Paths as text in JSON.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

/// Serializes a path as text. Bytes that are not UTF-8, which JSON cannot hold, are replaced.
pub(crate) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

/// Serializes a path as text, and none as null.
pub(crate) fn serialize_option<S: Serializer>(
    path: &Option<PathBuf>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match path {
        Some(path) => serialize(path, serializer),
        None => serializer.serialize_none(),
    }
}

/// Serializes paths as an array of texts.
pub(crate) fn serialize_all<S: Serializer>(
    paths: &[PathBuf],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().map(|path| path.display().to_string()))
}

/// A path that serializes as text.
pub(crate) struct PathText(pub(crate) PathBuf);

impl Serialize for PathText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, serializer)
    }
}
