//! The folder `.sealift` below a store's root, with the lock and the records.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::Error;

/// The name of the folder.
pub(crate) const SEALIFT_FOLDER: &str = ".sealift";

/// Creates the folder if it is missing.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Error> {
    match fs::create_dir(folder) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match is_folder(folder) {
            true => Ok(()),
            false => Err(Error::NotADirectory { path: folder.to_owned() }),
        },
        Err(error) => Err(Error::io("create the folder", folder, error)),
    }
}

/// Returns `true` if a path is a folder and not a symbolic link to one. Files that are written to a
/// link could be outside of the store.
pub(crate) fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}
