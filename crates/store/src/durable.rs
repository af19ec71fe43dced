//! What makes changes to a folder last, and hidden files of one's own.

use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::Path;

use rustix::io::Errno;

use crate::inner_folder::InnerFolder;

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

/// Makes a new file with a name that nobody else uses, `prefix` and 16 random digits and `suffix`; gives its name.
pub(crate) fn create_unique(
    folder: &InnerFolder,
    prefix: &str,
    suffix: &str,
    mode: u16,
) -> io::Result<(File, String)> {
    loop {
        // The standard library's hash keys are random, which is all that is needed: a file that is
        // there already is never opened.
        let digits = RandomState::new().build_hasher().finish();
        let name = format!("{prefix}{digits:016x}{suffix}");
        match folder.create_file(&name, mode) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|file| (file, name)),
        }
    }
}

/// Tells whether hosts may share the file system, so that the locks seen here needn't be all.
///
/// Where that can't be told, they may.
pub(crate) fn is_shared(file: &File) -> bool {
    #[cfg(target_os = "linux")]
    {
        // Magic numbers from statfs(2) and linux/magic.h: NFS, SMB, CIFS, SMB2, FUSE, 9P, Ceph,
        // AFS, Coda, OCFS2, GFS2, Lustre, GPFS.
        const SHARED: [u32; 13] = [
            0x6969,
            0x517B,
            0xFF53_4D42,
            0xFE53_4D42,
            0x6573_5546,
            0x0102_1997,
            0x00C3_6400,
            0x5346_414F,
            0x7375_7245,
            0x7461_636F,
            0x0116_1970,
            0x0BD0_0BD0,
            0x4750_4653,
        ];
        match rustix::fs::fstatfs(file) {
            // The type's width differs between architectures; the number has 32 bits on all.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "see above"
            )]
            Ok(stat) => SHARED.contains(&(stat.f_type as u32)),
            Err(_) => true,
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = file;
        true
    }
}
