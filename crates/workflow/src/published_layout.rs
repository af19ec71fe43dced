//! The names of published files.
//!
//! An archive has the same path as in the folder, and its block index is next to it. Readers start
//! with the config, which is written after the files that it lists.

use sealift_filename::ArchivePath;
use sealift_oci::Digest;

/// The default name of the config.
pub const CONFIG_NAME: &str = "images.json";

/// The checksums of the config, the archives and the block indexes, in the format of `sha256sum`.
pub const SUMS_NAME: &str = "SHA256SUMS";

/// The suffix that is added to an archive's name for its block index.
pub const BLOCKS_SUFFIX: &str = ".blocks";

/// The largest block index that is read, in bytes. An index has about 62 bytes for each block of up
/// to 256 KiB.
pub const MAX_BLOCKS_SIZE: usize = 64 << 20;

/// The largest file of checksums that is read, in bytes.
pub const MAX_SUMS_SIZE: usize = 16 << 20;

/// Returns the path of an archive's block index.
pub fn blocks_path(archive: &ArchivePath) -> String {
    format!("{archive}{BLOCKS_SUFFIX}")
}

/// Returns the name of the signed checksums of a config. The name contains the config's digest,
/// because the checksums are written before the config: readers that see a config always find its
/// checksums.
///
/// ```
/// use sealift_workflow::{oci::Digest, signed_sums_name};
///
/// assert_eq!(signed_sums_name(&Digest::of(b"")), "SHA256SUMS.e3b0c44298fc1c14");
/// ```
pub fn signed_sums_name(config: &Digest) -> String {
    format!("{SUMS_NAME}.{}", &config.hex()[..16])
}
