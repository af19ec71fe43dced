//! What was found out about what was published.

use sealift_filename::{ArchivePath, Repository, Version};
use serde::Serialize;

use crate::config::image_config::ImageConfig;
use crate::trust::signer::ConfigSigner;
use crate::verify::verdict::Verdict;

/// What a config at a place names.
///
/// It serialises as `{url, sequence, images}`; each image as in the config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PublishedListing {
    /// Where the config is, without secrets.
    pub url: String,
    /// The number of the publication; 0 if it has none.
    pub sequence: u64,
    /// The images, sorted by name.
    pub images: Vec<ImageConfig>,
    /// How many dirty versions were left out.
    #[serde(skip)]
    pub left_out: usize,
}

/// What was found out about a config, the archives that it names, and what lies beside them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VerifiedPlace {
    /// Where the config is, without secrets.
    pub url: String,
    /// The number of the publication; 0 if it has none.
    pub sequence: u64,
    /// Who signed the config, if a signature is required.
    pub signed_by: Option<ConfigSigner>,
    /// The archives, sorted by image.
    pub archives: Vec<VerifiedObject>,
    /// The checksums beside the config.
    pub sums: Beside,
}

/// What was found out about one published archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VerifiedObject {
    /// The image.
    pub image: Repository,
    /// The version.
    pub version: Version,
    /// The archive, relative to the config.
    pub path: ArchivePath,
    /// The size that the config states.
    pub size: u64,
    /// What the archive is.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Its block index.
    pub blocks: Beside,
}

/// What was found out about a file that lies beside an archive or a config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Beside {
    /// It is there, and describes what it lies beside.
    Right,
    /// It is not there, and need not be.
    None,
    /// It is not there, although it should be.
    Missing,
    /// It is there, and describes something else.
    Wrong {
        /// What is wrong, a sentence without its end.
        reason: String,
    },
    /// It could not be read.
    Unreadable {
        /// Why, a sentence without its end.
        reason: String,
    },
    /// It was not compared, since the archive could not be read or is not whole.
    Unchecked,
}

impl Beside {
    /// Returns `true` if it is missing, wrong or unreadable.
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Missing | Self::Wrong { .. } | Self::Unreadable { .. })
    }
}
