//! Clearing away what crashed writers left behind.

use std::path::PathBuf;

use crate::error::{Error, ErrorKind};
use crate::fs::abandoned::open_abandoned;
use crate::fs::dir::{Dir, split};
use crate::fs::own_folder::is_folder;
use crate::read::scan::OtherReason;
use crate::store::Store;

/// What was cleared away.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct SweepReport {
    /// The staging files that are gone, below the store's root, with their sizes in bytes.
    pub removed: Vec<(PathBuf, u64)>,
    /// What could not be removed.
    pub failed: Vec<Error>,
}

impl Store {
    /// Removes the staging files that no writer holds, and the records of archives that are gone.
    ///
    /// On a file system that hosts may share, where locks of other hosts may not be seen, only
    /// what wasn't touched for a day is taken for abandoned.
    ///
    /// # Errors
    ///
    /// If the folder can't be read or locked. What can't be removed is in the report.
    pub fn sweep(&self) -> Result<SweepReport, Error> {
        let mut report = SweepReport::default();
        for other in self.scan_with_others()?.others {
            if other.reason != OtherReason::Staging {
                continue;
            }
            let path = self.root().join(&other.path);
            let Some((folder, name)) = other.path.to_str().map(split) else { continue };
            let Ok(folder) = Dir::open(self.root(), folder) else { continue };
            let Some((file, size)) = open_abandoned(&folder, name) else { continue };
            match folder.remove_file(name) {
                Ok(()) => {
                    tracing::debug!("swept {}, which nobody writes any more", other.path.display());
                    report.removed.push((other.path, size));
                }
                Err(source) => report.failed.push(Error::io("remove", path, source)),
            }
            // Only now: with the lock, no writer can take the file for its own.
            drop(file);
        }
        if is_folder(&self.sealift_folder()) {
            match self.lock() {
                Ok(_lock) => self.prune_records(),
                // Stray records do no harm, and a folder that can't be written has no writers.
                Err(error) if is_read_only(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(report)
    }
}

fn is_read_only(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::ReadOnly | ErrorKind::PermissionDenied)
}
