//! Making changes to a folder durable.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::io::Errno;

/// Writes a folder's entries to the disk, so that what was renamed or removed in it stays so.
///
/// Network file systems that can't do that say so; they have written it by then.
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
