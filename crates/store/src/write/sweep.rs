//! Removal of files that crashed writers left behind.

use std::path::PathBuf;

use serde::Serialize;

use crate::error::{Error, ErrorKind};
use crate::fs::abandoned::open_abandoned;
use crate::fs::dir::{Dir, split};
use crate::fs::own_folder::is_folder;
use crate::read::scan::OtherReason;
use crate::store::Store;

/// The result of a sweep.
#[derive(Debug, Default, Serialize)]
#[non_exhaustive]
pub struct SweepReport {
    /// The staging files that were removed.
    pub removed: Vec<SweptFile>,
    /// The errors of files that could not be removed.
    pub failed: Vec<Error>,
}

/// A staging file that a sweep removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SweptFile {
    /// The path, relative to the root.
    pub path: PathBuf,
    /// The size in bytes.
    pub size: u64,
}

impl Store {
    /// Removes staging files that no writer has locked, unfinished archives that were not continued
    /// for a week, and records of archives that do not exist.
    ///
    /// If several hosts share the file system, locks of other hosts may be invisible. Then only
    /// files that were not changed for a day are removed.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be read or locked. Errors of single files are in the
    /// report.
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
                    tracing::debug!("removed the abandoned staging file {}", other.path.display());
                    report.removed.push(SweptFile { path: other.path, size });
                }
                Err(source) => report.failed.push(Error::io("remove", path, source)),
            }
            // The lock is released only after the removal, so that no writer can take over the
            // file.
            drop(file);
        }
        if is_folder(&self.sealift_folder()) {
            self.sweep_unfinished();
            match self.lock() {
                Ok(_lock) => self.prune_records(),
                // Such records are harmless, and a read-only folder has no writers.
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
