//! Results about published archives.

use sealift_filename::{ArchivePath, Repository, Version};
use serde::Serialize;

use crate::config::image_config::ImageConfig;
use crate::trust::signer::ConfigSigner;
use crate::verify::verdict::Verdict;

/// The images in the config of a place.
///
/// It serializes as `{url, sequence, images}`. Each image has the form that it has in the config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PublishedListing {
    /// The URL of the config, without secrets.
    pub url: String,
    /// The sequence number of the publication, or 0 if the config has none.
    pub sequence: u64,
    /// The images, sorted by name.
    pub images: Vec<ImageConfig>,
    /// The number of dirty versions that were left out.
    #[serde(skip)]
    pub left_out: usize,
}

/// The result of verifying a place: its config, the archives, and the files next to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VerifiedPlace {
    /// The URL of the config, without secrets.
    pub url: String,
    /// The sequence number of the publication, or 0 if the config has none.
    pub sequence: u64,
    /// The signer of the config, if a signature is required.
    pub signed_by: Option<ConfigSigner>,
    /// The archives, sorted by image.
    pub archives: Vec<VerifiedObject>,
    /// The state of the checksums next to the config.
    pub sums: Beside,
}

/// The result of verifying one published archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VerifiedObject {
    /// The image.
    pub image: Repository,
    /// The version.
    pub version: Version,
    /// The path of the archive, relative to the config.
    pub path: ArchivePath,
    /// The size of the archive in bytes, from the config.
    pub size: u64,
    /// The verdict for the archive.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The state of its block index.
    pub blocks: Beside,
}

/// The state of a file next to an archive or a config, such as a block index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Beside {
    /// The file exists and matches.
    Right,
    /// The file does not exist and is not required.
    None,
    /// The file does not exist, although it should.
    Missing,
    /// The file exists but does not match.
    Wrong {
        /// The reason, a clause.
        reason: String,
    },
    /// The file could not be read.
    Unreadable {
        /// The reason, a clause.
        reason: String,
    },
    /// The file was not compared, because the archive is damaged or could not be read.
    Unchecked,
}

impl Beside {
    /// Returns `true` if it is missing, wrong or unreadable.
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Missing | Self::Wrong { .. } | Self::Unreadable { .. })
    }
}
