//! Removal of a created folder that stays empty.

use std::path::{Path, PathBuf};

/// The folders that a command creates, innermost first. Those that are empty when this is dropped
/// are removed.
#[derive(Debug)]
pub(crate) struct NewFolder(Vec<PathBuf>);

impl NewFolder {
    /// Records the part of a path that does not exist yet.
    pub(crate) fn at(dir: &Path) -> Self {
        let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
        Self(dir.ancestors().take_while(is_missing).map(Path::to_owned).collect())
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        // Stops at the first folder that is not empty.
        let _ = self.0.iter().try_for_each(std::fs::remove_dir);
    }
}
