//! A folder that this call creates.

use std::path::{Path, PathBuf};

/// Folders that did not exist before; those that are still empty at the end are removed.
#[derive(Debug)]
pub(crate) struct NewFolder(Vec<PathBuf>);

impl NewFolder {
    /// Remembers which part of a path does not exist yet.
    pub(crate) fn at(dir: &Path) -> Self {
        let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
        Self(dir.ancestors().take_while(is_missing).map(Path::to_owned).collect())
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        // Innermost first. One that is not empty stays, and so do those around it.
        let _ = self.0.iter().try_for_each(std::fs::remove_dir);
    }
}
