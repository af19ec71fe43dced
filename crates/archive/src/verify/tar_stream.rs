//! A tar parser that is fed bytes as they come, in pieces of any size.
//!
//! Formats: POSIX.1-1988 ustar, POSIX.1-2001 pax (`path`, `linkpath`, `size`), GNU long names, which is what
//! the engines' writers produce, and sparse files. Whatever else could make two readers see two
//! different archives (bad checksums, negative sizes, two names for one entry) is refused, and so are
//! padding that is not zero, names from outside and devices.

use sealift_filename::Printable;

use crate::error::Fault;
use crate::verify::pax::{Pax, PaxSparse, read_pax};
use crate::verify::sparse::{HOLE_LIMIT, Refusal, SparseFile, SparseHeaders};
use crate::verify::tar_entry::{checksum_record, is_checksum};
use crate::verify::tar_header::{BLOCK, RawHeader, resembles_tar_header, text, until_nul};

/// The longest name or pax record that is read: far more than any engine writes.
const EXTENSION_LIMIT: u64 = 1 << 20;

/// The headers of one entry together, with its extensions and its sparse map, and whatever global headers stand before
/// it: far more than any entry has.
const HEADERS_LIMIT: u64 = 16 << 20;

/// What an entry is, as far as it matters to the inside of an image archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    /// A symbolic link, with its target as written.
    Symlink(String),
    /// A hard link, with its target counted from the archive's root.
    Hardlink(String),
    /// Folders, devices and whatever else carries no content.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntryHeader {
    pub(crate) name: String,
    pub(crate) kind: EntryKind,
    /// Length of the content in bytes.
    pub(crate) size: u64,
    /// Where the content stands in the archive, unless it is that of a sparse file, which is not contiguous.
    pub(crate) offset: Option<u64>,
}

/// Takes what the parser finds.
pub(crate) trait EntrySink {
    fn begin(&mut self, header: EntryHeader) -> Result<(), Fault>;
    fn content(&mut self, bytes: &[u8]) -> Result<(), Fault>;
    fn end(&mut self) -> Result<(), Fault>;
    /// Takes the bytes as they stand in the archive, after the other calls which they cause.
    fn raw(&mut self, _part: Part, _bytes: &[u8]) {}
}

/// What bytes of an archive belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The headers of an entry, those with its extensions included, or the end marker.
    Header,
    /// The content of an entry and its padding.
    Content,
    /// What follows the end marker.
    AfterEnd,
}

enum State {
    /// Collecting a header block.
    Header,
    /// Inside an entry's content, which goes to the sink.
    Content {
        left: u64,
        padding: u64,
    },
    /// Inside the content of an extension header, which is collected.
    Extension {
        kind: ExtensionKind,
        left: u64,
        padding: u64,
    },
    Padding {
        left: u64,
        of_entry: bool,
    },
    /// Collecting a block with more of a sparse file's map.
    SparseHeader,
    /// Both blocks of the end marker were there; only zeros may follow.
    Ended,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ExtensionKind {
    LongName,
    LongLink,
    Pax,
    /// Defaults for all later entries. Some readers obey them, Go's doesn't: those that matter are refused.
    PaxGlobal,
}

/// What extension headers said about the entry that follows them.
#[derive(Default)]
struct Overrides {
    name: Option<String>,
    link: Option<String>,
    size: Option<u64>,
    sparse: PaxSparse,
    /// The kinds of header that stood before the entry.
    kinds: Vec<ExtensionKind>,
}

/// An entry whose headers have been read.
struct Opening {
    /// Where its header stands.
    at: u64,
    name: String,
    kind: EntryKind,
    /// How many bytes are stored for it.
    stored: u64,
    sparse: Option<SparseHeaders>,
}

pub(crate) struct TarStream {
    state: State,
    /// Bytes taken so far.
    offset: u64,
    block: [u8; BLOCK],
    filled: usize,
    extension: Vec<u8>,
    /// Where the header of the extension starts, for messages.
    extension_at: u64,
    overrides: Overrides,
    /// The name of the entry whose content is being read, for messages.
    current: String,
    /// The entry of which more headers follow.
    opening: Option<Opening>,
    /// The sparse file whose data is being read.
    sparse: Option<SparseFile>,
    /// Where the header of the current entry stands.
    entry_at: u64,
    /// How many bytes the headers before the next entry have so far.
    headers: u64,
    /// How many bytes of holes may still come.
    holes_left: u64,
    /// The first entry that engines may read and that is refused here.
    oddity: Option<Fault>,
    /// Where the first block of the end marker starts.
    end_marker: Option<u64>,
    /// The CRC-32 of what came, but for the header with the checksum.
    crc: crc32fast::Hasher,
    /// Whether the current extension header is the one with the checksum.
    in_checksum: bool,
    /// The record with the checksum that was written.
    checksum: Option<Vec<u8>>,
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
            crc: crc32fast::Hasher::new(),
            in_checksum: false,
            checksum: None,
        }
    }

    /// Returns why an archive with these entries is not supported, although it is not damaged.
    pub(crate) fn oddity(&self) -> Option<&Fault> {
        self.oddity.as_ref()
    }

    /// The number of bytes taken.
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

    /// Counts what stands before an entry, which whoever copies the archive keeps until the entry is known.
    fn count_headers(&mut self, part: Part, bytes: usize) -> Result<(), Fault> {
        self.headers = match part {
            Part::Header => self.headers + bytes as u64,
            Part::Content | Part::AfterEnd => 0,
        };
        if self.headers > HEADERS_LIMIT {
            return Err(Fault::LimitExceeded {
                what: format!("the headers before byte {}", self.offset),
                limit: format!("{} MiB", HEADERS_LIMIT >> 20),
            });
        }
        Ok(())
    }

    /// Returns what the next byte belongs to.
    fn part(&self) -> Part {
        match self.state {
            State::Header
            | State::SparseHeader
            | State::Extension { .. }
            | State::Padding { of_entry: false, .. } => Part::Header,
            State::Content { .. } | State::Padding { of_entry: true, .. } => Part::Content,
            State::Ended => Part::AfterEnd,
        }
    }

    /// Says whether the archive may end here.
    pub(crate) fn finish(&self) -> Result<(), Fault> {
        let place = match &self.state {
            State::Ended => return self.check_sum(),
            State::Header if self.offset == 0 => "it is empty".to_owned(),
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
            State::Padding { .. } => format!("behind entry `{}`", Printable(&self.current)),
            State::Content { left, .. } => {
                format!("{left} bytes before the end of entry `{}`", Printable(&self.current))
            }
        };
        Err(Fault::Truncated { at: self.offset, place })
    }

    /// Checks the checksum, if one was written.
    fn check_sum(&self) -> Result<(), Fault> {
        match &self.checksum {
            Some(record) if *record != checksum_record(self.crc.clone().finalize()) => {
                Err(Fault::Checksum)
            }
            _ => Ok(()),
        }
    }

    /// Takes some bytes from the front and says how many.
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
                self.crc.update(&bytes[..taken]);
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
                if !self.in_checksum {
                    self.crc.update(&bytes[..taken]);
                }
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
                if !self.in_checksum {
                    self.crc.update(&bytes[..taken]);
                }
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
            if !self.overrides.kinds.is_empty() {
                return Err(bad("an extension header stands before no entry"));
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
        self.in_checksum = is_checksum(&self.block);
        if !self.in_checksum {
            self.crc.update(&self.block);
        }
        let declared = header.size().map_err(bad)?;

        let extension = match header.type_flag() {
            b'L' => Some(ExtensionKind::LongName),
            b'K' => Some(ExtensionKind::LongLink),
            b'x' => Some(ExtensionKind::Pax),
            b'g' => Some(ExtensionKind::PaxGlobal),
            _ => None,
        };
        if let Some(kind) = extension {
            if kind != ExtensionKind::PaxGlobal {
                if self.overrides.kinds.contains(&kind) {
                    return Err(bad("another extension header of its kind stands before it"));
                }
                self.overrides.kinds.push(kind);
            }
            if declared > EXTENSION_LIMIT {
                return Err(Fault::LimitExceeded {
                    what: format!("a name or attribute of {declared} bytes, at byte {at}"),
                    limit: "1 MiB".to_owned(),
                });
            }
            self.extension.clear();
            self.extension_at = at;
            let padding = padding_of(declared);
            if self.in_checksum && declared == 0 {
                return Err(Fault::Checksum);
            }
            self.state = if declared == 0 {
                State::Header
            } else {
                State::Extension { kind, left: declared, padding }
            };
            return Ok(());
        }

        let overrides = std::mem::take(&mut self.overrides);
        let link = || overrides.link.clone().unwrap_or_else(|| header.link_name());
        let sparse = overrides.sparse.headers().map_err(|refusal| refused(at, refusal))?;
        let (sparse_name, mut sparse) = sparse.unzip();
        let name = sparse_name.flatten().or_else(|| overrides.name.clone());
        let name = name.unwrap_or_else(|| header.name());
        let mut kind = match header.type_flag() {
            // So the oldest writers mark a folder.
            0 if name.ends_with('/') => EntryKind::Other,
            b'0' | 0 | b'7' | b'S' => EntryKind::File,
            b'1' => EntryKind::Hardlink(link()),
            b'2' => EntryKind::Symlink(link()),
            _ => EntryKind::Other,
        };
        // Links, folders and devices have no content, whatever their size field says: so reads Go's
        // archive/tar, on which the engines are built.
        let stored = match (&kind, header.type_flag()) {
            (EntryKind::File, _) => overrides.size.unwrap_or(declared),
            (EntryKind::Other, b'3'..=b'6')
            | (EntryKind::Symlink(_) | EntryKind::Hardlink(_), _) => 0,
            (EntryKind::Other, _) => overrides.size.unwrap_or(declared),
        };
        if self.offset.checked_add(stored).is_none_or(|end| end > i64::MAX as u64) {
            return Err(bad("its size can't be true"));
        }
        if sparse.is_some() && kind != EntryKind::File {
            return Err(bad("it is sparse, and no file"));
        }
        let mut has_more = false;
        if header.type_flag() == b'S' {
            if sparse.is_some() {
                return Err(bad("it is sparse in two forms"));
            }
            let (headers, more) = header.old_sparse().map_err(|refusal| refused(at, refusal))?;
            (sparse, has_more) = (Some(headers), more);
        }
        if let Some(fault) = odd(&name, header.type_flag()) {
            self.oddity.get_or_insert(fault);
            // It is passed over; the archive is refused once it is known to hold an image.
            kind = EntryKind::Other;
        }
        let opening = Opening { at, name, kind, stored, sparse };
        if has_more {
            self.opening = Some(opening);
            self.state = State::SparseHeader;
            return Ok(());
        }
        self.open(opening, sink)
    }

    /// Takes a block with more of a sparse file's map.
    fn more_headers(
        &mut self,
        mut opening: Opening,
        sink: &mut impl EntrySink,
    ) -> Result<(), Fault> {
        self.crc.update(&self.block);
        let refused = |refusal| refused(opening.at, refusal);
        let has_more = match &mut opening.sparse {
            Some(headers) => RawHeader(&self.block).more_pieces(headers).map_err(refused)?,
            None => false,
        };
        if has_more {
            self.opening = Some(opening);
            return Ok(());
        }
        self.open(opening, sink)
    }

    fn open(&mut self, opening: Opening, sink: &mut impl EntrySink) -> Result<(), Fault> {
        let Opening { at, name, kind, stored, sparse } = opening;
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
        if self.in_checksum && self.checksum.replace(self.extension.clone()).is_some() {
            return Err(Fault::Checksum);
        }
        match kind {
            ExtensionKind::LongName => {
                long_name(&self.extension).and_then(|name| set_once(&mut self.overrides.name, name))
            }
            ExtensionKind::LongLink => {
                long_name(&self.extension).and_then(|link| set_once(&mut self.overrides.link, link))
            }
            ExtensionKind::Pax => read_pax(&self.extension).and_then(|pax| {
                self.overrides.size = pax.size;
                self.overrides.sparse = pax.sparse;
                pax.name.map_or(Ok(()), |name| set_once(&mut self.overrides.name, name))?;
                pax.link.map_or(Ok(()), |link| set_once(&mut self.overrides.link, link))
            }),
            ExtensionKind::PaxGlobal => read_pax(&self.extension).and_then(|pax| match pax {
                Pax { name: None, link: None, size: None, sparse }
                    if sparse == PaxSparse::default() =>
                {
                    Ok(())
                }
                _ => Err("a header for all later entries names one of them"),
            }),
        }
        .map_err(|reason| Fault::BadHeader { at: self.extension_at, reason: reason.to_owned() })
    }
}

/// Takes a name from an extension header, where no other one has given another.
fn set_once(name: &mut Option<String>, text: String) -> Result<(), &'static str> {
    match name {
        Some(other) if *other != text => Err("two extension headers name it differently"),
        _ => {
            *name = Some(text);
            Ok(())
        }
    }
}

/// Reads a name of GNU's form.
fn long_name(extension: &[u8]) -> Result<String, &'static str> {
    match until_nul(extension) {
        // Some readers take the name in the entry's own header then.
        [] => Err("its name is empty"),
        name => Ok(text(name)),
    }
}

fn refused(at: u64, refusal: Refusal) -> Fault {
    match refusal {
        Refusal::Header(reason) => Fault::BadHeader { at, reason: reason.to_owned() },
        Refusal::Fault(fault) => fault,
    }
}

/// Returns why an entry is refused which engines may read. No other copy of the archive would do.
fn odd(name: &str, type_flag: u8) -> Option<Fault> {
    let what = match type_flag {
        b'3' | b'4' | b'6' => "is a device or a pipe",
        // Some readers take it for a file, others pass over it.
        flag if !matches!(flag, 0 | b'0'..=b'7' | b'S') => "is of an unknown kind",
        _ if points_outside(name) => "has a name that points outside of the archive",
        _ => return None,
    };
    let reason = format!("its entry `{}` {what}, which is not supported", Printable(name));
    Some(Fault::Unsupported { reason })
}

/// Returns `true` if these few bytes are a text and not the beginning of a tar.
fn is_text(bytes: &[u8]) -> bool {
    !bytes.contains(&0) && bytes.contains(&b'\n') && std::str::from_utf8(bytes).is_ok()
}

/// Tells whether a name leads out of the archive, or might: whoever unpacks it may put such an entry in
/// another's place.
fn points_outside(name: &str) -> bool {
    name.starts_with('/') || name.split('/').any(|part| part == "..")
}

fn clamp(available: usize, left: u64) -> usize {
    usize::try_from(left).map_or(available, |left| available.min(left))
}

fn padding_of(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK as u64
}
