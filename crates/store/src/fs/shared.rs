//! Detection of file systems that several hosts may share.

use std::fs::File;

/// Returns `true` if several hosts may share the file system, so that locks of other hosts may be
/// invisible. Unknown file systems count as shared.
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
            // The type of the field differs between architectures, but its value always has 32
            // bits.
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
