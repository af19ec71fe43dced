//! What is remembered of an archive's entries while they pass.

use std::collections::BTreeMap;
use std::io::Write;

use crate::codec::Codec;
#[cfg(feature = "zstd")]
use crate::codec::ZSTD_WINDOW_LOG;
use crate::error::Fault;
use crate::verify::tar_stream::{EntryHeader, EntryKind, EntrySink};
use sealift_oci::{Digest, Hasher};

/// More entries than this no image has; each costs memory.
const ENTRY_LIMIT: usize = 20_000;
/// Metadata is JSON; a single file of it is kept up to this size …
const METADATA_LIMIT: u64 = 4 << 20;
/// … and all of them together up to this one.
const METADATA_TOTAL: u64 = 16 << 20;
/// The names of all entries together, and what links point to.
const NAMES_TOTAL: usize = 8 << 20;

/// How a layer is compressed, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

impl Compression {
    const LONGEST_MAGIC: usize = 6;

    fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            // A frame to be passed over, which may stand before the others.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            _ => Self::None,
        }
    }

    /// Returns why layers of this form, which engines read, are not decompressed here.
    pub(crate) fn unsupported(self) -> Option<&'static str> {
        match self {
            Self::Bzip2 => Some("is compressed by bzip2; gzip and zstd are supported"),
            Self::Xz => Some("is compressed by xz; gzip and zstd are supported"),
            Self::Zstd if !cfg!(feature = "zstd") => Some(Codec::Zstd.needs_feature()),
            Self::None | Self::Gzip | Self::Zstd => None,
        }
    }
}

/// The content of a file in the archive, after it has passed.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) size: u64,
    /// Where it stands in the archive, if it is contiguous.
    pub(crate) offset: Option<u64>,
    pub(crate) digest: Digest,
    pub(crate) compression: Compression,
    /// The digest of the decompressed content, where it was decompressed, or what the decoder said.
    pub(crate) unpacked: Option<Result<Digest, String>>,
    pub(crate) json: Json,
}

impl Content {
    /// Returns the content of a document.
    pub(crate) fn of_json(json: Vec<u8>) -> Self {
        Self {
            size: json.len() as u64,
            offset: None,
            digest: Digest::of(&json),
            compression: Compression::None,
            unpacked: None,
            json: Json::Kept(json),
        }
    }
}

/// Whether the content was kept because it may be metadata.
#[derive(Debug, Clone)]
pub(crate) enum Json {
    Kept(Vec<u8>),
    /// It begins like JSON, but is larger than what is kept.
    TooLarge,
    No,
}

#[derive(Debug, Clone)]
pub(crate) enum Entry {
    File(Content),
    Symlink(String),
    Hardlink(String),
}

/// All entries of an archive that carry or point to content, by name.
pub(crate) type Entries = BTreeMap<String, Entry>;

/// Hashes entries as they pass and keeps what may be metadata.
pub(crate) struct Collector {
    /// Decompress every layer, also those that a manifest may name by digest.
    deep: bool,
    entries: Entries,
    /// The name of the last file.
    last: Option<String>,
    open: Option<Open>,
    metadata_left: u64,
    names_left: usize,
}

struct Open {
    name: String,
    size: u64,
    offset: Option<u64>,
    hasher: Hasher,
    head: Vec<u8>,
    unpacker: Unpacker,
    json: Json,
}

/// Decompresses a layer into a hash.
enum Unpacker {
    /// Too few bytes have come to tell.
    Undecided,
    NotNeeded(Compression),
    Gzip(Box<flate2::write::MultiGzDecoder<Hasher>>),
    #[cfg(feature = "zstd")]
    Zstd(Box<zstd::stream::write::Decoder<'static, Hasher>>),
    Failed(Compression, String),
}

impl Collector {
    pub(crate) fn new(deep: bool) -> Self {
        Self {
            deep,
            entries: Entries::new(),
            last: None,
            open: None,
            metadata_left: METADATA_TOTAL,
            names_left: NAMES_TOTAL,
        }
    }

    pub(crate) fn into_entries(self) -> Entries {
        self.entries
    }

    /// Returns the name of the last file that was collected.
    pub(crate) fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    fn insert(&mut self, name: String, entry: Entry) -> Result<(), Fault> {
        if self.entries.len() >= ENTRY_LIMIT {
            return Err(Fault::LimitExceeded {
                what: "its entries".to_owned(),
                limit: ENTRY_LIMIT.to_string(),
            });
        }
        let length = name.len() + entry.target().map_or(0, str::len);
        self.names_left =
            self.names_left.checked_sub(length).ok_or_else(|| Fault::LimitExceeded {
                what: "the names of its entries".to_owned(),
                limit: format!("{} MiB", NAMES_TOTAL >> 20),
            })?;
        match self.entries.get(&name) {
            Some(there) if !there.is_same(&entry) => Err(Fault::ConflictingEntries { entry: name }),
            Some(_) => Ok(()),
            None => {
                self.entries.insert(name, entry);
                Ok(())
            }
        }
    }
}

impl Entry {
    fn target(&self) -> Option<&str> {
        match self {
            Self::File(_) => None,
            Self::Symlink(target) | Self::Hardlink(target) => Some(target),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(a), Self::File(b)) => a.digest == b.digest,
            (Self::Symlink(a), Self::Symlink(b)) | (Self::Hardlink(a), Self::Hardlink(b)) => a == b,
            _ => false,
        }
    }
}

impl EntrySink for Collector {
    fn begin(&mut self, header: EntryHeader) -> Result<(), Fault> {
        let name = normalize(&header.name);
        match header.kind {
            EntryKind::Symlink(target) => self.insert(name, Entry::Symlink(target)),
            EntryKind::Hardlink(target) => self.insert(name, Entry::Hardlink(target)),
            EntryKind::Other => Ok(()),
            EntryKind::File => {
                self.open = Some(Open {
                    name,
                    size: header.size,
                    offset: header.offset,
                    hasher: Hasher::new(),
                    head: Vec::new(),
                    unpacker: Unpacker::Undecided,
                    json: Json::No,
                });
                Ok(())
            }
        }
    }

    fn content(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        open.hasher.update(bytes);
        if matches!(open.unpacker, Unpacker::Undecided) {
            open.head.extend_from_slice(&bytes[..bytes.len().min(Compression::LONGEST_MAGIC)]);
            if open.head.len() < Compression::LONGEST_MAGIC {
                return Ok(());
            }
            // The head may hold bytes of earlier calls, so it goes first, then what follows it here.
            let head = std::mem::take(&mut open.head);
            let rest = &bytes[bytes.len().min(Compression::LONGEST_MAGIC)..];
            open.decide(&head, self.deep, &mut self.metadata_left);
            open.unpack(&head);
            open.unpack(rest);
        } else {
            open.unpack(bytes);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Fault> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        if matches!(open.unpacker, Unpacker::Undecided) {
            let head = std::mem::take(&mut open.head);
            open.decide(&head, self.deep, &mut self.metadata_left);
            open.unpack(&head);
        }
        let (compression, unpacked) = open.unpacker.finish();
        let content = Content {
            size: open.size,
            offset: open.offset,
            digest: open.hasher.finish(),
            compression,
            unpacked,
            json: open.json,
        };
        self.last = Some(open.name.clone());
        self.insert(open.name, Entry::File(content))
    }
}

impl Open {
    /// Decides by the first bytes what becomes of the content besides its hash.
    fn decide(&mut self, head: &[u8], deep: bool, metadata_left: &mut u64) {
        let head_of_text = head.trim_ascii_start();
        if matches!(head_of_text, [b'{' | b'[', ..]) || head_of_text.starts_with(b"null") {
            self.json = if self.size > METADATA_LIMIT || self.size > *metadata_left {
                Json::TooLarge
            } else {
                *metadata_left -= self.size;
                Json::Kept(Vec::with_capacity(usize::try_from(self.size).unwrap_or(0)))
            };
        }
        let compression = Compression::of(head);
        // A blob of an OCI layout is proven by the manifest that names its digest; anything else
        // only by its diff id, which is the digest of the decompressed content.
        let wanted = deep || blob_digest(&self.name).is_none();
        self.unpacker = match compression {
            Compression::Gzip if wanted => {
                Unpacker::Gzip(Box::new(flate2::write::MultiGzDecoder::new(Hasher::new())))
            }
            #[cfg(feature = "zstd")]
            Compression::Zstd if wanted => {
                let decoder =
                    zstd::stream::write::Decoder::new(Hasher::new()).and_then(|mut decoder| {
                        decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                        Ok(decoder)
                    });
                match decoder {
                    Ok(decoder) => Unpacker::Zstd(Box::new(decoder)),
                    Err(error) => Unpacker::Failed(compression, error.to_string()),
                }
            }
            #[cfg(not(feature = "zstd"))]
            Compression::Zstd if deep => {
                Unpacker::Failed(compression, Codec::Zstd.needs_feature().to_owned())
            }
            compression => Unpacker::NotNeeded(compression),
        };
    }

    fn unpack(&mut self, bytes: &[u8]) {
        if let Json::Kept(json) = &mut self.json {
            json.extend_from_slice(bytes);
        }
        let result = match &mut self.unpacker {
            Unpacker::Gzip(decoder) => decoder.write_all(bytes).map_err(|e| (Compression::Gzip, e)),
            #[cfg(feature = "zstd")]
            Unpacker::Zstd(decoder) => decoder.write_all(bytes).map_err(|e| (Compression::Zstd, e)),
            Unpacker::Undecided | Unpacker::NotNeeded(_) | Unpacker::Failed(..) => Ok(()),
        };
        if let Err((compression, error)) = result {
            self.unpacker = Unpacker::Failed(compression, error.to_string());
        }
    }
}

impl Unpacker {
    fn finish(self) -> (Compression, Option<Result<Digest, String>>) {
        match self {
            Self::Undecided => (Compression::None, None),
            Self::NotNeeded(compression) => (compression, None),
            Self::Failed(compression, reason) => (compression, Some(Err(reason))),
            Self::Gzip(decoder) => {
                let digest = decoder.finish().map(|sink| sink.finish());
                (Compression::Gzip, Some(digest.map_err(|error| error.to_string())))
            }
            #[cfg(feature = "zstd")]
            Self::Zstd(mut decoder) => {
                let digest = decoder.flush().map(|()| decoder.into_inner().finish());
                (Compression::Zstd, Some(digest.map_err(|error| error.to_string())))
            }
        }
    }
}

/// Gives the digest that the name of an OCI layout's blob claims.
pub(crate) fn blob_digest(name: &str) -> Option<Digest> {
    Digest::from_hex(name.strip_prefix("blobs/sha256/")?)
}

/// Drops what doesn't change where a name points: `./a//b` is `a/b`. Where something else names what lies
/// outside, that stays as it is, and is never found: entries have no such names.
pub(crate) fn normalize(name: &str) -> String {
    if name.starts_with('/') || name.split('/').any(|part| part == "..") {
        return name.to_owned();
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    parts.join("/")
}

/// Finds the content behind a name, following links inside the archive only.
///
/// Returns `None` if there is nothing, if a link points outside, and if links run in a circle.
pub(crate) fn resolve<'a>(entries: &'a Entries, name: &str) -> Option<&'a Content> {
    match entries.get(steps(entries, name).last()?)? {
        Entry::File(content) => Some(content),
        Entry::Symlink(_) | Entry::Hardlink(_) => None,
    }
}

/// Returns the names of the entries that lead from a name to its content: the name itself, then what
/// each link points to.
pub(crate) fn steps(entries: &Entries, name: &str) -> Vec<String> {
    /// As many links as Linux follows for one path.
    const LINK_LIMIT: usize = 40;
    let mut steps = Vec::new();
    let mut next = Some(normalize(name));
    while let Some(name) = next.take() {
        if steps.len() > LINK_LIMIT {
            break;
        }
        next = match entries.get(&name) {
            Some(Entry::Hardlink(target)) => Some(normalize(target)),
            Some(Entry::Symlink(target)) => {
                let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                join(folder, target)
            }
            Some(Entry::File(_)) | None => None,
        };
        steps.push(name);
    }
    steps
}

/// Gives where a link in `folder` with this target points, counted from the archive's root.
fn join(folder: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
