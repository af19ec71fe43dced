//! The error of every workflow.

mod document;
pub(crate) mod kind;
pub(crate) mod no_name;
mod text;

use std::path::{Path, PathBuf};

use sealift_archive::Fault;
use sealift_catalog::SelectError;
use sealift_filename::{ArchivePath, ImageId, NewNameError, Reference, TagError};
use sealift_oci::{Digest, Platform};
use sealift_store::FindError;

use crate::config::read::ParseConfigError;
use crate::error::kind::{ErrorKind, archive_kind, store_kind};
use crate::error::no_name::NoName;
use crate::error::text::{conflicts, list, listed};
use crate::trust::error::TrustError;

/// The error of a workflow. It names the image, archive, folder or engine that it is about.
///
/// What a caller can do about it follows from [`kind`](Error::kind) and the fields; the message
/// contains no advice.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The engine has no such image.
    #[error("no image `{image}` in the engine at {endpoint}")]
    ImageNotFound {
        /// The image that was asked for.
        image: Reference,
        /// The engine's address.
        endpoint: String,
        /// The references that it has of the same repository.
        tags: Vec<String>,
    },
    /// The engine's image is for another platform than the one that was asked for.
    #[error("`{image}` in the engine is for {}, not for {wanted}", list(found))]
    OtherPlatform {
        /// The image.
        image: Reference,
        /// Its platforms.
        found: Vec<Platform>,
        /// The platform that was asked for.
        wanted: Box<Platform>,
    },
    /// The engine has the image for several platforms, and none was chosen.
    #[error("`{image}` in the engine is for several platforms: {}", list(platforms))]
    SeveralPlatforms {
        /// The image.
        image: Reference,
        /// Its platforms.
        platforms: Vec<Platform>,
    },
    /// The image is archived in a format that is neither docker nor zip.
    #[error(
        "`{image}` is archived as {archive}, whose format `{}` is neither docker nor zip",
        archive.name().format()
    )]
    UnsupportedFormat {
        /// The image.
        image: Reference,
        /// Its archive.
        archive: ArchivePath,
    },
    /// What the engine sent is no whole image.
    #[error("the save of `{image}` is damaged; nothing was changed in {}", folder.display())]
    SaveDamaged {
        /// The image.
        image: Reference,
        /// The store's folder.
        folder: PathBuf,
        /// What is wrong with it.
        source: Box<Fault>,
    },
    /// What the engine sent is a whole image, but not the one that it had shown.
    #[error(
        "the engine sent another image as `{image}`: {} instead of {}; nothing was changed in {}",
        found.short(),
        expected.short(),
        folder.display()
    )]
    OtherImage {
        /// The image.
        image: Reference,
        /// The id that the engine showed.
        expected: Digest,
        /// The digest of the config of what it sent.
        found: Digest,
        /// The store's folder.
        folder: PathBuf,
    },
    /// The tag was moved to another image each time while it was saved.
    #[error("`{image}` was moved to another image while it was saved, twice")]
    TagMoved {
        /// The image.
        image: Reference,
    },
    /// An archive can't be read, is damaged, or holds no image.
    #[error(transparent)]
    Archive(#[from] sealift_archive::Error),
    /// The operating system refuses to read an archive.
    #[error("cannot read {}: {reason}", path.display())]
    ArchiveUnreadable {
        /// The archive's file.
        path: PathBuf,
        /// The operating system's word.
        reason: String,
    },
    /// A folder that archives are known to be in can't be read.
    #[error("{} {reason}", folder.display())]
    FolderUnreadable {
        /// The folder.
        folder: PathBuf,
        /// Why, a fragment.
        reason: String,
    },
    /// What was read back from the disk isn't what had been written.
    #[error("what was written of `{image}` can't be read back the same; nothing was changed")]
    WrittenDiffers {
        /// The image, or the file that it was taken from.
        image: String,
    },
    /// The engine doesn't have what it was given.
    #[error("the engine at {endpoint} took {archive}, but does not have `{image}` now")]
    NotLoaded {
        /// The archive.
        archive: String,
        /// The image that it should have.
        image: Reference,
        /// The engine's address.
        endpoint: String,
    },
    /// The archive that was asked for isn't there, or there are several.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// An archive stands where no image can have its name.
    #[error("{archive} can't be loaded: `{image}` can't be an image's name in an engine")]
    NoRepository {
        /// The archive.
        archive: ArchivePath,
        /// The image's name, as the path has it.
        image: String,
    },
    /// Another build of a release is there already, and releases are immutable.
    #[error(
        "another build of the release `{image}` is in {} already: {}; nothing was changed",
        folder.display(), list(ids)
    )]
    Rebuilt {
        /// The image.
        image: Reference,
        /// The ids of the builds that are there.
        ids: Vec<ImageId>,
        /// The store's folder.
        folder: PathBuf,
    },
    /// Images cannot be exported into a folder of archives: the files would be taken for archives.
    #[error("cannot export into {}: it is the folder of archives, or in it", folder.display())]
    ExportIntoStore {
        /// The folder to export into.
        folder: PathBuf,
    },
    /// The name of an exported file would be longer than file names can be.
    #[error("{archive} cannot be exported: the name of its file would be longer than 255 bytes")]
    ExportNameTooLong {
        /// The archive.
        archive: ArchivePath,
    },
    /// An image cannot be written into the folder of a cluster.
    #[error("cannot export `{image}`")]
    NotExported {
        /// The image.
        image: String,
        /// What the file system of the folder refuses.
        source: Box<sealift_store::Error>,
    },
    /// A file has the name of the one to export, and belongs to somebody else.
    #[error("cannot export `{image}`: {} is there already, and {reason}", path.display())]
    NotReplaced {
        /// The image.
        image: String,
        /// The file.
        path: PathBuf,
        /// Why it is not replaced, a sentence without its end.
        reason: String,
    },
    /// There is nothing of which a config could be made.
    #[error("there is no {what} to publish in {}", folder.display())]
    NothingToPublish {
        /// The store's folder.
        folder: PathBuf,
        /// What is missing: `archive`, `release`.
        what: &'static str,
    },
    /// A clean-up would leave the folder without any whole archive.
    #[error("this would remove the last whole archive in {}", folder.display())]
    LastArchive {
        /// The store's folder.
        folder: PathBuf,
    },
    /// An archive contains no name that it could have in a folder or an engine.
    #[error("{} names no image: {reason}", file.display())]
    NoName {
        /// The archive's file.
        file: PathBuf,
        /// Why its tags name no image.
        reason: NoName,
    },
    /// An archive has several names, and one has to be chosen.
    #[error("{} has several tags, {}", file.display(), listed(names))]
    SeveralNames {
        /// The archive's file.
        file: PathBuf,
        /// The names, sorted.
        names: Vec<Reference>,
        /// Whether the operation can also take all of them, as [`add`](crate::add()) with
        /// [`every`](crate::AddOptions::every) does.
        allows_every: bool,
    },
    /// An image and its version cannot be the name of an archive.
    #[error(transparent)]
    InvalidName(#[from] NewNameError),
    /// A version cannot be a tag.
    #[error(transparent)]
    InvalidTag(#[from] TagError),
    /// An archive that was chosen is not known to hold an image.
    #[error("{archive} is not known to hold an image")]
    UnknownContent {
        /// The archive.
        archive: ArchivePath,
    },
    /// An image is selected by two versions, but the result has one version of each image.
    #[error("`{first}` and `{second}` are both selected, but a config has one version of an image")]
    TwoVersions {
        /// The reference that was selected first.
        first: Reference,
        /// The reference that was selected after it.
        second: Reference,
    },
    /// The engine failed.
    #[cfg(feature = "engine")]
    #[error(transparent)]
    Engine(#[from] sealift_docker::Error),
    /// Something about the folder.
    #[error(transparent)]
    Store(#[from] sealift_store::Error),
    /// An archive was not removed, as the save that replaces it may not be complete.
    #[error("{archive} was not removed: the engine sent its successor without manifest.json")]
    NotCleaned {
        /// The archive that is still there.
        archive: ArchivePath,
    },
    /// An image can't be written into the folder.
    #[error("cannot archive `{image}`")]
    NotArchived {
        /// The image.
        image: Reference,
        /// What the folder's file system refuses.
        source: Box<sealift_store::Error>,
    },
    /// A place that archives are published to, or fetched from, cannot be used.
    #[cfg(feature = "remote")]
    #[error(transparent)]
    Remote(#[from] sealift_remote::Error),
    /// What lies where a config should be is none.
    #[error("{place} cannot be used as a config: {source}")]
    NotAConfig {
        /// The location of the config.
        place: String,
        /// Why.
        source: ParseConfigError,
    },
    /// There is no config.
    #[error("there is no config at {place}")]
    NoConfig {
        /// The location of the config.
        place: String,
    },
    /// Other publishers change the config all the time.
    #[error("could not write {place}: other publishers have changed it {attempts} times meanwhile")]
    Contended {
        /// The location of the config or its checksums.
        place: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// Archives at the destination have the names of ours, and other content.
    #[error("nothing was published: {}", conflicts(archives))]
    OtherContent {
        /// The location of each, and what differs.
        archives: Vec<(String, String)>,
    },
    /// An archive is no longer the one that was verified.
    #[error("{archive} changed while it was published")]
    ArchiveChanged {
        /// The archive.
        archive: ArchivePath,
    },
    /// The destination has other bytes than it was sent.
    #[error("{object} has another size than what was uploaded, and was removed")]
    UploadDiffers {
        /// The location of the object.
        object: String,
    },
    /// Archives cannot be published into the folder that they come from.
    #[error("cannot publish into {}: it is the folder of archives, or in it", folder.display())]
    PublishIntoStore {
        /// The folder to publish into.
        folder: PathBuf,
    },
    /// An image or a version that was named is not in the config.
    #[error("`{}:{}` is not in the config at {place}", image.repository(), image.version_or_latest())]
    NotInConfig {
        /// The image.
        image: Reference,
        /// The location of the config.
        place: String,
        /// What is in it instead: the other version of the image, or all images.
        there: Vec<Reference>,
    },
    /// The config is older than one that was fetched from there before.
    #[error("{place} is older than the config fetched before (sequence {sequence}, seen {seen})")]
    OlderConfig {
        /// The location of the config.
        place: String,
        /// Its sequence.
        sequence: u64,
        /// The highest sequence that was seen.
        seen: u64,
    },
    /// An archive that the config names is not there.
    #[error("the config names {place}, but there is no such file")]
    NotPublished {
        /// The location of the archive.
        place: String,
    },
    /// A published archive is not what the config describes.
    #[error("{place} is not what the config describes: {reason}")]
    FetchedDiffers {
        /// The location of the archive.
        place: String,
        /// What differs.
        reason: String,
    },
    /// A config or an archive lacks the signature that is required.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The config that is there is signed, and the new one would not be.
    #[error("{place} is signed, and was not replaced by one without a signature")]
    WouldBeUnsigned {
        /// The location of the config.
        place: String,
    },
    /// Entries of the config that is there are not signed, or by somebody else.
    #[error("cannot sign the entries of other images in {place}, {}: {reason}", images.join(", "))]
    UnprovenEntries {
        /// The location of the config.
        place: String,
        /// The images.
        images: Vec<String>,
        /// Why, a sentence without its end.
        reason: String,
    },
    /// The config that is there was signed with another key.
    #[error("{place} was signed with another key: {reason}")]
    OtherKey {
        /// The location of the config.
        place: String,
        /// Why it is not this key.
        reason: String,
    },
    /// A signature was made, but readers would refuse it.
    #[error("the signature by {key} would be refused: {source}")]
    SignatureRefused {
        /// The key.
        key: String,
        /// Why.
        source: sealift_signature::VerifyError,
    },
    /// The config was not signed.
    #[error(transparent)]
    Sign(#[from] sealift_signature::SignError),
    /// The folder is not served.
    #[cfg(feature = "serve")]
    #[error("cannot listen at {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// What systemd passed is no socket at which a server can listen.
    #[cfg(feature = "serve")]
    #[error("cannot listen at the sockets that systemd passed")]
    PassedSockets(#[source] std::io::Error),
    /// A certificate, its key or logins cannot be used to serve the folder.
    #[cfg(feature = "serve")]
    #[error(transparent)]
    UnusableFile(#[from] sealift_serve::UnusableFile),
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// Data can't be written to where the caller wants it.
    #[error("cannot write the archive out")]
    Output(#[source] std::io::Error),
}

impl Error {
    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::ImageNotFound { .. }
            | Self::OtherPlatform { .. }
            | Self::NothingToPublish { .. }
            | Self::NotInConfig { .. }
            | Self::NotPublished { .. }
            | Self::NoConfig { .. } => ErrorKind::NotFound,
            Self::UnsupportedFormat { .. } => ErrorKind::UnsupportedFormat,
            Self::SaveDamaged { .. }
            | Self::OtherImage { .. }
            | Self::WrittenDiffers { .. }
            | Self::Select(SelectError::Misnamed(_))
            | Self::ArchiveChanged { .. }
            | Self::FetchedDiffers { .. }
            | Self::UploadDiffers { .. }
            | Self::NotLoaded { .. } => ErrorKind::Damaged,
            Self::SeveralPlatforms { .. }
            | Self::LastArchive { .. }
            | Self::NoName { .. }
            | Self::SeveralNames { .. }
            | Self::InvalidName(_)
            | Self::InvalidTag(_)
            | Self::ExportIntoStore { .. }
            | Self::ExportNameTooLong { .. }
            | Self::PublishIntoStore { .. }
            | Self::TwoVersions { .. } => ErrorKind::Usage,
            Self::Interrupted => ErrorKind::Interrupted,
            Self::Archive(error) => archive_kind(error),
            Self::Select(SelectError::NotFound(_)) => ErrorKind::NotFound,
            Self::Select(SelectError::Ambiguous(_)) => ErrorKind::Usage,
            Self::Store(error) => store_kind(error),
            Self::NotArchived { source, .. } | Self::NotExported { source, .. } => {
                store_kind(source)
            }
            #[cfg(feature = "engine")]
            Self::Engine(error) => kind::engine_kind(error),
            #[cfg(feature = "remote")]
            Self::Remote(error) => kind::remote_kind(error),
            _ => ErrorKind::Failed,
        }
    }

    /// Returns the same error about the file that people know, if it is about the content of one.
    pub(crate) fn about_file(self, shown: &Path) -> Self {
        use sealift_archive::Error as Archive;
        match self {
            Self::Archive(Archive::Fault { source, .. }) => {
                Self::Archive(Archive::Fault { input: shown.into(), source })
            }
            Self::Archive(Archive::Io { operation, source, .. }) => {
                Self::Archive(Archive::Io { operation, input: shown.into(), source })
            }
            other => other,
        }
    }
}

impl From<FindError> for Error {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Select(error) => Self::Select(error),
            FindError::Store(error) => Self::Store(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From 128 bytes on, clippy's `result_large_err` warns in every program that returns it.
    #[test]
    fn an_error_is_small() {
        assert!(size_of::<Error>() < 128, "{}", size_of::<Error>());
    }
}
