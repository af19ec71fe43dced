//! Space on the disk that is reserved before it is written.

use std::fs::File;

/// Reserves space for a file of `to` bytes that has `from` bytes now. The size of the file does not
/// change.
///
/// This makes writing faster, because the file system finds the space in one step. Errors are
/// ignored: some file systems do not support it, and a disk without enough space fails when the
/// bytes are written.
#[cfg(target_os = "linux")]
pub(crate) fn reserve(file: &File, from: u64, to: u64) {
    use rustix::fs::{FallocateFlags, fallocate};

    let missing = to.saturating_sub(from);
    if missing > 0 && fallocate(file, FallocateFlags::KEEP_SIZE, from, missing).is_err() {
        // Some of the space can have been reserved.
        release(file);
    }
}

/// Does nothing: only Linux can reserve space without changing the size of the file.
#[cfg(not(target_os = "linux"))]
pub(crate) fn reserve(_: &File, _: u64, _: u64) {}

/// Releases the reserved space after the end of a file. Errors are ignored.
pub(crate) fn release(file: &File) {
    let _ = file.metadata().and_then(|metadata| file.set_len(metadata.len()));
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn reserved_space_does_not_change_the_size_and_can_be_released() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(10).unwrap();
        let before = file.metadata().unwrap();
        reserve(&file, 10, 1 << 20);
        let reserved = file.metadata().unwrap();
        assert_eq!(reserved.len(), 10);
        // Some file systems do not support it.
        assert!(reserved.blocks() == before.blocks() || reserved.blocks() >= (1 << 20) / 512);
        release(&file);
        let released = file.metadata().unwrap();
        assert_eq!(released.len(), 10);
        // The last block of the file is complete.
        assert!(released.blocks() <= before.blocks() + 8, "{released:?}");
        // A size that has been reached already, and one that no disk has.
        reserve(&file, 10, 9);
        reserve(&file, 10, u64::MAX);
        assert_eq!(file.metadata().unwrap().len(), 10);
    }
}
