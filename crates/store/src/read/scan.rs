//! Listing of archives by their names.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use sealift_filename::{ArchiveName, ArchivePath, Repository, is_repository_folder};

use crate::error::Error;
use crate::fs::own_folder::SEALIFT_FOLDER;
use crate::store::Store;
use crate::write::hidden_file::is_hidden_name;

/// The longest path of a folder with archives, in bytes. Repository names cannot be longer.
const LONGEST_FOLDER: usize = 255;

/// The content of a folder.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Scan {
    /// The files with archive names, sorted by path. Unsorted for [`Store::scan_unsorted`].
    pub archives: Vec<ArchivePath>,
    /// Everything else, sorted by path. Empty for [`Store::scan`].
    pub others: Vec<Other>,
    /// The subfolders that cannot be read, sorted by path. Their content is unknown.
    pub unreadable: Vec<Other>,
}

impl Scan {
    fn sorted(mut self) -> Self {
        self.archives.sort_unstable();
        self
    }
}

/// A file or folder in a store that is not an archive according to its name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Other {
    /// The path, relative to the store's root.
    pub path: PathBuf,
    /// The reason why it is ignored.
    pub reason: OtherReason,
}

/// The reason why a file or folder in a store is ignored.
///
/// Displayed as the rest of a sentence that begins with the path.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtherReason {
    /// The file does not have an archive name. Contains the reason.
    Name(String),
    /// The name is not valid UTF-8.
    NotUtf8,
    /// A folder whose name cannot be part of a repository.
    Folder,
    /// A folder that is another store.
    AnotherStore,
    /// A symbolic link to a folder. Such links are not followed.
    LinkedFolder,
    /// A broken symbolic link.
    BrokenLink,
    /// A folder with an archive name.
    FolderNamedLikeArchive,
    /// A device, a named pipe or a socket.
    Special,
    /// A staging file, either in use or left behind.
    Staging,
    /// A folder that cannot be read. Contains the error of the operating system.
    Unreadable(String),
}

impl fmt::Display for OtherReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable(reason) => return write!(f, "cannot be read: {reason}"),
            Self::Name(reason) => reason,
            Self::NotUtf8 => "has a name that is not valid UTF-8",
            Self::Folder => "is a folder whose name cannot be part of an image name",
            Self::AnotherStore => "is another store",
            Self::LinkedFolder => "is a symbolic link to a folder",
            Self::BrokenLink => "is a broken symbolic link",
            Self::FolderNamedLikeArchive => "is a folder with an archive name",
            Self::Special => "is neither a file nor a folder",
            Self::Staging => "is being written, or was left behind by a writer",
        })
    }
}

impl Store {
    /// Lists the archives by their names. No file is opened; only symbolic links are resolved.
    ///
    /// Folders whose names can be part of an image name are scanned. Hidden folders, symbolic links
    /// to folders and other stores are not. A symbolic link to a file counts as an archive if it
    /// has an archive name. It can be read like any other archive, but is never removed.
    ///
    /// # Errors
    ///
    /// Returns an error if the root cannot be read. Subfolders that cannot be read are in the
    /// result.
    pub fn scan(&self) -> Result<Scan, Error> {
        Ok(self.walk(false)?.sorted())
    }

    /// Lists the archives, and everything else with the reason why it is ignored.
    ///
    /// # Errors
    ///
    /// Returns an error if the root cannot be read.
    pub fn scan_with_others(&self) -> Result<Scan, Error> {
        Ok(self.walk(true)?.sorted())
    }

    /// Does the same as [`scan_with_others`](Self::scan_with_others), and returns the archives in
    /// the order in which the file system lists them: sorting 100,000 names takes as long as
    /// reading them.
    ///
    /// # Errors
    ///
    /// Returns an error if the root cannot be read.
    pub fn scan_unsorted(&self) -> Result<Scan, Error> {
        self.walk(true)
    }

    fn walk(&self, with_others: bool) -> Result<Scan, Error> {
        let mut scan = Scan::default();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let listing = match list(&self.folder(&folder), &folder, with_others) {
                Ok(Some(listing)) => listing,
                Ok(None) => continue,
                // The rest of the store can still be listed.
                Err(Error::Io { source, .. }) if !folder.is_empty() => {
                    let reason = OtherReason::Unreadable(source.to_string());
                    scan.unreadable.push(Other { path: folder.into(), reason });
                    continue;
                }
                Err(error) => return Err(error),
            };
            if listing.is_store && !folder.is_empty() {
                if with_others {
                    scan.others
                        .push(Other { path: folder.into(), reason: OtherReason::AnotherStore });
                }
                continue;
            }
            scan.archives.extend(listing.archives);
            scan.others.extend(listing.others);
            folders.extend(listing.folders);
        }
        scan.others.sort_unstable_by(|left, right| left.path.cmp(&right.path));
        scan.unreadable.sort_unstable_by(|left, right| left.path.cmp(&right.path));
        Ok(scan)
    }

    /// Lists the archives of one image, sorted by path. The result is the same as that of a
    /// [`scan`](Self::scan), but folders of other images are not read.
    pub fn archives_of(&self, repository: &Repository) -> Result<Vec<ArchivePath>, Error> {
        let mut archives = Vec::new();
        for folder in repository.folders() {
            if let Some(path) = self.entered(&folder)?
                && let Some(listing) = list(&path, &folder, false)?
            {
                archives.extend(listing.archives);
            }
        }
        archives.retain(|archive| archive.name().image() == repository.image());
        archives.sort_unstable();
        Ok(archives)
    }

    /// Returns the path of a folder, or `None` if a scan would skip it.
    fn entered(&self, folder: &str) -> Result<Option<PathBuf>, Error> {
        let mut path = self.root().to_owned();
        for part in folder.split('/').filter(|part| !part.is_empty()) {
            path.push(part);
            let is_folder = match fs::symlink_metadata(&path) {
                Ok(metadata) => metadata.is_dir(),
                Err(error) => match error.kind() {
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => false,
                    _ => return Err(Error::io("access", path, error)),
                },
            };
            if !is_folder || fs::symlink_metadata(path.join(SEALIFT_FOLDER)).is_ok() {
                return Ok(None);
            }
        }
        Ok(Some(path))
    }
}

/// The content of one folder.
#[derive(Default)]
struct Listing {
    archives: Vec<ArchivePath>,
    folders: Vec<String>,
    others: Vec<Other>,
    is_store: bool,
}

/// Lists one folder. Returns `None` if it no longer exists.
fn list(path: &Path, folder: &str, with_others: bool) -> Result<Option<Listing>, Error> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        // Another writer may have removed the empty folder.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !folder.is_empty() => {
            return Ok(None);
        }
        Err(error) => return Err(Error::io("read the folder", path, error)),
    };
    let mut listing = Listing::default();
    for entry in entries {
        let entry = entry.map_err(Error::at("read the folder", path))?;
        let file_name = entry.file_name();
        if file_name == SEALIFT_FOLDER {
            listing.is_store = true;
            continue;
        }
        let file_type = match entry.file_type() {
            Ok(file_type) => file_type,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::io("access", entry.path(), error)),
        };
        if let Err(reason) = listing.take(folder, &file_name, file_type, || entry.path())
            && with_others
        {
            let path = Path::new(folder).join(&file_name);
            listing.others.push(Other { path, reason: reason(&file_name) });
        }
    }
    Ok(Some(listing))
}

/// A function that returns the reason why an entry is ignored. It is called only if the caller
/// needs the text.
type Explain = fn(&OsStr) -> OtherReason;

impl Listing {
    fn take(
        &mut self,
        folder: &str,
        file_name: &OsStr,
        file_type: FileType,
        path: impl FnOnce() -> PathBuf,
    ) -> Result<(), Explain> {
        let Some(name) = file_name.to_str() else {
            return Err(|_| OtherReason::NotUtf8);
        };
        if file_type.is_dir() {
            return self.take_folder(folder, name);
        }
        if file_type.is_symlink() {
            match fs::metadata(path()) {
                Ok(metadata) if metadata.is_file() => {}
                Ok(metadata) if metadata.is_dir() => return Err(|_| OtherReason::LinkedFolder),
                Ok(_) => return Err(|_| OtherReason::Special),
                Err(_) => return Err(|_| OtherReason::BrokenLink),
            }
        } else if !file_type.is_file() {
            return Err(|_| OtherReason::Special);
        }
        let archive =
            ArchiveName::try_parse(name).and_then(|name| ArchivePath::in_folder(folder, name).ok());
        match archive {
            Some(archive) => {
                self.archives.push(archive);
                Ok(())
            }
            None if is_hidden_name(name) => Err(|_| OtherReason::Staging),
            None => Err(explain_name),
        }
    }

    fn take_folder(&mut self, folder: &str, name: &str) -> Result<(), Explain> {
        let first = folder.is_empty();
        let path = if first { name.to_owned() } else { format!("{folder}/{name}") };
        let is_entered = is_repository_folder(name, first) && path.len() <= LONGEST_FOLDER;
        if is_entered {
            self.folders.push(path);
        }
        match ArchiveName::try_parse(name) {
            Some(_) => Err(|_| OtherReason::FolderNamedLikeArchive),
            None if is_entered => Ok(()),
            None => Err(|_| OtherReason::Folder),
        }
    }
}

fn explain_name(file_name: &OsStr) -> OtherReason {
    let name = file_name.to_string_lossy();
    match ArchiveName::parse(&name) {
        Ok(_) => OtherReason::Name("is in a folder that cannot contain archives".to_owned()),
        Err(error) => OtherReason::Name(format!("is not an archive: {}", error.kind())),
    }
}
