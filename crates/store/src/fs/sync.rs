//! Durability of changes to a folder.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::io::Errno;

/// Syncs the entries of a folder to the disk, so that a rename or removal in it survives a crash.
///
/// Some network file systems do not support this operation, because they have already written the
/// entries.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    let tolerated = |error: &io::Error| {
        [Errno::INVAL, Errno::NOTSUP, Errno::OPNOTSUPP]
            .iter()
            .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
    };
    match File::open(folder)?.sync_all() {
        Err(error) if !tolerated(&error) => Err(error),
        _ => Ok(()),
    }
}
