//! Removal of archives.

use std::io;

use rustix::fs::FileType;
use sealift_archive::ExamineOptions;
use sealift_catalog::{Knowledge, Stat};
use sealift_filename::ArchivePath;
use serde::Serialize;

use crate::error::{Error, ErrorKind};
use crate::fs::dir::{Dir, parts};
use crate::fs::sync::sync_folder;
use crate::store::Store;

/// The result of removing archives.
#[derive(Debug, Default, Serialize)]
#[non_exhaustive]
#[must_use = "it lists the archives that could not be removed"]
pub struct RemovalReport {
    /// The archives that were removed.
    pub removed: Vec<Removed>,
    /// The archives that no longer existed.
    pub missing: Vec<ArchivePath>,
    /// The archives that were not removed, with the reasons.
    pub failed: Vec<NotRemoved>,
}

/// An archive that could not be removed.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct NotRemoved {
    /// The archive's name, relative to the folder.
    pub archive: ArchivePath,
    /// The reason why it was not removed.
    pub error: Error,
}

/// An archive that was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Removed {
    /// The archive's name, relative to the folder.
    pub archive: ArchivePath,
    /// The size of the file in bytes.
    pub size: u64,
}

impl RemovalReport {
    /// Returns the total size of the removed archives in bytes.
    pub fn bytes(&self) -> u64 {
        self.removed.iter().map(|removed| removed.size).sum()
    }
}

impl Store {
    /// Removes archives and their records, durably.
    ///
    /// Only regular files that contain an image are removed. An archive without a valid record is
    /// read first. No symbolic links are followed. If the disk is full, the folder is locked
    /// without creating a lock file.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be locked. Errors of single archives are in the
    /// report.
    pub fn remove(&self, archives: &[ArchivePath]) -> Result<RemovalReport, Error> {
        // Done before the lock is taken, because archives may have to be read.
        self.remove_checked(archives, |archive| (archive, self.stat_of_image(archive)))
    }

    /// Removes archives like [`remove`](Self::remove), but only if their files still have the size
    /// and the time that they had when the removal was decided.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be locked. Errors of single archives are in the
    /// report.
    pub fn remove_unchanged(
        &self,
        archives: &[(ArchivePath, Stat)],
    ) -> Result<RemovalReport, Error> {
        self.remove_checked(archives, |(archive, stat)| {
            let checked = match self.stat(archive) {
                Ok(now) if now != *stat => Err(self.changed(archive)),
                // The size and time at the decision count, even if the file changes right now.
                _ => self.stat_of_image(archive).map(|found| found.map(|_| *stat)),
            };
            (archive, checked)
        })
    }

    fn remove_checked<T>(
        &self,
        archives: &[T],
        check: impl Fn(&T) -> (&ArchivePath, Result<Option<Stat>, Error>),
    ) -> Result<RemovalReport, Error> {
        let mut report = RemovalReport::default();
        if archives.is_empty() {
            return Ok(report);
        }
        let checked: Vec<_> = archives.iter().map(check).collect();
        let _lock = self.lock_to_remove()?;
        for (archive, stat) in checked {
            let size = stat.and_then(|stat| match stat {
                Some(stat) => self.remove_one(archive, &stat),
                None => Ok(None),
            });
            match size {
                Ok(Some(size)) => {
                    self.drop_record(archive);
                    report.removed.push(Removed { archive: archive.clone(), size });
                }
                Ok(None) => {
                    self.drop_record(archive);
                    report.missing.push(archive.clone());
                }
                Err(error) => {
                    report.failed.push(NotRemoved { archive: archive.clone(), error });
                }
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

    /// Returns the size and time of an archive's file, or `None` if there is no such file.
    ///
    /// Returns an error if it is not a regular file, or is not known to contain an image.
    fn stat_of_image(&self, archive: &ArchivePath) -> Result<Option<Stat>, Error> {
        if self.locate(archive)?.is_none() {
            return Ok(None);
        }
        let Some(entry) = self.entry(archive) else { return Ok(None) };
        let knowledge = match entry.knowledge {
            Some(knowledge) => knowledge,
            None => match self.examine(archive, &ExamineOptions::default()) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                examined => examined?,
            },
        };
        let why = match knowledge {
            Knowledge::Image(_) => return Ok(Some(entry.stat)),
            Knowledge::NoImage { reason } => reason,
            Knowledge::Damaged { fault } => fault.reason().to_string(),
            Knowledge::Unreadable { reason } => reason,
        };
        Err(Error::NotAnImage { path: self.path_of(archive), why })
    }

    /// Removes a file with this size and time. Returns its size, or `None` if there is no such
    /// file.
    fn remove_one(&self, archive: &ArchivePath, stat: &Stat) -> Result<Option<u64>, Error> {
        let path = self.path_of(archive);
        let Some((folder, size)) = self.locate(archive)? else { return Ok(None) };
        if self.stat(archive)? != *stat {
            return Err(self.changed(archive));
        }
        match folder.remove_file(archive.name().as_str()) {
            Ok(()) => Ok(Some(size)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::io("remove", path, source)),
        }
    }

    fn changed(&self, archive: &ArchivePath) -> Error {
        Error::Changed { path: self.path_of(archive) }
    }

    /// Returns the opened folder and the size of an archive's regular file, or `None` if there is
    /// no such file.
    fn locate(&self, archive: &ArchivePath) -> Result<Option<(Dir, u64)>, Error> {
        let path = self.path_of(archive);
        let refuse = |what| Err(Error::NotAFile { path: path.clone(), what });

        let mut folder = Dir::open(self.root(), "").map_err(Error::at("open", self.root()))?;
        for part in parts(archive.folder()) {
            folder = match folder.inner(part) {
                Ok(inner) => inner,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                    return match folder.stat(part) {
                        Ok(stat) if stat.kind == FileType::Symlink => {
                            refuse("below a symbolic link")
                        }
                        // A path below a regular file does not exist.
                        _ => Ok(None),
                    };
                }
                Err(source) => return Err(Error::io("remove", path, source)),
            };
        }
        match folder.stat(archive.name().as_str()) {
            Ok(stat) => match stat.kind {
                FileType::RegularFile => Ok(Some((folder, stat.size))),
                FileType::Symlink => refuse("a symbolic link"),
                FileType::Directory => refuse("a folder"),
                _ => refuse("something else"),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::io("remove", path, source)),
        }
    }
}
