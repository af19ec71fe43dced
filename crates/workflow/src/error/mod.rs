//! The error type of all workflows.

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

/// An error of a workflow. Its message names the image, archive, folder or engine in question.
///
/// The message contains no advice. Callers can derive it from the [`kind`](Error::kind) and the
/// fields.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The engine has no such image.
    #[error("no image `{image}` in the engine at {endpoint}")]
    ImageNotFound {
        /// The requested image.
        image: Reference,
        /// The engine's address.
        endpoint: String,
        /// The references of the same repository that the engine has.
        tags: Vec<String>,
    },
    /// The engine's image is for another platform than the requested one.
    #[error("`{image}` in the engine is for {}, not for {wanted}", list(found))]
    OtherPlatform {
        /// The image.
        image: Reference,
        /// Its platforms.
        found: Vec<Platform>,
        /// The requested platform.
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
    /// The engine sent a damaged image.
    #[error("the save of `{image}` is damaged; nothing was changed in {}", folder.display())]
    SaveDamaged {
        /// The image.
        image: Reference,
        /// The store's folder.
        folder: PathBuf,
        /// The fault in the saved archive.
        source: Box<Fault>,
    },
    /// The engine sent a complete image, but another one than it had described.
    #[error(
        "the engine sent another image as `{image}`: {} instead of {}; nothing was changed in {}",
        found.short(),
        expected.short(),
        folder.display()
    )]
    OtherImage {
        /// The image.
        image: Reference,
        /// The id that the engine reported.
        expected: Digest,
        /// The digest of the sent image's config.
        found: Digest,
        /// The store's folder.
        folder: PathBuf,
    },
    /// The tag was moved to another image during each attempt to save it.
    #[error("`{image}` was moved to another image during both attempts to save it")]
    TagMoved {
        /// The image.
        image: Reference,
    },
    /// An archive cannot be read, is damaged, or contains no image.
    #[error(transparent)]
    Archive(#[from] sealift_archive::Error),
    /// The operating system refuses to read an archive.
    #[error("cannot read {}: {reason}", path.display())]
    ArchiveUnreadable {
        /// The archive's file.
        path: PathBuf,
        /// The reason of the operating system.
        reason: String,
    },
    /// A folder that should contain archives cannot be read.
    #[error("{} {reason}", folder.display())]
    FolderUnreadable {
        /// The folder.
        folder: PathBuf,
        /// The reason, as the rest of a sentence that begins with the folder's path.
        reason: String,
    },
    /// The bytes read back from the disk differ from those that were written.
    #[error("cannot archive `{image}`: the disk returned other bytes than were written")]
    WrittenDiffers {
        /// The image, or the file that it was read from.
        image: String,
    },
    /// The engine accepted an archive but does not have its image afterwards.
    #[error("the engine at {endpoint} accepted {archive}, but does not have `{image}` now")]
    NotLoaded {
        /// The archive.
        archive: String,
        /// The image that it should have.
        image: Reference,
        /// The engine's address.
        endpoint: String,
    },
    /// The archive that was asked for is not there, or there are several.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The path of an archive stands for an image name that engines do not support.
    #[error("cannot load {archive}: `{image}` is not a valid image name in an engine")]
    NoRepository {
        /// The archive.
        archive: ArchivePath,
        /// The image's name, as the path has it.
        image: String,
    },
    /// The folder has another build of the release, and releases are immutable.
    #[error(
            "another build of the release `{image}` is already in {}: {}; nothing was changed",
        folder.display(), list(ids)
    )]
    Rebuilt {
        /// The image.
        image: Reference,
        /// The ids of the builds in the folder.
        ids: Vec<ImageId>,
        /// The store's folder.
        folder: PathBuf,
    },
    /// The target of an export is in the folder of archives, where the exported files would be
    /// mistaken for archives.
    #[error("cannot export into {}: it is the folder of archives or inside it", folder.display())]
    ExportIntoStore {
        /// The folder to export into.
        folder: PathBuf,
    },
    /// The file name of an exported archive would exceed the limit of file systems.
    #[error("cannot export {archive}: its file name would be longer than 255 bytes")]
    ExportNameTooLong {
        /// The archive.
        archive: ArchivePath,
    },
    /// An exported file cannot be written.
    #[error("cannot export `{image}`")]
    NotExported {
        /// The image.
        image: String,
        /// The error of the folder's file system.
        source: Box<sealift_store::Error>,
    },
    /// The target of an export already exists and is not an exported file of the same image.
    #[error("cannot export `{image}`: {} already exists, and {reason}", path.display())]
    NotReplaced {
        /// The image.
        image: String,
        /// The file.
        path: PathBuf,
        /// The reason why it is not replaced, a clause.
        reason: String,
    },
    /// The folder has no archives for a config.
    #[error("there is no {what} to publish in {}", folder.display())]
    NothingToPublish {
        /// The store's folder.
        folder: PathBuf,
        /// The kind of the missing entity: `archive`, `release`.
        what: &'static str,
    },
    /// A clean-up would leave no intact archive in the folder.
    #[error("this would remove the last intact archive in {}", folder.display())]
    LastArchive {
        /// The store's folder.
        folder: PathBuf,
    },
    /// No name for the archive can be derived from its tags.
    #[error("{} contains no image name: {reason}", file.display())]
    NoName {
        /// The archive's file.
        file: PathBuf,
        /// The reason why its tags are no names.
        reason: NoName,
    },
    /// An archive has several tags, and the caller has to choose one.
    #[error("{} has several tags: {}", file.display(), listed(names))]
    SeveralNames {
        /// The archive's file.
        file: PathBuf,
        /// The names, sorted.
        names: Vec<Reference>,
        /// Whether the operation can use all of them, as [`add`](crate::add()) does with
        /// [`every`](crate::AddOptions::every).
        allows_every: bool,
    },
    /// An image and a version cannot form an archive name.
    #[error(transparent)]
    InvalidName(#[from] NewNameError),
    /// A version is not valid as a tag.
    #[error(transparent)]
    InvalidTag(#[from] TagError),
    /// It is not known whether a selected archive contains an image.
    #[error("{archive} is not known to contain an image")]
    UnknownContent {
        /// The archive.
        archive: ArchivePath,
    },
    /// Two versions of an image are selected, but the result can have only one.
    #[error("`{first}` and `{second}` are both selected, but a config has one version of an image")]
    TwoVersions {
        /// The reference that was selected first.
        first: Reference,
        /// The reference that was selected later.
        second: Reference,
    },
    /// A request to the engine failed.
    #[cfg(feature = "engine")]
    #[error(transparent)]
    Engine(#[from] sealift_docker::Error),
    /// An operation on the folder failed.
    #[error(transparent)]
    Store(#[from] sealift_store::Error),
    /// An archive was not removed, because the save that replaces it may be incomplete.
    #[error("{archive} was not removed: the engine sent its successor without manifest.json")]
    NotCleaned {
        /// The archive that was kept.
        archive: ArchivePath,
    },
    /// An image cannot be written into the folder.
    #[error("cannot archive `{image}`")]
    NotArchived {
        /// The image.
        image: Reference,
        /// The error of the folder's file system.
        source: Box<sealift_store::Error>,
    },
    /// A place to publish to, or to fetch from, cannot be used.
    #[cfg(feature = "remote")]
    #[error(transparent)]
    Remote(#[from] sealift_remote::Error),
    /// The file at the location of the config is not a valid config.
    #[error("{place} cannot be used as a config: {source}")]
    NotAConfig {
        /// The location of the config.
        place: String,
        /// The reason.
        source: ParseConfigError,
    },
    /// The place has no config.
    #[error("there is no config at {place}")]
    NoConfig {
        /// The location of the config.
        place: String,
    },
    /// Other publishers changed the config during each attempt to replace it.
    #[error("could not write {place}: other publishers changed it during all {attempts} attempts")]
    Contended {
        /// The location of the config or its checksums.
        place: String,
        /// The number of attempts.
        attempts: u32,
    },
    /// The destination has archives with the same names and other content.
    #[error("nothing was published: {}", conflicts(archives))]
    OtherContent {
        /// For each archive its location and the difference.
        archives: Vec<(String, String)>,
    },
    /// An archive changed after it was verified.
    #[error("{archive} changed while it was published")]
    ArchiveChanged {
        /// The archive.
        archive: ArchivePath,
    },
    /// The destination reports another size than was uploaded.
    #[error("{object} had a different size than the uploaded file, and was removed")]
    UploadDiffers {
        /// The location of the object.
        object: String,
    },
    /// The destination of a publication is in the folder that the archives come from.
    #[error("cannot publish into {}: it is the folder of archives or inside it", folder.display())]
    PublishIntoStore {
        /// The folder to publish into.
        folder: PathBuf,
    },
    /// The config does not contain a requested image or version.
    #[error("`{}:{}` is not in the config at {place}", image.repository(), image.version_or_latest())]
    NotInConfig {
        /// The image.
        image: Reference,
        /// The location of the config.
        place: String,
        /// The images in the config: the other version of the same image, or all images.
        there: Vec<Reference>,
    },
    /// The config is older than one that was fetched from the same place before.
    #[error("{place} is older than the config fetched before (sequence {sequence}, seen {seen})")]
    OlderConfig {
        /// The location of the config.
        place: String,
        /// Its sequence number.
        sequence: u64,
        /// The highest sequence number of the configs fetched before.
        seen: u64,
    },
    /// An archive in the config does not exist at the place.
    #[error("the config names {place}, but there is no such file")]
    NotPublished {
        /// The location of the archive.
        place: String,
    },
    /// A published archive differs from its description in the config.
    #[error("{place} is not what the config describes: {reason}")]
    FetchedDiffers {
        /// The location of the archive.
        place: String,
        /// The difference, a clause.
        reason: String,
    },
    /// A config or an archive does not have a required signature.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The existing config is signed, and the new one would not be.
    #[error("{place} is signed, and was not replaced by one without a signature")]
    WouldBeUnsigned {
        /// The location of the config.
        place: String,
    },
    /// The existing config has entries that are not signed, or are signed by someone else.
    #[error("cannot sign the entries of other images in {place}, {}: {reason}", images.join(", "))]
    UnprovenEntries {
        /// The location of the config.
        place: String,
        /// The images.
        images: Vec<String>,
        /// The reason, a clause.
        reason: String,
    },
    /// The existing config was signed with another key.
    #[error("{place} was signed with another key: {reason}")]
    OtherKey {
        /// The location of the config.
        place: String,
        /// The reason why the key differs.
        reason: String,
    },
    /// A signature was created, but readers would refuse it.
    #[error("the signature by {key} would be refused: {source}")]
    SignatureRefused {
        /// The key.
        key: String,
        /// The reason.
        source: sealift_signature::VerifyError,
    },
    /// The config could not be signed.
    #[error(transparent)]
    Sign(#[from] sealift_signature::SignError),
    /// The server cannot listen on an address.
    #[cfg(feature = "serve")]
    #[error("cannot listen at {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// The reason.
        source: std::io::Error,
    },
    /// The sockets that systemd passed cannot be used to listen.
    #[cfg(feature = "serve")]
    #[error("cannot listen at the sockets that systemd passed")]
    PassedSockets(#[source] std::io::Error),
    /// A certificate, its key or a file with logins cannot be used by the server.
    #[cfg(feature = "serve")]
    #[error(transparent)]
    UnusableFile(#[from] sealift_serve::UnusableFile),
    /// The caller cancelled the operation.
    #[error("interrupted")]
    Interrupted,
    /// An archive cannot be written to the caller's output.
    #[error("cannot write the archive to the output")]
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
            #[cfg(feature = "serve")]
            Self::UnusableFile(_) => ErrorKind::Usage,
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

    /// Returns the error with the path in it replaced by `shown`, if it is about the content of a
    /// file.
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

    /// With 128 bytes or more, clippy's `result_large_err` warns in every function that returns it.
    #[test]
    fn an_error_is_small() {
        assert!(size_of::<Error>() < 128, "{}", size_of::<Error>());
    }
}
