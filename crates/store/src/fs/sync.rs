//! Making changes to a folder durable.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::io::Errno;

/// Writes the entries of a folder to the disk, so that a rename or removal in it survives a crash.
///
/// Some network file systems refuse this call; they have written the entries already.
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
