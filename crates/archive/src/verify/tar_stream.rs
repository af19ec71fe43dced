//! A push parser of tar: it accepts bytes in pieces of any size.
//!
//! It supports the formats that the engines write, POSIX.1-1988 ustar, POSIX.1-2001 pax (`path`,
//! `linkpath`, `size`) and GNU long names, and also sparse files.
//!
//! It refuses everything that two readers could read as two different archives: wrong checksums,
//! negative sizes, two names for one entry. It also refuses padding that is not zero, names that
//! point outside the archive, and devices.

use sealift_filename::Printable;

use crate::error::Fault;
use crate::verify::sparse::{HOLE_LIMIT, SparseFile};
use crate::verify::tar_checksum::Checksum;
use crate::verify::tar_extension::{ExtensionKind, Overrides};
use crate::verify::tar_header::{BLOCK, RawHeader, resembles_tar_header};
use crate::verify::tar_opening::{Opening, refused};
use crate::verify::tar_sink::{EntryHeader, EntrySink, TarSection};

/// The maximum size of an extension header, far more than any engine writes.
const EXTENSION_LIMIT: u64 = 1 << 20;

/// The maximum size of all headers of one entry together: extension headers, sparse map, and global
/// headers before it. No known entry reaches it.
const HEADERS_LIMIT: u64 = 16 << 20;

/// The part of the tar to which the next byte belongs.
enum State {
    /// A header block, which is collected.
    Header,
    /// The content of an entry, which is passed to the sink.
    Content {
        left: u64,
        padding: u64,
    },
    /// The content of an extension header, which is collected.
    Extension {
        kind: ExtensionKind,
        left: u64,
        padding: u64,
    },
    Padding {
        left: u64,
        of_entry: bool,
    },
    /// A block with more of a sparse file's map, which is collected.
    SparseHeader,
    /// The zeros after the end marker.
    Ended,
}

pub(crate) struct TarStream {
    state: State,
    /// The number of bytes that were read.
    offset: u64,
    block: [u8; BLOCK],
    filled: usize,
    extension: Vec<u8>,
    /// Offset of the extension header, for messages.
    extension_at: u64,
    overrides: Overrides,
    /// The name of the entry whose content is being read, for messages.
    current: String,
    /// The entry that is started after more blocks of its sparse map.
    opening: Option<Opening>,
    /// The sparse file whose data is being read.
    sparse: Option<SparseFile>,
    /// Offset of the current entry's main header.
    entry_at: u64,
    /// The number of bytes in the headers of the next entry so far.
    headers: u64,
    /// The number of bytes of holes that the archive may still contain.
    holes_left: u64,
    /// The fault of the first entry that is not supported, although engines may accept it.
    oddity: Option<Fault>,
    /// Offset of the end marker.
    end_marker: Option<u64>,
    checksum: Checksum,
}

impl TarStream {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Header,
            offset: 0,
            block: [0; BLOCK],
            filled: 0,
            extension: Vec::new(),
            extension_at: 0,
            overrides: Overrides::default(),
            current: String::new(),
            opening: None,
            sparse: None,
            entry_at: 0,
            headers: 0,
            holes_left: HOLE_LIMIT,
            oddity: None,
            end_marker: None,
            checksum: Checksum::new(),
        }
    }

    /// Returns the reason why an archive with these entries is not supported, although it is not
    /// damaged.
    pub(crate) fn oddity(&self) -> Option<&Fault> {
        self.oddity.as_ref()
    }

    /// Returns the number of bytes that were read.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn end_marker(&self) -> Option<u64> {
        self.end_marker
    }

    pub(crate) fn push(
        &mut self,
        mut bytes: &[u8],
        sink: &mut impl EntrySink,
    ) -> Result<(), Fault> {
        while !bytes.is_empty() {
            let part = self.part();
            let taken = self.step(bytes, sink)?;
            self.count_headers(part, taken)?;
            sink.raw(part, &bytes[..taken]);
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    /// Counts the bytes of an entry's headers. They are limited, because a renamer keeps them in
    /// memory until the name of the entry is known.
    fn count_headers(&mut self, part: TarSection, bytes: usize) -> Result<(), Fault> {
        self.headers = match part {
            TarSection::Header => self.headers + bytes as u64,
            TarSection::Content | TarSection::AfterEnd => 0,
        };
        if self.headers > HEADERS_LIMIT {
            return Err(Fault::LimitExceeded {
                what: format!("the headers before byte {}", self.offset),
                limit: format!("{} MiB", HEADERS_LIMIT >> 20),
            });
        }
        Ok(())
    }

    /// Returns the section of the next byte.
    fn part(&self) -> TarSection {
        match self.state {
            State::Header
            | State::SparseHeader
            | State::Extension { .. }
            | State::Padding { of_entry: false, .. } => TarSection::Header,
            State::Content { .. } | State::Padding { of_entry: true, .. } => TarSection::Content,
            State::Ended => TarSection::AfterEnd,
        }
    }

    /// Returns a fault unless the archive is complete.
    pub(crate) fn finish(&self) -> Result<(), Fault> {
        let place = match &self.state {
            State::Ended => return self.checksum.check(),
            State::Header if self.offset == 0 => "because it is empty".to_owned(),
            State::Header if self.end_marker.is_some() => {
                "in the middle of tar's end marker".to_owned()
            }
            State::Header if self.filled == 0 => "without tar's end marker".to_owned(),
            State::Header if self.offset < BLOCK as u64 && is_text(&self.block[..self.filled]) => {
                return Err(Fault::not_an_image(Fault::no_tar_reason()));
            }
            State::Header | State::SparseHeader | State::Extension { .. } => {
                "in the middle of a header".to_owned()
            }
            State::Padding { of_entry: false, .. } => "in the middle of a header".to_owned(),
            State::Padding { .. } => format!("after entry `{}`", Printable(&self.current)),
            State::Content { left, .. } => {
                format!("{left} bytes before the end of entry `{}`", Printable(&self.current))
            }
        };
        Err(Fault::Truncated { at: self.offset, place })
    }

    /// Processes some bytes at the front and returns their number.
    fn step(&mut self, bytes: &[u8], sink: &mut impl EntrySink) -> Result<usize, Fault> {
        match &mut self.state {
            State::Header | State::SparseHeader => {
                let taken = bytes.len().min(BLOCK - self.filled);
                self.block[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
                self.filled += taken;
                self.offset += taken as u64;
                if self.filled == BLOCK {
                    self.filled = 0;
                    match self.opening.take() {
                        Some(opening) => self.more_headers(opening, sink)?,
                        None => self.header(sink)?,
                    }
                }
                Ok(taken)
            }
            State::Content { left, padding } => {
                let taken = clamp(bytes.len(), *left);
                *left -= taken as u64;
                self.offset += taken as u64;
                if *left == 0 {
                    self.state = State::Padding { left: *padding, of_entry: true };
                }
                self.checksum.update(&bytes[..taken]);
                match &mut self.sparse {
                    Some(sparse) => sparse
                        .push(&bytes[..taken], &mut |content: &[u8]| sink.content(content))
                        .map_err(|refusal| refused(self.entry_at, refusal))?,
                    None => sink.content(&bytes[..taken])?,
                }
                self.skip_empty_padding(sink)?;
                Ok(taken)
            }
            State::Extension { kind, left, padding } => {
                let taken = clamp(bytes.len(), *left);
                self.extension.extend_from_slice(&bytes[..taken]);
                self.checksum.update(&bytes[..taken]);
                *left -= taken as u64;
                self.offset += taken as u64;
                if *left == 0 {
                    let kind = *kind;
                    self.state = State::Padding { left: *padding, of_entry: false };
                    self.extension_read(kind)?;
                    self.skip_empty_padding(sink)?;
                }
                Ok(taken)
            }
            State::Padding { left, .. } => {
                let taken = clamp(bytes.len(), *left);
                if let Some(position) = bytes[..taken].iter().position(|&byte| byte != 0) {
                    return Err(Fault::Padding { at: self.offset + position as u64 });
                }
                self.checksum.update(&bytes[..taken]);
                *left -= taken as u64;
                self.offset += taken as u64;
                self.skip_empty_padding(sink)?;
                Ok(taken)
            }
            State::Ended => {
                if let Some(position) = bytes.iter().position(|&byte| byte != 0) {
                    return Err(Fault::TrailingData { at: self.offset + position as u64 });
                }
                self.offset += bytes.len() as u64;
                Ok(bytes.len())
            }
        }
    }

    fn skip_empty_padding(&mut self, sink: &mut impl EntrySink) -> Result<(), Fault> {
        if let State::Padding { left: 0, of_entry } = self.state {
            self.state = State::Header;
            if of_entry {
                if let Some(sparse) = self.sparse.take() {
                    self.holes_left = sparse
                        .finish(&mut |content: &[u8]| sink.content(content))
                        .map_err(|refusal| refused(self.entry_at, refusal))?;
                }
                sink.end()?;
            }
        }
        Ok(())
    }

    fn header(&mut self, sink: &mut impl EntrySink) -> Result<(), Fault> {
        let at = self.offset - BLOCK as u64;
        let bad = |reason: &str| Fault::BadHeader { at, reason: reason.to_owned() };
        if self.block.iter().all(|&byte| byte == 0) {
            if !self.overrides.is_empty() {
                return Err(bad("an extension header is not followed by an entry"));
            }
            match self.end_marker {
                None => self.end_marker = Some(at),
                Some(_) => self.state = State::Ended,
            }
            return Ok(());
        }
        if self.end_marker.is_some() {
            return Err(Fault::TrailingData { at });
        }
        if at == 0 && !resembles_tar_header(&self.block) {
            return Err(Fault::not_an_image(Fault::no_tar_reason()));
        }
        let header = RawHeader(&self.block);
        header.check_sum().map_err(bad)?;
        self.checksum.header(&self.block);
        let declared = header.size().map_err(bad)?;
        if let Some(kind) = ExtensionKind::of(header.type_flag()) {
            self.overrides.begin(kind).map_err(bad)?;
            return self.extension(kind, at, declared);
        }
        let overrides = std::mem::take(&mut self.overrides);
        let opening = Opening::read(&header, overrides, at, self.offset)?;
        self.open(opening, sink)
    }

    /// Starts an extension header whose content has this size.
    fn extension(&mut self, kind: ExtensionKind, at: u64, declared: u64) -> Result<(), Fault> {
        if declared > EXTENSION_LIMIT {
            return Err(Fault::LimitExceeded {
                what: format!("a name or attribute of {declared} bytes, at byte {at}"),
                limit: "1 MiB".to_owned(),
            });
        }
        self.extension.clear();
        self.extension_at = at;
        if self.checksum.is_in_record() && declared == 0 {
            return Err(Fault::Checksum);
        }
        self.state = match declared {
            0 => State::Header,
            left => State::Extension { kind, left, padding: padding_of(declared) },
        };
        Ok(())
    }

    /// Processes a block with more of a sparse file's map.
    fn more_headers(
        &mut self,
        mut opening: Opening,
        sink: &mut impl EntrySink,
    ) -> Result<(), Fault> {
        self.checksum.update(&self.block);
        opening.read_more(&RawHeader(&self.block))?;
        self.open(opening, sink)
    }

    /// Starts an entry, unless more blocks of its sparse map follow.
    fn open(&mut self, mut opening: Opening, sink: &mut impl EntrySink) -> Result<(), Fault> {
        if let Some(fault) = opening.oddity.take() {
            self.oddity.get_or_insert(fault);
        }
        if opening.has_more {
            self.opening = Some(opening);
            self.state = State::SparseHeader;
            return Ok(());
        }
        let Opening { at, name, kind, stored, sparse, .. } = opening;
        let sparse =
            sparse.map(|headers| SparseFile::new(headers, stored, self.holes_left)).transpose();
        self.sparse = sparse.map_err(|refusal| refused(at, refusal))?;
        self.entry_at = at;
        let size = self.sparse.as_ref().map_or(stored, SparseFile::size);
        self.current.clone_from(&name);
        self.headers = 0;
        let offset = self.sparse.is_none().then_some(self.offset);
        sink.begin(EntryHeader { name, kind, size, offset })?;
        self.state = match stored {
            0 => State::Padding { left: 0, of_entry: true },
            _ => State::Content { left: stored, padding: padding_of(stored) },
        };
        self.skip_empty_padding(sink)
    }

    fn extension_read(&mut self, kind: ExtensionKind) -> Result<(), Fault> {
        self.checksum.extension(&self.extension)?;
        let applied = self.overrides.apply(kind, &self.extension);
        let at = self.extension_at;
        applied.map_err(|reason| Fault::BadHeader { at, reason: reason.to_owned() })
    }
}

/// Returns `true` if these few bytes are text and not the start of a tar.
fn is_text(bytes: &[u8]) -> bool {
    !bytes.contains(&0) && bytes.contains(&b'\n') && std::str::from_utf8(bytes).is_ok()
}

fn clamp(available: usize, left: u64) -> usize {
    usize::try_from(left).map_or(available, |left| available.min(left))
}

fn padding_of(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK as u64
}
