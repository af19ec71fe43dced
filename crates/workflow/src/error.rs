//! What goes wrong in a workflow.

use std::path::{Path, PathBuf};

use sealift_archive::{Fault, FaultKind};
use sealift_filename::{ArchivePath, ImageId};
use sealift_store::FindError;

use crate::suggest::nearest;

/// What went wrong, with everything that a message needs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The engine has no such image.
    #[error("no image `{image}` in the engine at {endpoint}")]
    ImageNotFound {
        /// The image that was asked for.
        image: String,
        /// The engine's address.
        endpoint: String,
        /// The references that it has of the same repository.
        tags: Vec<String>,
    },
    /// The engine's image is for another platform than the one that was asked for.
    #[error("`{image}` in the engine is for {found}, not for {wanted}")]
    OtherPlatform {
        /// The image.
        image: String,
        /// Its platform.
        found: String,
        /// The platform that was asked for.
        wanted: String,
    },
    /// The engine has the image for several platforms, and none was chosen.
    #[error("`{image}` in the engine is for several platforms: {}", platforms.join(", "))]
    SeveralPlatforms {
        /// The image.
        image: String,
        /// Its platforms.
        platforms: Vec<String>,
    },
    /// The image is archived in a format that is neither docker nor zip.
    #[error(
        "`{image}` is archived as {archive}, whose format `{}` is neither docker nor zip",
        archive.name().format()
    )]
    UnsupportedFormat {
        /// The image.
        image: String,
        /// Its archive.
        archive: ArchivePath,
    },
    /// What the engine sent is no whole image.
    #[error("the save of `{image}` is damaged; nothing was changed in {}", folder.display())]
    SaveDamaged {
        /// The image.
        image: String,
        /// The store's folder.
        folder: PathBuf,
        /// What is wrong with it.
        source: Box<Fault>,
    },
    /// What the engine sent is a whole image, but not the one that it had shown.
    #[error(
        "the engine sent another image as `{image}`: {found} instead of {expected}; nothing was changed in {}",
        folder.display()
    )]
    OtherImage {
        /// The image.
        image: String,
        /// The id that the engine showed.
        expected: String,
        /// The id of what it sent.
        found: String,
        /// The store's folder.
        folder: PathBuf,
    },
    /// The tag was moved to another image each time while it was saved.
    #[error("`{image}` was moved to another image while it was saved, twice")]
    TagMoved {
        /// The image.
        image: String,
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
        /// The image.
        image: String,
    },
    /// The engine doesn't have what it was given.
    #[error("the engine at {endpoint} took {archive}, but does not have `{image}` now")]
    NotLoaded {
        /// The archive.
        archive: String,
        /// The image that it should have.
        image: String,
        /// The engine's address.
        endpoint: String,
    },
    /// The archive that was asked for isn't there, or there are several.
    #[error(transparent)]
    Find(#[from] FindError),
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
        folder.display(), ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    )]
    Rebuilt {
        /// The image.
        image: String,
        /// The ids of the builds that are there.
        ids: Vec<ImageId>,
        /// The store's folder.
        folder: PathBuf,
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
    /// A build with options that only `docker buildx` has.
    #[error("`{}` is not supported: the engine's own build endpoint takes no secrets and no ssh keys", options.join(" "))]
    NeedsBuildx {
        /// What to call the image.
        image: String,
        /// The options, with their values.
        options: Vec<String>,
        /// The context.
        path: String,
    },
    /// What was asked for can't be.
    #[error("{message}")]
    Usage {
        /// What, and why.
        message: String,
    },
    /// Something about the engine.
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
        image: String,
        /// What the folder's file system refuses.
        source: Box<sealift_store::Error>,
    },
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// A file can't be written.
    #[error("cannot write {}", path.display())]
    WriteFile {
        /// The file.
        path: PathBuf,
        /// What the operating system reports.
        source: std::io::Error,
    },
    /// Data can't be written to where the caller wants it.
    #[error("cannot write the archive out")]
    Output(#[source] std::io::Error),
}

/// The sort of an [`Error`]: what a script can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Anything else.
    Failed,
    /// What was asked for can't be.
    Usage,
    /// There is no such image, archive or folder.
    NotFound,
    /// An archive has a format, or a form, that isn't taken.
    UnsupportedFormat,
    /// Bytes are missing or wrong.
    Damaged,
    /// No engine answers.
    Unreachable,
    /// Another process writes the folder.
    Locked,
    /// The caller asked to stop.
    Interrupted,
}

impl Error {
    /// Tells the sort of the error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::ImageNotFound { .. }
            | Self::OtherPlatform { .. }
            | Self::NothingToPublish { .. } => ErrorKind::NotFound,
            Self::UnsupportedFormat { .. } => ErrorKind::UnsupportedFormat,
            Self::SaveDamaged { .. }
            | Self::OtherImage { .. }
            | Self::WrittenDiffers { .. }
            | Self::Find(FindError::Misnamed(_))
            | Self::NotLoaded { .. } => ErrorKind::Damaged,
            Self::SeveralPlatforms { .. }
            | Self::LastArchive { .. }
            | Self::NeedsBuildx { .. }
            | Self::Usage { .. } => ErrorKind::Usage,
            Self::Interrupted => ErrorKind::Interrupted,
            Self::Archive(error) => archive_kind(error),
            Self::Find(FindError::NotFound(_)) => ErrorKind::NotFound,
            Self::Find(FindError::Ambiguous(_)) => ErrorKind::Usage,
            Self::Find(FindError::Store(error)) | Self::Store(error) => store_kind(error),
            Self::NotArchived { source, .. } => store_kind(source),
            Self::Engine(error) => engine_kind(error),
            _ => ErrorKind::Failed,
        }
    }

    /// Returns the same error about the file that people know, if it is about the content of one.
    pub(crate) fn about_file(self, shown: &Path) -> Self {
        use sealift_archive::Error as Archive;
        match self {
            Self::Archive(Archive::Fault { source, .. }) => {
                Self::Archive(Archive::Fault { path: shown.to_owned(), source })
            }
            Self::Archive(Archive::Io { operation, source, .. }) => {
                Self::Archive(Archive::Io { operation, path: shown.to_owned(), source })
            }
            other => other,
        }
    }

    /// Says what to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::ImageNotFound { image, tags, .. } if tags.is_empty() => {
                Some(format!("build it first: sealift build {image} PATH"))
            }
            Self::ImageNotFound { image, tags, .. } => Some(format!(
                "it has {}; build it first: sealift build {image} PATH",
                enumerate(tags)
            )),
            Self::SaveDamaged { image, .. } => Some(format!(
                "try again; if it stays, `docker image inspect {image}` shows whether the engine \
                 still has every layer"
            )),
            Self::NotCleaned { .. } => {
                Some("load the new archive somewhere to see that it is complete; then update with --clean again".to_owned())
            }
            Self::UnsupportedFormat { archive, .. } => {
                Some(format!("move {archive} away, or give it the ending of what it is"))
            }
            Self::LastArchive { .. } => Some("pass --yes if that is intended".to_owned()),
            Self::Find(FindError::Misnamed(misnamed)) => Some(misnamed_hint(&misnamed.archive)),
            Self::FolderUnreadable { .. } => Some(
                "archives of images are recorded in it; make it readable, or name the images that you want"
                    .to_owned(),
            ),
            Self::Find(FindError::NotFound(not_found)) => not_found_hint(not_found),
            Self::Find(FindError::Ambiguous(_)) | Self::SeveralPlatforms { .. } => {
                Some("choose one with --platform".to_owned())
            }
            Self::Archive(error)
                if matches!(error.as_fault(), Some(Fault::SeveralPlatforms { .. })) =>
            {
                Some("choose one with --platform".to_owned())
            }
            Self::Archive(error)
                if matches!(error.as_fault(), Some(Fault::SeveralImages { .. })) =>
            {
                Some(
                    "load it into an engine, then save the images that you need: \
                     sealift update IMAGE:VERSION…"
                        .to_owned(),
                )
            }
            Self::Archive(error)
                if error.as_fault().is_some_and(|f| f.kind() == FaultKind::Damaged) =>
            {
                Some("copy it again from where it came, or save the image again".to_owned())
            }
            Self::Rebuilt { .. } => Some("give the new build a version of its own".to_owned()),
            Self::NothingToPublish { .. } => {
                Some("pass --allow-empty to write an empty result".to_owned())
            }
            Self::NotArchived { source, .. } => store_hint(source),
            Self::Store(error) | Self::Find(FindError::Store(error)) => store_hint(error),
            Self::NeedsBuildx { image, options, path } => Some(format!(
                "run `docker buildx build --load {} -t {image} {path}`, then `sealift update {image}`",
                options.join(" ")
            )),
            Self::Engine(error) => engine_hint(error),
            _ => None,
        }
    }
}

fn misnamed_hint(archive: &ArchivePath) -> String {
    let image =
        archive.repository().map_or_else(|| archive.image().to_owned(), |of| of.to_string());
    format!(
        "move it out of the folder; if its image is the right one, `sealift add FILE --name {image}:{}` \
         stores it under its right name",
        archive.name().version()
    )
}

fn not_found_hint(not_found: &sealift_store::NotFound) -> Option<String> {
    let image = &not_found.query.repository;
    if let [archive, ..] = &not_found.without_image[..] {
        return Some(format!("{archive} holds no image; `sealift verify {image}` says why"));
    }
    if !not_found.versions.is_empty() {
        let versions: Vec<String> =
            not_found.versions.iter().map(|version| format!("{image}:{version}")).collect();
        return Some(format!("it has {}", enumerate(&versions)));
    }
    if let Some(nearest) = nearest(image.as_ref(), &not_found.images) {
        return Some(format!("did you mean `{nearest}`?"));
    }
    if !not_found.images.is_empty() {
        let images: Vec<String> = not_found.images.iter().map(ToString::to_string).collect();
        return Some(format!("it has {}", enumerate(&images)));
    }
    Some(format!("sealift update {image}:VERSION saves it from an engine"))
}

/// Lists a few things: `a, b and 3 more`.
fn enumerate(things: &[String]) -> String {
    const SHOWN: usize = 5;
    match things {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] if things.len() <= SHOWN => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} more", things[..SHOWN].join(", "), things.len() - SHOWN),
    }
}

fn archive_kind(error: &sealift_archive::Error) -> ErrorKind {
    match error {
        sealift_archive::Error::Cancelled { .. } => ErrorKind::Interrupted,
        sealift_archive::Error::Io { source, .. }
            if source.kind() == std::io::ErrorKind::NotFound =>
        {
            ErrorKind::NotFound
        }
        _ => match error.as_fault().map(Fault::kind) {
            Some(FaultKind::Damaged) => ErrorKind::Damaged,
            Some(_) => ErrorKind::UnsupportedFormat,
            None => ErrorKind::Failed,
        },
    }
}

fn store_kind(error: &sealift_store::Error) -> ErrorKind {
    match error {
        sealift_store::Error::Archive(error) => archive_kind(error),
        _ => match error.kind() {
            sealift_store::ErrorKind::NotFound => ErrorKind::NotFound,
            sealift_store::ErrorKind::Locked => ErrorKind::Locked,
            sealift_store::ErrorKind::Cancelled => ErrorKind::Interrupted,
            _ => ErrorKind::Failed,
        },
    }
}

fn store_hint(error: &sealift_store::Error) -> Option<String> {
    match error.kind() {
        sealift_store::ErrorKind::NotFound => {
            Some("`sealift update IMAGE:VERSION` makes it; --dir names another folder".to_owned())
        }
        sealift_store::ErrorKind::NotADirectory => Some("--dir names another folder".to_owned()),
        sealift_store::ErrorKind::NoSpace => {
            let hint = "free space on that disk, or name a folder on another one with --dir; \
                        `sealift clean --all --dry-run` lists old archives that could be removed";
            Some(hint.to_owned())
        }
        sealift_store::ErrorKind::Locked => {
            Some("try again once it is done; --lock-timeout waits longer".to_owned())
        }
        _ => None,
    }
}

fn engine_kind(error: &sealift_docker::Error) -> ErrorKind {
    match error.kind() {
        sealift_docker::ErrorKind::Unreachable | sealift_docker::ErrorKind::Untrusted => {
            ErrorKind::Unreachable
        }
        sealift_docker::ErrorKind::NotFound => ErrorKind::NotFound,
        _ => ErrorKind::Failed,
    }
}

/// Tells by BuildKit's words whether a build wants what only the docker CLI gives it.
fn wants_more_than_a_session(said: &str) -> bool {
    ["secret", "ssh", "SSH"].iter().any(|what| said.contains(what))
        && ["not found", "no active session", "forwarded from the client", "unknown service"]
            .iter()
            .any(|why| said.contains(why))
}

fn engine_hint(error: &sealift_docker::Error) -> Option<String> {
    if let sealift_docker::Failure::Step(step) = error.failure()
        && wants_more_than_a_session(&step.message)
    {
        let hint = "secrets and ssh keys: build with `docker buildx build --load -t IMAGE:VERSION PATH`, then \
                    `sealift update IMAGE:VERSION`";
        return Some(hint.to_owned());
    }
    if let sealift_docker::Failure::Context(sealift_docker::ContextError::NoDockerfile {
        looked_for,
        path,
    }) = error.failure()
    {
        // It was looked for under a name that was asked for, or under the usual ones.
        return Some(match &looked_for[..] {
            [_] => {
                format!("--file is relative to the current folder, or else to {}", path.display())
            }
            _ => "pass --file FILE for a Dockerfile with another name".to_owned(),
        });
    }
    if let sealift_docker::Failure::Ssh { .. } = error.failure() {
        let hint = "does ssh run `docker version` there without a question? Known hosts are checked, and never added";
        return Some(hint.to_owned());
    }
    if let sealift_docker::Failure::Forbidden { group, .. } = error.failure() {
        return Some(match group {
            Some(group) => format!(
                "add your user to the group that owns the socket, and log in again: sudo usermod -aG {group} $USER"
            ),
            None => "the socket belongs to another user; rootless Podman has one of your own: \
                     systemctl --user start podman.socket, then --host unix://$XDG_RUNTIME_DIR/podman/podman.sock"
                .to_owned(),
        });
    }
    // Docker's own words, when it is spoken to without TLS where it wants it.
    if error.failure().engine_message().is_some_and(|said| said.contains("to an HTTPS server")) {
        let hint = "this port wants TLS: DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH=DIR with its certificates";
        return Some(hint.to_owned());
    }
    match error.kind() {
        sealift_docker::ErrorKind::Unreachable => {
            Some("is the engine running? `sealift env` shows which one is used, and why".to_owned())
        }
        sealift_docker::ErrorKind::Untrusted => Some(
            "are these the certificates of this engine? `sealift env` shows which are used, and why"
                .to_owned(),
        ),
        sealift_docker::ErrorKind::Broken => {
            Some("try again; what was there before is unchanged".to_owned())
        }
        sealift_docker::ErrorKind::Idle => {
            Some("try again; SEALIFT_API_TIMEOUT=SECONDS waits longer".to_owned())
        }
        _ => None,
    }
}
