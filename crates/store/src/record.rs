//! What is noted down about an archive, and when it is believed.

use jiff::{SignedDuration, Timestamp};
use sealift_catalog::{Knowledge, KnownImage, Stat};
use sealift_oci::{Digest, Identity};
use serde::{Deserialize, Serialize};

/// The version of the records' form; records of another one are as good as absent.
const FORM: u32 = 1;

/// How much older than its record a file must be, where the file system tells nanoseconds.
///
/// Kernels stamp files by a clock that ticks every 10 ms at worst. A file that is written again within
/// the same tick, with as many bytes, looks like before.
pub(crate) const FINE_GAP: SignedDuration = SignedDuration::from_millis(20);

/// The same for a file system that tells whole seconds, or as FAT does every other one.
const COARSE_GAP: SignedDuration = SignedDuration::from_secs(2);

/// What was found out about one archive, and how its file looked then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    form: u32,
    /// The size of the file in bytes.
    pub(crate) size: u64,
    /// When the file was last modified.
    pub(crate) modified: Timestamp,
    /// When the reading began that found this out, by the clock of the file system.
    pub(crate) recorded: Timestamp,
    /// When the archive was put into the store, if sealift did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) saved: Option<Timestamp>,
    /// Whether the file was found damaged since: then the record is kept, as it states that this was
    /// an image, but is no longer believed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) doubted: bool,
    /// What the file holds.
    pub(crate) content: Content,
}

/// What a file with an archive's name holds. Damage is not among it: it is never recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Content {
    /// An image.
    Image(Box<ImageContent>),
    /// No image.
    NoImage {
        /// What it looks like instead, a fragment for after "holds no image: ".
        reason: String,
    },
}

/// A whole image in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImageContent {
    /// Which image it is.
    pub(crate) identity: Identity,
    /// The SHA-256 of the file.
    pub(crate) sha256: Digest,
    /// The size of the plain tar inside in bytes.
    pub(crate) plain_size: u64,
    /// The SHA-256 that was recorded before the file changed, if it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) changed_from: Option<Digest>,
    /// The name of the member, if the file is a zip whose member is not named as it should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) wrong_member: Option<String>,
}

impl From<Record> for Knowledge {
    fn from(record: Record) -> Self {
        let saved = record.saved;
        match record.content {
            Content::Image(image) => {
                let mut known = KnownImage::new(image.identity, image.sha256, image.plain_size);
                known.saved = saved;
                known.changed_from = image.changed_from;
                known.wrong_member = image.wrong_member;
                Self::Image(Box::new(known))
            }
            Content::NoImage { reason } => Self::NoImage { reason },
        }
    }
}

impl Record {
    /// Notes what a file holds that looks like this now.
    pub(crate) fn new(stat: Stat, recorded: Timestamp, content: Content) -> Self {
        Self {
            form: FORM,
            size: stat.size,
            modified: stat.modified,
            recorded,
            saved: None,
            doubted: false,
            content,
        }
    }

    /// Returns the image, if the file held one.
    pub(crate) fn image(&self) -> Option<&ImageContent> {
        match &self.content {
            Content::Image(image) => Some(image),
            Content::NoImage { .. } => None,
        }
    }

    /// Reads a record; a damaged one, or one of another form, is none.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let record: Self = serde_json::from_slice(bytes).ok()?;
        (record.form == FORM).then_some(record)
    }

    /// Returns the record, no longer believed.
    pub(crate) fn doubted(self) -> Self {
        Self { doubted: true, ..self }
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Nothing in a record can fail to become JSON; and an empty one would be as good as none.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Returns `true` if size and time of the file are those that were noted down.
    pub(crate) fn is_of(&self, stat: &Stat) -> bool {
        self.size == stat.size && self.modified == stat.modified
    }

    /// Tells whether the file that looks like this now is the one that was read: size and time agree,
    /// and it can't have been written again unseen, too shortly after it was written for the
    /// time to differ. (Git calls that racy and has the same rule.)
    ///
    /// ```text
    /// mtime                      recorded
    ///   |---- at least 20 ms ----|        believed; 2 s where the mtime has whole seconds
    /// ```
    pub(crate) fn is_believed(&self, stat: &Stat) -> bool {
        !self.doubted && self.is_of(stat) && {
            let age = self.recorded.duration_since(self.modified);
            age >= gap(self.modified)
        }
    }
}

/// How much older than its record a file must be.
pub(crate) fn gap(modified: Timestamp) -> SignedDuration {
    match modified.subsec_nanosecond() {
        0 => COARSE_GAP,
        _ => FINE_GAP,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn believed(modified: &str, recorded: &str) -> bool {
        let stat = Stat { size: 1, modified: modified.parse().unwrap() };
        let content = Content::NoImage { reason: String::new() };
        Record::new(stat, recorded.parse().unwrap(), content).is_believed(&stat)
    }

    #[test]
    fn a_record_is_believed_only_if_a_later_write_would_show() {
        assert!(believed("2026-05-01T12:00:00.5Z", "2026-05-01T12:00:00.52Z"));
        assert!(!believed("2026-05-01T12:00:00.5Z", "2026-05-01T12:00:00.519999999Z"));
        assert!(!believed("2026-05-01T12:00:00.5Z", "2026-05-01T12:00:00.5Z"));
        assert!(!believed("2026-05-01T12:00:00.5Z", "2026-05-01T11:00:00Z"));
    }

    #[test]
    fn whole_seconds_are_taken_for_a_coarse_clock() {
        assert!(believed("2026-05-01T12:00:00Z", "2026-05-01T12:00:02Z"));
        assert!(!believed("2026-05-01T12:00:00Z", "2026-05-01T12:00:01.999Z"));
    }

    #[test]
    fn a_file_of_another_size_or_time_is_another_file() {
        let modified = "2026-05-01T12:00:00.5Z".parse().unwrap();
        let stat = Stat { size: 1, modified };
        let content = Content::NoImage { reason: String::new() };
        let record = Record::new(stat, "2026-05-02T00:00:00Z".parse().unwrap(), content);
        assert!(record.is_believed(&stat));
        assert!(!record.is_believed(&Stat { size: 2, ..stat }));
        let earlier = modified - SignedDuration::from_nanos(1);
        assert!(!record.is_believed(&Stat { modified: earlier, ..stat }));
    }

    #[test]
    fn a_record_is_read_as_it_was_written_to_the_nanosecond() {
        let stat =
            Stat { size: u64::MAX, modified: "1969-12-31T23:59:59.123456789Z".parse().unwrap() };
        let content = Content::NoImage { reason: "is a \"photo\"".to_owned() };
        let record = Record::new(stat, Timestamp::MAX, content);
        assert_eq!(Record::read(&record.to_json()), Some(record));
    }
}
