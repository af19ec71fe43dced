//! The folder below a store's root that holds the lock and the records.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::Error;

/// Its name.
pub(crate) const SEALIFT_FOLDER: &str = ".sealift";

/// Creates this folder if it is missing.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Error> {
    match fs::create_dir(folder) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match is_folder(folder) {
            true => Ok(()),
            false => Err(Error::NotADirectory { path: folder.to_owned() }),
        },
        Err(error) => Err(Error::io("make the folder", folder, error)),
    }
}

/// Returns `true` if this is a folder and not a symbolic link to one: what is written into it must
/// stay in the store.
pub(crate) fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}
