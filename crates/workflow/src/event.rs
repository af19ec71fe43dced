//! Events that a workflow reports while it runs. It never prints.

use std::path::PathBuf;

use sealift_catalog::PassedOver;
#[cfg(feature = "engine")]
use sealift_docker::BuildEvent;
use sealift_filename::ArchivePath;
use sealift_oci::Digest;

/// Something that happened during a call.
///
/// `image` is always what the caller asked for, `image:tag`, so that events of images that are
/// worked on at the same time can be told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Archives without a valid record have to be read before anything is decided by them.
    Reading {
        /// How many.
        archives: usize,
    },
    /// A piece of work on an image begins; [`Event::Progress`] follows.
    Started {
        /// The image.
        image: String,
        /// What is done with it.
        work: Work,
        /// How many bytes there will be, if that is known.
        bytes: Option<u64>,
    },
    /// More bytes of the work that was started last for this image are done.
    Progress {
        /// The image.
        image: String,
        /// How many more bytes.
        bytes: u64,
    },
    /// The work that was started last for this image has ended, whether or not it succeeded.
    Finished {
        /// The image.
        image: String,
    },
    /// The tag moved while the image was saved; it is saved once more.
    TagMoved {
        /// The image.
        image: String,
    },
    /// An archive cannot be described, and is left out.
    LeftOut {
        /// The archive.
        archive: ArchivePath,
        /// Why, a fragment for after the archive's path.
        reason: String,
    },
    /// An archive that would have been chosen is not, because of its flaw.
    PassedOver(PassedOver),
    /// A folder below the store's cannot be read, and what is in it is left out.
    FolderLeftOut {
        /// The folder.
        folder: PathBuf,
        /// Why, a fragment for after the folder's path.
        reason: String,
    },
    /// An archive has other content than it had when it was recorded. It was read again, and is whole.
    Changed {
        /// The archive.
        archive: ArchivePath,
        /// The SHA-256 that was recorded.
        before: Digest,
        /// The SHA-256 of the file now.
        now: Digest,
    },
    /// The engine reports something about a build.
    #[cfg(feature = "engine")]
    Build(BuildEvent),
}

/// What is done with an image's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Work {
    /// The engine is asked for the image; bytes are those of the plain archive.
    Saving,
    /// A plain archive becomes a zip.
    Compressing,
    /// A written archive is read back.
    Verifying,
    /// An archive made elsewhere is copied; bytes are those of the file.
    Adding,
    /// An archive goes into the engine; bytes are those of the file.
    Loading,
    /// An archive's content is written out; bytes are those of the file.
    Reading,
}

/// Receives events, from any thread. Functions and closures that take an [`Event`] are reporters.
///
/// ```
/// use std::sync::Arc;
/// use sealift_workflow::{Cancel, Event, Run};
///
/// let reporter = |event| {
///     if let Event::Started { image, work, .. } = event {
///         eprintln!("{image}: {work:?}");
///     }
/// };
/// let run = Run::new(Arc::new(reporter), Cancel::new());
/// # drop(run);
/// ```
pub trait Reporter: Send + Sync {
    /// Receives one event. It must not block for long: bytes wait for it.
    fn report(&self, event: Event);
}

impl<F: Fn(Event) + Send + Sync> Reporter for F {
    fn report(&self, event: Event) {
        self(event);
    }
}

/// Ignores all events.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn report(&self, _event: Event) {}
}
