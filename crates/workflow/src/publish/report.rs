//! The result of a publication.

use std::path::PathBuf;

use sealift_filename::{ArchivePath, ImageId, Version};
use sealift_oci::{Digest, Platform};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::path_text::PathText;
use crate::trust::signer::ConfigSigner;

/// The result or the plan of a publication.
///
/// It serializes as `{archives, config, removed, errors}`. In a plan, `removed` is named
/// `would_remove`.
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "it contains the errors of removals"]
pub struct PublishReport {
    /// The archives, sorted by path.
    pub archives: Vec<PublishedArchive>,
    /// The config that lists them.
    pub config: WrittenConfig,
    /// The objects that were removed.
    pub removed: Vec<RemovedObject>,
    /// The errors of removals. They do not affect the published archives.
    pub removal_errors: Vec<Error>,
    /// `true` in a plan, when nothing was changed.
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

/// An archive in the new config.
///
/// It serializes with the field `action`, which is named `would` in a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishedArchive {
    /// The image.
    pub image: String,
    /// The version.
    pub version: Version,
    /// The full reference, `image:tag`.
    pub tag: String,
    /// The id in the archive's name.
    pub id: ImageId,
    /// The digest of the image's config.
    pub digest: Digest,
    /// The platform of the image.
    pub platform: Platform,
    /// The path of the archive in the folder.
    pub from: PathBuf,
    /// The path at the destination.
    pub archive: ArchivePath,
    /// The URL in the config.
    pub url: String,
    /// The size of the file in bytes.
    pub size: u64,
    /// The SHA-256 of the file.
    pub sha256: Digest,
    /// The action for this archive.
    pub action: PublishAction,
    /// `true` in a plan, when nothing was changed.
    pub is_planned: bool,
}

/// The action for an archive. Serializes as its name in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PublishAction {
    /// The archive is uploaded.
    Publish,
    /// The archive is uploaded and replaces another one with the same name.
    Replace,
    /// The destination already has the archive.
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
    /// The location of the config, without secrets.
    pub location: String,
    /// The sequence number of the publication.
    pub sequence: u64,
    /// `true` if the config was written now, or would be written; `false` if it already had these
    /// entries.
    pub changed: bool,
    /// `true` if the config was signed now, or would be signed; `false` if there is no key or the
    /// key had already signed it.
    pub signed: bool,
    /// The signer, if there is a key and the config was signed.
    pub signed_by: Option<ConfigSigner>,
}

/// An object that was removed or would be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RemovedObject {
    /// The path at the destination.
    pub path: String,
    /// The size of the object in bytes.
    pub size: u64,
}
