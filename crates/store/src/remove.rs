//! Removing archives.

use std::io;

use rustix::fs::FileType;
use sealift_filename::ArchivePath;

use crate::durable::sync_folder;
use crate::inner_folder::{InnerFolder, parts};
use crate::{Error, Store};

/// What came of removing archives.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct RemovalReport {
    /// The archives that are gone.
    pub removed: Vec<Removed>,
    /// The archives that were gone already.
    pub missing: Vec<ArchivePath>,
    /// The archives that are still there, and why.
    pub failed: Vec<(ArchivePath, Error)>,
}

/// An archive that was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Where it was.
    pub archive: ArchivePath,
    /// The size that its file had, in bytes.
    pub size: u64,
}

impl RemovalReport {
    /// Gives how many bytes the removed archives had together.
    pub fn bytes(&self) -> u64 {
        self.removed.iter().map(|removed| removed.size).sum()
    }
}

impl Store {
    /// Removes archives and their records, durably. Only regular files go, and no symbolic link is
    /// followed on the way to them.
    ///
    /// # Errors
    ///
    /// If the folder can't be locked. What can't be removed is in the report.
    pub fn remove(&self, archives: &[ArchivePath]) -> Result<RemovalReport, Error> {
        let mut report = RemovalReport::default();
        if archives.is_empty() {
            return Ok(report);
        }
        let _lock = self.lock()?;
        for archive in archives {
            match self.remove_one(archive) {
                Ok(Some(size)) => {
                    self.drop_record(archive);
                    report.removed.push(Removed { archive: archive.clone(), size });
                }
                Ok(None) => {
                    self.drop_record(archive);
                    report.missing.push(archive.clone());
                }
                Err(error) => report.failed.push((archive.clone(), error)),
            }
        }
        let mut folders: Vec<&str> =
            report.removed.iter().map(|removed| removed.archive.folder()).collect();
        folders.sort_unstable();
        folders.dedup();
        for folder in folders {
            let path = self.folder(folder);
            sync_folder(&path).map_err(Error::at("sync the folder", &path))?;
        }
        Ok(report)
    }

    /// Gives the size of what was removed; none if nothing was there.
    fn remove_one(&self, archive: &ArchivePath) -> Result<Option<u64>, Error> {
        let path = self.path_of(archive);
        let refuse = |what| Err(Error::NotAFile { path: path.clone(), what });
        let failed = |source| Error::io("remove", &path, source);

        let mut folder =
            InnerFolder::open(self.root(), "").map_err(Error::at("open", self.root()))?;
        for part in parts(archive.folder()) {
            folder = match folder.inner(part) {
                Ok(inner) => inner,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                    return match folder.stat(part) {
                        Ok(stat) if stat.kind == FileType::Symlink => {
                            refuse("behind a symbolic link")
                        }
                        // Behind anything else, nothing can be.
                        _ => Ok(None),
                    };
                }
                Err(error) => return Err(failed(error)),
            };
        }
        let name = archive.name().as_str();
        let gone = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => Ok(None),
            _ => Err(failed(error)),
        };
        let size = match folder.stat(name) {
            Ok(stat) => match stat.kind {
                FileType::RegularFile => stat.size,
                FileType::Symlink => return refuse("a symbolic link"),
                FileType::Directory => return refuse("a folder"),
                _ => return refuse("something else"),
            },
            Err(error) => return gone(error),
        };
        match folder.remove_file(name) {
            Ok(()) => Ok(Some(size)),
            Err(error) => gone(error),
        }
    }
}
