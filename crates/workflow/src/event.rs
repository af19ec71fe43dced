//! Events that a workflow reports while it runs. It never prints.

use std::path::PathBuf;

use sealift_catalog::PassedOver;
#[cfg(feature = "engine")]
use sealift_docker::BuildEvent;
use sealift_filename::ArchivePath;
use sealift_oci::Digest;
use serde::Serialize;

/// Something that happened during a call.
///
/// `image` is always what the caller asked for, `image:tag`, so that events of images that are
/// worked on at the same time can be distinguished. If several engines are, each event of one of
/// them is inside an `OnEngine`.
///
/// As JSON it is an object with one field, which is named for the variant, or the name alone. The
/// `sealift` command does not print it.
///
/// ```
/// use sealift_workflow::Event;
///
/// let event = Event::Progress { image: "web:1.4.0.7".to_owned(), bytes: 1024 };
/// let json = r#"{"progress":{"image":"web:1.4.0.7","bytes":1024}}"#;
/// assert_eq!(serde_json::to_string(&event)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// Archives without a valid record have to be read before anything is decided by them.
    Reading {
        /// How many.
        archives: usize,
        /// Their size in bytes.
        bytes: u64,
    },
    /// More bytes of these archives are read.
    Read {
        /// How many more bytes.
        bytes: u64,
    },
    /// The archives without a valid record have been read, or reading them was given up.
    ReadingEnded,
    /// There will be work on an image, after the work on others. [`Event::WaitEnded`] follows.
    Waiting {
        /// The image.
        image: String,
    },
    /// An image that waited does not wait any longer: its work begins, it needs none, or it was
    /// given up.
    WaitEnded {
        /// The image.
        image: String,
    },
    /// A piece of work on an image begins; [`Event::Progress`] follows.
    Started {
        /// The image.
        image: String,
        /// What is done with it.
        work: Work,
        /// How many bytes there will be, if that is known. A save has a few more than this.
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
    /// The engine did not make a whole image of the layers that it lacked; now everything is sent.
    SentInFull {
        /// The image.
        image: String,
        /// Why, a fragment.
        reason: String,
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
    /// The block index of a published archive is of no use; the archive is fetched as a whole.
    BlocksIgnored {
        /// The archive.
        archive: ArchivePath,
        /// Why, a sentence without its end.
        reason: String,
    },
    /// A folder below the store's cannot be read, and what is in it is left out.
    FolderLeftOut {
        /// The folder.
        #[serde(serialize_with = "crate::path_text::serialize")]
        folder: PathBuf,
        /// Why, a fragment for after the folder's path.
        reason: String,
    },
    /// An archive has other content than it had when it was recorded. It was read again, and is
    /// whole.
    Changed {
        /// The archive.
        archive: ArchivePath,
        /// The SHA-256 that was recorded.
        before: Digest,
        /// The SHA-256 of the file now.
        now: Digest,
    },
    /// Files of a server, which have changed, were read again.
    FilesReloaded {
        /// The files.
        #[serde(serialize_with = "crate::path_text::serialize_all")]
        files: Vec<PathBuf>,
    },
    /// Files of a server have changed and cannot be used. What was read before is still used.
    FilesNotReloaded {
        /// Why, a sentence without its end.
        reason: String,
    },
    /// The engine reports something about a build.
    #[cfg(feature = "engine")]
    Build(BuildEvent),
    /// Something happened on one of several engines.
    #[cfg(feature = "engine")]
    OnEngine {
        /// The engine: the docker CLI's context that chose it, or else its address.
        engine: String,
        /// What happened.
        event: Box<Event>,
    },
}

/// What is done with an image's bytes. As JSON it is its name in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
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
    /// An archive goes into the engine; bytes are those that are sent.
    Loading,
    /// An archive's content is written out; bytes are those of the file.
    Reading,
    /// An image is written out for a cluster; bytes are those of the plain tar.
    Exporting,
    /// An archive is published; bytes are those of the file.
    Uploading,
    /// An archive is fetched; bytes are those that are requested.
    Fetching,
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

#[cfg(test)]
mod tests {
    use sealift_catalog::{Entry, Knowledge, KnownImage, LatestOptions, Stat, passed_over};
    use sealift_oci::Identity;

    use super::*;

    fn archive() -> ArchivePath {
        "web_1_0123456789ab.zip".parse().unwrap()
    }

    /// An archive that is passed over, because its image has another id than its name.
    fn misnamed() -> PassedOver {
        let platform = "linux/amd64".parse().unwrap();
        let identity = Identity::new(Digest::of(b""), Vec::new(), platform);
        let known = KnownImage::new(identity, Digest::of(b"1"), 1);
        let entry = Entry::new(archive(), Stat { size: 1, modified: jiff::Timestamp::UNIX_EPOCH })
            .with_knowledge(Knowledge::Image(Box::new(known)));
        passed_over([&entry], &LatestOptions::default()).remove(0)
    }

    #[test]
    fn events_are_json() {
        let (image, reason) = ("web:1".to_owned(), "is damaged".to_owned());
        let (before, now) = (Digest::of(b""), Digest::of(b"1"));
        let work = Work::Saving;
        let events = [
            Event::Reading { archives: 2, bytes: 7 },
            Event::Read { bytes: 7 },
            Event::ReadingEnded,
            Event::Waiting { image: image.clone() },
            Event::WaitEnded { image: image.clone() },
            Event::Started { image: image.clone(), work, bytes: None },
            Event::Started { image: image.clone(), work: Work::Loading, bytes: Some(7) },
            Event::Progress { image: image.clone(), bytes: 7 },
            Event::Finished { image: image.clone() },
            Event::TagMoved { image: image.clone() },
            Event::SentInFull { image, reason: reason.clone() },
            Event::LeftOut { archive: archive(), reason: reason.clone() },
            Event::PassedOver(misnamed()),
            Event::BlocksIgnored { archive: archive(), reason: reason.clone() },
            Event::FolderLeftOut { folder: "team".into(), reason: reason.clone() },
            Event::FilesReloaded { files: vec!["server.pem".into()] },
            Event::FilesNotReloaded { reason },
            Event::Changed { archive: archive(), before, now },
        ];
        let lines = events.map(|event| serde_json::to_string(&event).unwrap()).join("\n");
        insta::assert_snapshot!(lines);
    }

    #[cfg(feature = "engine")]
    #[test]
    fn events_of_builds_are_json() {
        let event = Event::Build(BuildEvent::Sent { bytes: 7 });
        assert_eq!(serde_json::to_string(&event).unwrap(), r#"{"build":{"sent":{"bytes":7}}}"#);
    }

    #[cfg(feature = "engine")]
    #[test]
    fn events_of_one_of_several_engines_are_json() {
        let event = Box::new(Event::Progress { image: "web:1".to_owned(), bytes: 7 });
        let event = Event::OnEngine { engine: "ssh://edge".to_owned(), event };
        let expected = r#"{"on_engine":{"engine":"ssh://edge","event":{"progress":{"image":"web:1","bytes":7}}}}"#;
        assert_eq!(serde_json::to_string(&event).unwrap(), expected);
    }

    #[test]
    fn kinds_of_work_are_json() {
        let all = [
            Work::Saving,
            Work::Compressing,
            Work::Verifying,
            Work::Adding,
            Work::Loading,
            Work::Reading,
            Work::Exporting,
            Work::Uploading,
            Work::Fetching,
        ];
        let expected = r#"["saving","compressing","verifying","adding","loading","reading","exporting","uploading","fetching"]"#;
        assert_eq!(serde_json::to_string(&all).unwrap(), expected);
    }
}
