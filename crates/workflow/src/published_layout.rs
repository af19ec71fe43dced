//! The names of the files beside published archives.
//!
//! An archive lies at its path in the folder, and its block index beside it. The config, by which
//! readers start, is written after what it names.

use sealift_filename::ArchivePath;
use sealift_oci::Digest;

/// The default name of the config.
pub const CONFIG_NAME: &str = "images.json";

/// The checksums of the archives, the block indexes and the config, for people.
pub const SUMS_NAME: &str = "SHA256SUMS";

/// What a block index has after the name of its archive.
pub const BLOCKS_SUFFIX: &str = ".blocks";

/// The size up to which a block index is read, in bytes. It has about 62 bytes for each block of up
/// to 256 KiB.
pub const MAX_BLOCKS_SIZE: usize = 64 << 20;

/// The size up to which checksums are read, in bytes.
pub const MAX_SUMS_SIZE: usize = 16 << 20;

/// Returns the path of an archive's block index.
pub fn blocks_path(archive: &ArchivePath) -> String {
    format!("{archive}{BLOCKS_SUFFIX}")
}

/// Returns the name of the checksums that belong to a config and are signed. They are written
/// before the config: it has them as soon as readers see it.
///
/// ```
/// use sealift_workflow::{oci::Digest, signed_sums_name};
///
/// assert_eq!(signed_sums_name(&Digest::of(b"")), "SHA256SUMS.e3b0c44298fc1c14");
/// ```
pub fn signed_sums_name(config: &Digest) -> String {
    format!("{SUMS_NAME}.{}", &config.hex()[..16])
}
