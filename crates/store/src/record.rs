//! The record of an archive, and the rules for its validity.

use jiff::{SignedDuration, Timestamp};
use sealift_archive::{ArchiveIndex, BlockTable, DocumentSpans, LayerSpan, Proof};
use sealift_catalog::{Knowledge, KnownImage, Stat};
use serde::{Deserialize, Serialize};

/// The version of the format of records without an index.
const PLAIN_FORM: u32 = 1;
/// The version of the format of records with an index. Records of other versions are ignored.
const INDEXED_FORM: u32 = 2;

/// The minimum time between the modification of a file and its record, if the file system stores
/// fractions of seconds.
///
/// File times come from a clock that advances every 10 ms in the worst case. If a file is written
/// twice within the same tick with the same size, the second write is not visible in its metadata.
pub(crate) const FINE_GAP: SignedDuration = SignedDuration::from_millis(20);

/// The same for file systems that store whole seconds, or every second one as FAT does.
const COARSE_GAP: SignedDuration = SignedDuration::from_secs(2);

/// The content of an archive, and the metadata of its file at the time of reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    form: u32,
    /// The size of the file in bytes.
    pub(crate) size: u64,
    /// The modification time of the file.
    pub(crate) modified: Timestamp,
    /// The time when reading began, by the clock of the file system.
    pub(crate) recorded: Timestamp,
    /// The time when sealift put the archive into the store, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    saved: Option<Timestamp>,
    /// Whether the file was found damaged since. The record is then not valid, but is kept because
    /// it states that the file was an image.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) doubted: bool,
    /// The content of the file.
    pub(crate) content: Content,
    /// The index of the layers. It is on a separate line of the file, because it is ten times
    /// longer than the rest and listing a folder does not need it.
    #[serde(skip)]
    index: Option<RecordedIndex>,
}

/// The content of a file with an archive name. Damage is never recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Content {
    /// An image.
    Image(Box<KnownImage>),
    /// No image.
    NoImage {
        /// The actual content, as the rest of a sentence that begins with "contains no image: ".
        reason: String,
    },
}

/// The positions of the parts of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordedIndex {
    layers: Vec<LayerSpan>,
    /// The documents of the image. Indexes of earlier versions do not have this field. They are
    /// ignored, so the archive is read again.
    documents: DocumentSpans,
    /// The blocks of a zip, if they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    blocks: Option<BlockTable>,
}

impl RecordedIndex {
    /// Creates the index of an archive that was written or read.
    ///
    /// The blocks of a zip are known only to its writer. If the previous record is for the same
    /// bytes, its blocks are reused. Returns `None` if the documents are stored in a way that
    /// prevents random access.
    pub(crate) fn new(proof: &Proof, before: Option<&Record>) -> Option<Self> {
        let documents = proof.documents()?.clone();
        let is_same = |image: &KnownImage| image.sha256 == proof.sha256();
        let same = before.filter(|before| before.image().is_some_and(is_same));
        let noted = || same.and_then(|same| same.index.as_ref()?.blocks.clone());
        let blocks = proof.blocks().cloned().or_else(noted);
        Some(Self { layers: proof.layers().to_vec(), documents, blocks })
    }
}

impl From<Record> for Knowledge {
    fn from(record: Record) -> Self {
        match record.content {
            Content::Image(image) => Self::Image(image),
            Content::NoImage { reason } => Self::NoImage { reason },
        }
    }
}

impl Record {
    /// Creates the record of a file with this size and time.
    pub(crate) fn new(stat: Stat, recorded: Timestamp, content: Content) -> Self {
        let saved = match &content {
            Content::Image(image) => image.saved,
            Content::NoImage { .. } => None,
        };
        Self {
            form: PLAIN_FORM,
            size: stat.size,
            modified: stat.modified,
            recorded,
            saved,
            doubted: false,
            content,
            index: None,
        }
    }

    /// Adds the index of the layers.
    pub(crate) fn with_index(self, index: Option<RecordedIndex>) -> Self {
        let form = if index.is_some() { INDEXED_FORM } else { PLAIN_FORM };
        Self { form, index, ..self }
    }

    /// Adds the blocks of a zip to the index, if there is one.
    pub(crate) fn with_blocks(mut self, blocks: BlockTable) -> Self {
        if let Some(index) = &mut self.index {
            index.blocks = Some(blocks);
        }
        self
    }

    /// Returns the image, or `None` if the file contained no image.
    pub(crate) fn image(&self) -> Option<&KnownImage> {
        match &self.content {
            Content::Image(image) => Some(image),
            Content::NoImage { .. } => None,
        }
    }

    /// Returns the actual content if the file contained no image.
    pub(crate) fn no_image(&self) -> Option<&str> {
        match &self.content {
            Content::Image(_) => None,
            Content::NoImage { reason } => Some(reason),
        }
    }

    /// Parses a record without its index. Returns `None` if it is damaged or has another format.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let line = bytes.split(|byte| *byte == b'\n').next()?;
        let mut record: Self = serde_json::from_slice(line).ok()?;
        if let Content::Image(image) = &mut record.content {
            image.saved = record.saved;
        }
        matches!(record.form, PLAIN_FORM | INDEXED_FORM).then_some(record)
    }

    /// Parses a record with its index.
    pub(crate) fn read_with_index(bytes: &[u8]) -> Option<Self> {
        let mut record = Self::read(bytes)?;
        let line = bytes.split(|byte| *byte == b'\n').nth(1);
        record.index = line.and_then(|line| serde_json::from_slice(line).ok());
        Some(record)
    }

    /// Returns the index of the image's archive, if the record has one.
    pub(crate) fn into_index(self) -> Option<ArchiveIndex> {
        let (Content::Image(image), Some(RecordedIndex { layers, documents, blocks })) =
            (self.content, self.index)
        else {
            return None;
        };
        let index = ArchiveIndex::new(image.identity, layers, image.plain_size);
        let index = index.with_documents(documents);
        Some(match blocks {
            Some(blocks) => index.with_blocks(blocks),
            None => index,
        })
    }

    /// Returns the record, marked as doubtful.
    pub(crate) fn doubted(self) -> Self {
        Self { doubted: true, ..self }.with_index(None)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        // A record can always be serialized. Even an empty file would only count as a missing
        // record.
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        if let Some(index) = &self.index {
            bytes.push(b'\n');
            bytes.extend(serde_json::to_vec(index).unwrap_or_default());
            bytes.push(b'\n');
        }
        bytes
    }

    /// Returns `true` if the file has the recorded size and time.
    pub(crate) fn is_of(&self, stat: &Stat) -> bool {
        self.size == stat.size && self.modified == stat.modified
    }

    /// Returns `true` if the record is valid for a file with this size and time: they are equal to
    /// the recorded ones, and the file cannot have been written again shortly after the record with
    /// the same time. (Git has the same rule for entries that it calls racy.)
    ///
    /// ```text
    /// mtime                      recorded
    ///   |---- at least 20 ms ----|        valid; 2 s if the mtime has whole seconds
    /// ```
    pub(crate) fn is_believed(&self, stat: &Stat) -> bool {
        !self.doubted && self.is_of(stat) && {
            let age = self.recorded.duration_since(self.modified);
            age >= gap(self.modified)
        }
    }
}

/// Returns the minimum time between the modification of a file and its record.
pub(crate) fn gap(modified: Timestamp) -> SignedDuration {
    match modified.subsec_nanosecond() {
        0 => COARSE_GAP,
        _ => FINE_GAP,
    }
}

#[cfg(test)]
mod tests {
    use sealift_archive::DocumentSpan;
    use sealift_oci::{Digest, Identity};

    use super::*;

    fn believed(modified: &str, recorded: &str) -> bool {
        let stat = Stat { size: 1, modified: modified.parse().unwrap() };
        let content = Content::NoImage { reason: String::new() };
        Record::new(stat, recorded.parse().unwrap(), content).is_believed(&stat)
    }

    #[test]
    fn a_record_is_valid_only_if_a_later_write_would_be_visible() {
        assert!(believed("2026-05-01T12:00:00.5Z", "2026-05-01T12:00:00.52Z"));
        assert!(!believed("2026-05-01T12:00:00.5Z", "2026-05-01T12:00:00.519999999Z"));
        assert!(!believed("2026-05-01T12:00:00.5Z", "2026-05-01T12:00:00.5Z"));
        assert!(!believed("2026-05-01T12:00:00.5Z", "2026-05-01T11:00:00Z"));
    }

    #[test]
    fn whole_seconds_count_as_a_coarse_clock() {
        assert!(believed("2026-05-01T12:00:00Z", "2026-05-01T12:00:02Z"));
        assert!(!believed("2026-05-01T12:00:00Z", "2026-05-01T12:00:01.999Z"));
    }

    #[test]
    fn a_record_is_not_valid_for_another_size_or_time() {
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
    fn a_record_is_parsed_with_exact_times() {
        let stat =
            Stat { size: u64::MAX, modified: "1969-12-31T23:59:59.123456789Z".parse().unwrap() };
        let content = Content::NoImage { reason: "is a \"photo\"".to_owned() };
        let record = Record::new(stat, Timestamp::MAX, content);
        assert_eq!(Record::read(&record.to_bytes()), Some(record));
    }

    fn image() -> KnownImage {
        let digest = Digest::of(b"");
        let platform = "linux/amd64".parse().unwrap();
        KnownImage::new(Identity::new(digest, vec![digest], platform), digest, 1024)
    }

    #[test]
    fn an_index_is_parsed_only_on_request() {
        let stat = Stat { size: 1, modified: Timestamp::MIN };
        let documents = DocumentSpans::new(DocumentSpan::new("config", Digest::of(b""), 512, 0));
        let blocks = Some("60;7:5".parse().unwrap());
        let index = RecordedIndex { layers: Vec::new(), documents: documents.clone(), blocks };
        let record = Record::new(stat, Timestamp::MAX, Content::Image(Box::new(image())))
            .with_index(Some(index));
        let bytes = record.to_bytes();
        assert_eq!(Record::read_with_index(&bytes).as_ref(), Some(&record));
        let listed = Record::read(&bytes).unwrap();
        assert_eq!((listed.image(), listed.clone().into_index()), (record.image(), None));
        // A damaged index is ignored; the rest of the record is used.
        let cut = &bytes[..bytes.len() - 4];
        assert_eq!(Record::read_with_index(cut), Some(listed));
        let blocks = "60;7:5".parse().unwrap();
        let expected = ArchiveIndex::new(image().identity, Vec::new(), 1024)
            .with_documents(documents)
            .with_blocks(blocks);
        assert_eq!(record.into_index(), Some(expected));
    }

    #[test]
    fn an_index_without_documents_is_ignored() {
        let stat = Stat { size: 1, modified: Timestamp::MIN };
        let content = Content::Image(Box::new(image()));
        let mut bytes = Record::new(stat, Timestamp::MAX, content).to_bytes();
        bytes.extend_from_slice(b"\n{\"layers\":[],\"blocks\":\"60;7:5\"}\n");
        let record = Record::read_with_index(&bytes).unwrap();
        assert_eq!(record.image(), Some(&image()));
        assert_eq!(record.into_index(), None);
    }

    #[test]
    fn a_record_of_the_first_format_is_parsed_without_an_index() {
        let digest = Digest::of(b"");
        let old = format!(
            r#"{{"form":1,"size":1024,"modified":"2026-05-01T12:00:00.5Z","recorded":"2026-05-01T12:00:01Z","saved":"2026-05-01T12:00:01Z","content":{{"image":{{"identity":{{"config":"{digest}","diff_ids":["{digest}"],"platform":"linux/amd64"}},"sha256":"{digest}","plain_size":1024}}}}}}"#
        );
        let record = Record::read_with_index(old.as_bytes()).unwrap();
        assert!(record.is_believed(&Stat { size: 1024, modified: record.modified }));
        assert_eq!(record.image().unwrap().saved, Some(record.recorded));
        assert_eq!(record.to_bytes(), old.as_bytes());
        assert_eq!(record.into_index(), None);
    }
}
