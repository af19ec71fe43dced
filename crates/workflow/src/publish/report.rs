//! The results of publishing.

use std::path::PathBuf;

use sealift_filename::{ArchivePath, ImageId, Version};
use sealift_oci::{Digest, Platform};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::path_text::PathText;
use crate::trust::signer::ConfigSigner;

/// What was published, or what would be.
///
/// It serialises as `{archives, config, removed, errors}`; if nothing was done yet, with
/// `would_remove` in place of `removed`.
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "it holds the errors of what could not be removed"]
pub struct PublishReport {
    /// The archives, sorted by path.
    pub archives: Vec<PublishedArchive>,
    /// The config that names them.
    pub config: WrittenConfig,
    /// What was removed at the end.
    pub removed: Vec<RemovedObject>,
    /// Why other objects could not be removed. Everything is published nevertheless.
    pub removal_errors: Vec<Error>,
    /// `true` if nothing was done yet.
    pub is_planned: bool,
}

impl Serialize for PublishReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let removed = if self.is_planned { "would_remove" } else { "removed" };
        let mut document = serializer.serialize_struct("PublishReport", 4)?;
        document.serialize_field("archives", &self.archives)?;
        document.serialize_field("config", &self.config)?;
        document.serialize_field(removed, &self.removed)?;
        document.serialize_field("errors", &self.removal_errors)?;
        document.end()
    }
}

/// An archive that the config names.
///
/// It serialises with `action`; if nothing was done yet, with `would` in place of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishedArchive {
    /// The image.
    pub image: String,
    /// The version.
    pub version: Version,
    /// `image:tag`.
    pub tag: String,
    /// The id in the archive's name.
    pub id: ImageId,
    /// The digest of the image's config.
    pub digest: Digest,
    /// What the image runs on.
    pub platform: Platform,
    /// The archive in the folder.
    pub from: PathBuf,
    /// Its path below the destination.
    pub archive: ArchivePath,
    /// The URL that the config states.
    pub url: String,
    /// The size of the file in bytes.
    pub size: u64,
    /// The SHA-256 of the file.
    pub sha256: Digest,
    /// What was done.
    pub action: PublishAction,
    /// `true` if it was not done yet.
    pub is_planned: bool,
}

/// What is done with an archive. As JSON it is its name in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PublishAction {
    /// It is uploaded.
    Publish,
    /// It is uploaded in place of another one of its name.
    Replace,
    /// It is there already.
    Keep,
}

impl Serialize for PublishedArchive {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let action = if self.is_planned { "would" } else { "action" };
        let mut document = serializer.serialize_struct("PublishedArchive", 11)?;
        document.serialize_field("image", &self.image)?;
        document.serialize_field("version", &self.version)?;
        document.serialize_field("id", &self.id)?;
        document.serialize_field("digest", &self.digest)?;
        document.serialize_field("platform", &self.platform)?;
        document.serialize_field("from", &PathText(self.from.clone()))?;
        document.serialize_field("path", &self.archive)?;
        document.serialize_field("url", &self.url)?;
        document.serialize_field("size", &self.size)?;
        document.serialize_field("sha256", &self.sha256.hex())?;
        document.serialize_field(action, &self.action)?;
        document.end()
    }
}

/// The config at the destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WrittenConfig {
    /// Its location, without secrets.
    pub location: String,
    /// The number of the publication.
    pub sequence: u64,
    /// `true` if it was written now, or would be; `false` if it stated the same already.
    pub changed: bool,
    /// `true` if it was signed now, or would be; `false` if the key had signed it already, or there
    /// is no key.
    pub signed: bool,
    /// Who signed it, if there is a key and it was signed.
    pub signed_by: Option<ConfigSigner>,
}

/// An object that was removed, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RemovedObject {
    /// Its path below the destination.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
}
