//! The events that a workflow reports while it runs.

use std::path::PathBuf;

use sealift_catalog::PassedOver;
#[cfg(feature = "engine")]
use sealift_docker::BuildEvent;
use sealift_filename::ArchivePath;
use sealift_oci::Digest;
use serde::Serialize;

/// An event during a call.
///
/// `image` is the name under which the caller requested the image, usually `image:tag`. It
/// distinguishes events of images that are processed at the same time. If several engines are used,
/// each event of an engine is inside an `OnEngine`.
///
/// Serializes as an object with one field, whose name is the variant, or as the name of the variant
/// alone. The `sealift` command does not print events as JSON.
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
    /// Archives without a valid record are read before a decision.
    Reading {
        /// The number of archives.
        archives: usize,
        /// The total size of the archives in bytes.
        bytes: u64,
    },
    /// More bytes of these archives were read.
    Read {
        /// The number of bytes since the last event.
        bytes: u64,
    },
    /// Reading the archives without a valid record has ended, whether or not it succeeded.
    ReadingEnded,
    /// An image waits until the work on others has ended. [`Event::WaitEnded`] follows.
    Waiting {
        /// The image.
        image: String,
    },
    /// An image no longer waits: its work begins, it needs no work, or the call has ended.
    WaitEnded {
        /// The image.
        image: String,
    },
    /// Work on an image begins. [`Event::Progress`] follows.
    Started {
        /// The image.
        image: String,
        /// The kind of work.
        work: Work,
        /// The expected number of bytes, if known. A save has slightly more than this.
        bytes: Option<u64>,
    },
    /// More bytes were processed by the work that was started last for this image.
    Progress {
        /// The image.
        image: String,
        /// The number of bytes since the last event.
        bytes: u64,
    },
    /// The work that was started last for this image has ended, whether or not it succeeded.
    Finished {
        /// The image.
        image: String,
    },
    /// The tag was moved to another image during the save. The image is saved once more.
    TagMoved {
        /// The image.
        image: String,
    },
    /// The engine does not have the complete image after the missing layers were sent. All layers
    /// are sent now.
    SentInFull {
        /// The image.
        image: String,
        /// The reason.
        reason: String,
    },
    /// An archive is left out.
    LeftOut {
        /// The archive.
        archive: ArchivePath,
        /// The reason, as the rest of a sentence that begins with the archive's path.
        reason: String,
    },
    /// An archive that would have been chosen was passed over because of a flaw.
    PassedOver(PassedOver),
    /// The block index of a published archive cannot be used. The archive is fetched as a whole.
    BlocksIgnored {
        /// The archive.
        archive: ArchivePath,
        /// The reason, a clause.
        reason: String,
    },
    /// A subfolder of the store cannot be read. The archives in it are left out.
    FolderLeftOut {
        /// The folder.
        #[serde(serialize_with = "crate::path_text::serialize")]
        folder: PathBuf,
        /// The reason, as the rest of a sentence that begins with the folder's path.
        reason: String,
    },
    /// The content of an archive has changed since it was recorded. It was read again and is a
    /// valid archive.
    Changed {
        /// The archive.
        archive: ArchivePath,
        /// The recorded SHA-256.
        before: Digest,
        /// The current SHA-256 of the file.
        now: Digest,
    },
    /// Files of a server have changed and were read again.
    FilesReloaded {
        /// The files.
        #[serde(serialize_with = "crate::path_text::serialize_all")]
        files: Vec<PathBuf>,
    },
    /// Files of a server have changed but cannot be used. The server continues to use the previous
    /// content.
    FilesNotReloaded {
        /// The reason, a clause.
        reason: String,
    },
    /// An event of a build.
    #[cfg(feature = "engine")]
    Build(BuildEvent),
    /// An event of one of several engines.
    #[cfg(feature = "engine")]
    OnEngine {
        /// The docker CLI's context of the engine if one was used, otherwise its address.
        engine: String,
        /// The event.
        event: Box<Event>,
    },
}

/// A kind of work on an image. Serializes as its name in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Work {
    /// Saving an image from an engine. Bytes of the plain archive are counted.
    Saving,
    /// Compressing a plain archive to a zip.
    Compressing,
    /// Verifying an archive.
    Verifying,
    /// Importing an archive of another tool. Bytes of the file are counted.
    Adding,
    /// Loading an archive into an engine. Sent bytes are counted.
    Loading,
    /// Reading an archive. Bytes of the file are counted.
    Reading,
    /// Exporting an image for a cluster. Bytes of the plain tar are counted.
    Exporting,
    /// Uploading an archive. Bytes of the file are counted.
    Uploading,
    /// Fetching an archive. Requested bytes are counted.
    Fetching,
}

/// A receiver of events, which are reported from any thread. Functions and closures that accept an
/// [`Event`] implement this trait.
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
    /// Receives one event. Must not block for long, because it runs on the thread that does the
    /// work.
    fn report(&self, event: Event);
}

impl<F: Fn(Event) + Send + Sync> Reporter for F {
    fn report(&self, event: Event) {
        self(event);
    }
}

/// A reporter that ignores all events.
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

    /// Returns an archive that is passed over because the id in its name is wrong.
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
