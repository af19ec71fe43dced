//! Where things are.

use std::path::{Path, PathBuf};

/// Returns the workspace's folder.
pub(crate) fn root() -> &'static Path {
    // This crate's folder is directly below it.
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Returns the folder that cargo builds into.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Returns the folder of everything that has to do with engines.
pub(crate) fn engines() -> PathBuf {
    target().join("engines")
}
