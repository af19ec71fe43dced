//! A scan for the boundaries of entries in a tar and in the tars (layers) that it contains.
//!
//! The verifier parses the same tar, but strictly, and only the outer one. This scan never fails:
//! it skips bytes that no header describes until the next header, and an entry that claims to be
//! longer than the tar around it ends with that tar.

use crate::verify::pax::read_pax;
use crate::verify::tar_header::{BLOCK, RawHeader};
use crate::write::cut::key::EntryKey;

/// The size in bytes from which on a file has blocks of its own.
pub(crate) const LARGE: u64 = 8 << 10;

/// The kind of the next bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Region {
    /// Headers, small files, or zeros at the end.
    Shared,
    /// A large file with its padding.
    File {
        /// The number of bytes up to its end, including these.
        rest: u64,
    },
    /// Bytes that no header describes.
    Unknown,
}

/// The boundary at the end of the bytes that were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Border {
    /// No boundary.
    Inside,
    /// The end of a small entry.
    Entry {
        /// The entry's key.
        key: EntryKey,
        /// The size of the entry with its headers in bytes.
        size: u64,
    },
    /// The start or the end of a large file.
    File,
}

/// A scanner of a tar, and of the tars that are its entries.
pub(crate) struct TarScan {
    /// The header that is being read.
    header: [u8; BLOCK],
    /// The number of bytes in `header`.
    known: usize,
    content: Option<RestOfEntry>,
    /// In an inner tar: the number of bytes left of it, and of the padding after it.
    inside: Option<(u64, u64)>,
    /// Whether the last block that should have been a header was not one.
    is_lost: bool,
    /// The key of the current entry.
    key: EntryKey,
    /// The number of bytes of the current entry that were read.
    size: u64,
    /// The size of the entry that an extension header states.
    stated_size: Option<u64>,
}

/// The unread content of an entry, with its padding.
struct RestOfEntry {
    left: u64,
    padding: u64,
    kind: ContentKind,
}

enum ContentKind {
    Small,
    Large,
    /// A large file whose first bytes will show whether it is a tar.
    Undecided,
    /// An extension header, and the bytes of it that were read.
    Extension {
        flag: u8,
        known: Vec<u8>,
    },
}

impl TarScan {
    pub(crate) fn new() -> Self {
        Self {
            header: [0; BLOCK],
            known: 0,
            content: None,
            inside: None,
            is_lost: false,
            key: EntryKey::default(),
            size: 0,
            stated_size: None,
        }
    }

    /// Returns the kind of the next bytes, and the maximum number of them to read.
    pub(crate) fn region(&self) -> (Region, u64) {
        let most = self.inside.map_or(u64::MAX, |(left, _)| left);
        let header = (BLOCK - self.known) as u64;
        let (region, length) = match &self.content {
            None if self.is_lost => (Region::Unknown, header),
            None => (Region::Shared, header),
            Some(content) => {
                let rest = content.left.saturating_add(content.padding);
                match content.kind {
                    ContentKind::Large => (Region::File { rest: rest.min(most) }, rest),
                    ContentKind::Undecided => (Region::File { rest }, header),
                    ContentKind::Small | ContentKind::Extension { .. } => (Region::Shared, rest),
                }
            }
        };
        (region, length.min(most))
    }

    /// Reads bytes, at most as many as the region has, and returns the boundary at their end.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Border {
        let count = bytes.len() as u64;
        self.size += count;
        if let Some((left, _)) = &mut self.inside {
            *left -= count;
        }
        let border = match self.content.take() {
            Some(content) => self.read_content(content, bytes),
            None => match self.fill(bytes) {
                true => self.header_read(),
                false => Border::Inside,
            },
        };
        match self.inside {
            Some((0, padding)) => self.leave(padding),
            _ => border,
        }
    }

    fn fill(&mut self, bytes: &[u8]) -> bool {
        self.header[self.known..][..bytes.len()].copy_from_slice(bytes);
        self.known += bytes.len();
        let is_full = self.known == BLOCK;
        if is_full {
            self.known = 0;
        }
        is_full
    }

    fn read_content(&mut self, mut content: RestOfEntry, bytes: &[u8]) -> Border {
        let count = bytes.len() as u64;
        let of_content = count.min(content.left);
        content.left -= of_content;
        content.padding -= count - of_content;
        match &mut content.kind {
            ContentKind::Undecided => {
                if !self.fill(bytes) {
                    self.content = Some(content);
                    return Border::Inside;
                }
                if is_header(&self.header) {
                    self.inside = Some((content.left, content.padding));
                    self.begin_entry();
                    return self.header_read();
                }
                content.kind = ContentKind::Large;
            }
            ContentKind::Extension { known, .. } => {
                known.extend_from_slice(&bytes[..of_content as usize])
            }
            ContentKind::Small | ContentKind::Large => {}
        }
        if content.left > 0 || content.padding > 0 {
            self.content = Some(content);
            return Border::Inside;
        }
        match content.kind {
            ContentKind::Extension { flag, known } => {
                self.extension_read(flag, &known);
                Border::Inside
            }
            ContentKind::Small => self.end_entry(),
            ContentKind::Large | ContentKind::Undecided => {
                self.begin_entry();
                Border::File
            }
        }
    }

    fn extension_read(&mut self, flag: u8, content: &[u8]) {
        // Global headers do not belong to an entry.
        if flag != b'g' {
            self.key.extension(content);
        }
        if flag == b'x' {
            self.stated_size = read_pax(content).ok().and_then(|pax| pax.size);
        }
    }

    fn header_read(&mut self) -> Border {
        if self.header == [0; BLOCK] {
            return Border::Inside;
        }
        self.is_lost = !is_header(&self.header);
        let header = RawHeader(&self.header);
        let (false, Ok(size)) = (self.is_lost, header.size()) else { return Border::Inside };
        let flag = header.type_flag();
        let is_extension = matches!(flag, b'x' | b'g' | b'L' | b'K');
        let size = match flag {
            // Links, devices and folders have no content, even if the header states a size.
            b'1'..=b'6' => 0,
            _ if is_extension => size,
            _ => self.stated_size.take().unwrap_or(size),
        };
        if !is_extension {
            self.key.header(&self.header);
        }
        let padding = size.wrapping_neg() % BLOCK as u64;
        let content = |kind| Some(RestOfEntry { left: size, padding, kind });
        if size >= LARGE {
            let is_file = self.inside.is_none() && !is_extension;
            self.content =
                content(if is_file { ContentKind::Undecided } else { ContentKind::Large });
            return Border::File;
        }
        if is_extension {
            self.content = content(ContentKind::Extension { flag, known: Vec::new() });
        } else if size > 0 {
            self.content = content(ContentKind::Small);
        } else {
            return self.end_entry();
        }
        Border::Inside
    }

    fn end_entry(&mut self) -> Border {
        let border = Border::Entry { key: self.key, size: self.size };
        self.begin_entry();
        border
    }

    fn begin_entry(&mut self) {
        self.key = EntryKey::default();
        self.size = 0;
        self.stated_size = None;
    }

    /// Continues with the outer tar, and discards the state of the inner one.
    fn leave(&mut self, padding: u64) -> Border {
        self.inside = None;
        self.is_lost = false;
        self.known = 0;
        self.begin_entry();
        self.content = None;
        if padding == 0 {
            return Border::File;
        }
        self.content = Some(RestOfEntry { left: 0, padding, kind: ContentKind::Large });
        Border::Inside
    }
}

fn is_header(block: &[u8; BLOCK]) -> bool {
    RawHeader(block).check_sum().is_ok()
}
