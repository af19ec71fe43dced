//! Removing archives.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use sealift_filename::ArchivePath;

use crate::durable::sync_folder;
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

fn kind_of(folder: BorrowedFd<'_>, name: &str) -> rustix::io::Result<FileType> {
    let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(FileType::from_raw_mode(stat.st_mode))
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
        let failed = |source: Errno| Error::io("remove", &path, source.into());

        let mut folder: OwnedFd =
            File::open(self.root()).map_err(Error::at("open", self.root()))?.into();
        for part in archive.folder().split('/').filter(|part| !part.is_empty()) {
            let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
            folder = match rustix::fs::openat(folder.as_fd(), part, flags, Mode::empty()) {
                Ok(inner) => inner,
                Err(Errno::NOENT) => return Ok(None),
                Err(Errno::NOTDIR | Errno::LOOP) => {
                    return match kind_of(folder.as_fd(), part) {
                        Ok(FileType::Symlink) => refuse("behind a symbolic link"),
                        // Behind anything else, nothing can be.
                        _ => Ok(None),
                    };
                }
                Err(error) => return Err(failed(error)),
            };
        }
        let name = archive.name().as_str();
        let stat = match rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {}
            FileType::Symlink => return refuse("a symbolic link"),
            FileType::Directory => return refuse("a folder"),
            _ => return refuse("something else"),
        }
        match rustix::fs::unlinkat(&folder, name, AtFlags::empty()) {
            Ok(()) => Ok(Some(u64::try_from(stat.st_size).unwrap_or(0))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}
