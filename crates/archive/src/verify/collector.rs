//! The collector, which records the digests and the metadata of a tar's entries.

use sealift_oci::Hasher;

use crate::codec::Codec;
use crate::error::Fault;
use crate::verify::decompressor::Decompressor;
use crate::verify::entries::{Content, Entries, Entry, Json};
use crate::verify::links::{blob_digest, normalize};
use crate::verify::tar_opening::EntryKind;
use crate::verify::tar_sink::{EntryHeader, EntrySink};

/// The maximum number of entries, each of which needs memory. No known image has as many.
const ENTRY_LIMIT: usize = 20_000;
/// The maximum size of a metadata file (JSON), which is kept in memory.
const METADATA_LIMIT: u64 = 4 << 20;
/// The maximum size of all metadata files together.
const METADATA_TOTAL: u64 = 16 << 20;
/// The maximum length of the names of all entries and the targets of links together.
const NAMES_TOTAL: usize = 8 << 20;

/// Hashes the content of entries and keeps files that can be metadata.
pub(crate) struct Collector {
    /// Whether every layer is decompressed, even if a manifest can verify it by its digest.
    decompress_layers: bool,
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
    /// `None` until enough bytes were received to recognize the format.
    decompressor: Option<Decompressor>,
    json: Json,
}

impl Collector {
    pub(crate) fn new(decompress_layers: bool) -> Self {
        Self {
            decompress_layers,
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
                    decompressor: None,
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
        if open.decompressor.is_none() {
            open.head.extend_from_slice(&bytes[..bytes.len().min(Codec::HEAD)]);
            if open.head.len() < Codec::HEAD {
                return Ok(());
            }
            // The head can contain bytes of earlier calls, so it is passed on first, and then the
            // bytes of this call after it.
            let head = std::mem::take(&mut open.head);
            let rest = &bytes[bytes.len().min(Codec::HEAD)..];
            open.decide(&head, self.decompress_layers, &mut self.metadata_left);
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
        if open.decompressor.is_none() {
            let head = std::mem::take(&mut open.head);
            open.decide(&head, self.decompress_layers, &mut self.metadata_left);
            open.unpack(&head);
        }
        let (codec, unpacked) = match open.decompressor {
            Some(decompressor) => decompressor.finish(),
            None => (None, None),
        };
        let content = Content {
            size: open.size,
            offset: open.offset,
            digest: open.hasher.finish(),
            codec,
            unpacked,
            json: open.json,
        };
        self.last = Some(open.name.clone());
        self.insert(open.name, Entry::File(content))
    }
}

impl Open {
    /// Decides by the first bytes whether the content is kept as metadata and whether it is
    /// decompressed.
    fn decide(&mut self, head: &[u8], decompress_layers: bool, metadata_left: &mut u64) {
        let head_of_text = head.trim_ascii_start();
        if matches!(head_of_text, [b'{' | b'[', ..]) || head_of_text.starts_with(b"null") {
            self.json = if self.size > METADATA_LIMIT || self.size > *metadata_left {
                Json::TooLarge
            } else {
                *metadata_left -= self.size;
                Json::Kept(Vec::with_capacity(usize::try_from(self.size).unwrap_or(0)))
            };
        }
        let codec = Codec::of(head);
        // A blob of an OCI layout can be verified by the manifest that states its digest. Any other
        // layer can only be verified by its diff id, the digest of the decompressed content.
        let is_wanted = decompress_layers || blob_digest(&self.name).is_none();
        self.decompressor = Some(match is_wanted {
            true => Decompressor::new(codec, decompress_layers),
            false => Decompressor::NotNeeded(codec),
        });
    }

    fn unpack(&mut self, bytes: &[u8]) {
        if let Json::Kept(json) = &mut self.json {
            json.extend_from_slice(bytes);
        }
        if let Some(decompressor) = &mut self.decompressor {
            decompressor.push(bytes);
        }
    }
}
