//! A tar parser that is fed bytes as they come, in pieces of any size.
//!
//! Formats: POSIX.1-1988 ustar, POSIX.1-2001 pax (`path`, `linkpath`, `size`) and GNU long names, which
//! is what the engines' writers produce. Whatever else could make two readers see two different
//! archives (sparse files, bad checksums, negative sizes, names from outside, two names for one entry)
//! is refused.

use sealift_filename::Printable;

use crate::Fault;

const BLOCK: usize = 512;
/// The longest name or pax record that is read: far more than any engine writes.
const EXTENSION_LIMIT: u64 = 1 << 20;

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
    /// The kinds of header that stood before the entry.
    kinds: Vec<ExtensionKind>,
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
    /// Where the first block of the end marker starts.
    end_marker: Option<u64>,
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
            end_marker: None,
        }
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
            sink.raw(part, &bytes[..taken]);
            bytes = &bytes[taken..];
        }
        Ok(())
    }

    /// Returns what the next byte belongs to.
    fn part(&self) -> Part {
        match self.state {
            State::Header | State::Extension { .. } | State::Padding { of_entry: false, .. } => {
                Part::Header
            }
            State::Content { .. } | State::Padding { of_entry: true, .. } => Part::Content,
            State::Ended => Part::AfterEnd,
        }
    }

    /// Says whether the archive may end here.
    pub(crate) fn finish(&self) -> Result<(), Fault> {
        let place = match &self.state {
            State::Ended => return Ok(()),
            State::Header if self.offset == 0 => "it is empty".to_owned(),
            State::Header if self.end_marker.is_some() => {
                "in the middle of tar's end marker".to_owned()
            }
            State::Header if self.filled == 0 => "without tar's end marker".to_owned(),
            State::Header | State::Extension { .. } => "in the middle of a header".to_owned(),
            State::Padding { of_entry: false, .. } => "in the middle of a header".to_owned(),
            State::Padding { .. } => format!("behind entry `{}`", Printable(&self.current)),
            State::Content { left, .. } => {
                format!("{left} bytes before the end of entry `{}`", Printable(&self.current))
            }
        };
        Err(Fault::Truncated { at: self.offset, place })
    }

    /// Takes some bytes from the front and says how many.
    fn step(&mut self, bytes: &[u8], sink: &mut impl EntrySink) -> Result<usize, Fault> {
        match &mut self.state {
            State::Header => {
                let taken = bytes.len().min(BLOCK - self.filled);
                self.block[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
                self.filled += taken;
                self.offset += taken as u64;
                if self.filled == BLOCK {
                    self.filled = 0;
                    self.header(sink)?;
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
                sink.content(&bytes[..taken])?;
                self.skip_empty_padding(sink)?;
                Ok(taken)
            }
            State::Extension { kind, left, padding } => {
                let taken = clamp(bytes.len(), *left);
                self.extension.extend_from_slice(&bytes[..taken]);
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
        let declared = header.size().map_err(bad)?;

        let extension = match header.type_flag() {
            b'L' => Some(ExtensionKind::LongName),
            b'K' => Some(ExtensionKind::LongLink),
            b'x' => Some(ExtensionKind::Pax),
            b'g' => Some(ExtensionKind::PaxGlobal),
            b'S' => return Err(bad(SPARSE)),
            b'3' | b'4' | b'6' => {
                return Err(bad("it is a device or a pipe, which no engine writes"));
            }
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
            self.state = if declared == 0 {
                State::Header
            } else {
                State::Extension { kind, left: declared, padding }
            };
            return Ok(());
        }

        let overrides = std::mem::take(&mut self.overrides);
        let link = || overrides.link.clone().unwrap_or_else(|| header.link_name());
        let name = overrides.name.clone().unwrap_or_else(|| header.name());
        if points_outside(&name) {
            let reason = format!("its name `{}` points outside of the archive", Printable(&name));
            return Err(bad(&reason));
        }
        let kind = match header.type_flag() {
            // So the oldest writers mark a folder.
            0 if name.ends_with('/') => EntryKind::Other,
            b'0' | 0 | b'7' => EntryKind::File,
            b'1' => EntryKind::Hardlink(link()),
            b'2' => EntryKind::Symlink(link()),
            _ => EntryKind::Other,
        };
        // Links, folders and devices have no content, whatever their size field says: so reads Go's
        // archive/tar, on which the engines are built.
        let size = match (&kind, header.type_flag()) {
            (EntryKind::File, _) => overrides.size.unwrap_or(declared),
            (EntryKind::Other, b'5') | (EntryKind::Symlink(_) | EntryKind::Hardlink(_), _) => 0,
            (EntryKind::Other, _) => overrides.size.unwrap_or(declared),
        };
        if self.offset.checked_add(size).is_none_or(|end| end > i64::MAX as u64) {
            return Err(bad("its size can't be true"));
        }
        self.current.clone_from(&name);
        sink.begin(EntryHeader { name, kind, size })?;
        self.state = match size {
            0 => State::Padding { left: 0, of_entry: true },
            _ => State::Content { left: size, padding: padding_of(size) },
        };
        self.skip_empty_padding(sink)
    }

    fn extension_read(&mut self, kind: ExtensionKind) -> Result<(), Fault> {
        match kind {
            ExtensionKind::LongName => {
                set_once(&mut self.overrides.name, text(until_nul(&self.extension)))
            }
            ExtensionKind::LongLink => {
                set_once(&mut self.overrides.link, text(until_nul(&self.extension)))
            }
            ExtensionKind::Pax => read_pax(&self.extension).and_then(|pax| {
                self.overrides.size = pax.size;
                pax.name.map_or(Ok(()), |name| set_once(&mut self.overrides.name, name))?;
                pax.link.map_or(Ok(()), |link| set_once(&mut self.overrides.link, link))
            }),
            ExtensionKind::PaxGlobal => read_pax(&self.extension).and_then(|pax| match pax {
                Overrides { name: None, link: None, size: None, .. } => Ok(()),
                _ => Err("a header for all later entries names one of them"),
            }),
        }
        .map_err(|reason| Fault::BadHeader { at: self.extension_at, reason: reason.to_owned() })
    }
}

const SPARSE: &str = "it is a sparse file, which no engine writes";

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

/// Reads pax records: `LENGTH KEY=VALUE\n`, the length counting the whole record.
fn read_pax(mut records: &[u8]) -> Result<Overrides, &'static str> {
    const BROKEN: &str = "its pax records are broken";
    let mut overrides = Overrides::default();
    while !records.is_empty() {
        let space = records.iter().position(|&byte| byte == b' ').ok_or(BROKEN)?;
        let length = decimal(&records[..space]).and_then(|length| usize::try_from(length).ok());
        let length = length.ok_or(BROKEN)?;
        let record = records.get(space + 1..length).ok_or(BROKEN)?;
        let record = record.strip_suffix(b"\n").ok_or(BROKEN)?;
        let equals = record.iter().position(|&byte| byte == b'=').ok_or(BROKEN)?;
        let (key, value) = (&record[..equals], &record[equals + 1..]);
        if value.contains(&0) && matches!(key, b"path" | b"linkpath") {
            return Err("its pax name has a zero byte in it");
        }
        // An empty value takes back what another one said.
        let name = (!value.is_empty()).then(|| text(value));
        match key {
            b"path" => overrides.name = name,
            b"linkpath" => overrides.link = name,
            b"size" if value.is_empty() => overrides.size = None,
            b"size" => {
                overrides.size = Some(decimal(value).ok_or("its pax size is no number of bytes")?);
            }
            _ if key.starts_with(b"GNU.sparse.") => return Err(SPARSE),
            _ => {}
        }
        records = &records[length..];
    }
    Ok(overrides)
}

/// Reads digits and nothing else.
fn decimal(digits: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(digits).ok()?;
    if digits.starts_with('+') { None } else { digits.parse().ok() }
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

fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

struct RawHeader<'a>(&'a [u8; BLOCK]);

impl RawHeader<'_> {
    fn type_flag(&self) -> u8 {
        self.0[156]
    }

    fn name(&self) -> String {
        let name = text(until_nul(&self.0[..100]));
        // GNU's old format uses the prefix field for other things.
        let is_ustar = &self.0[257..263] == b"ustar\0";
        // And star's format the end of it.
        let end = if self.0[508..] == *b"tar\0" { 476 } else { 500 };
        let prefix = if is_ustar { until_nul(&self.0[345..end]) } else { b"" };
        if prefix.is_empty() { name } else { format!("{}/{name}", text(prefix)) }
    }

    fn has_magic(&self) -> bool {
        self.0[257..262] == *b"ustar"
    }

    fn has_numbers(&self) -> bool {
        let fields = [100..108, 108..116, 116..124, 124..136, 148..156];
        fields.into_iter().all(|field| self.0[field.start] != 0 && number(&self.0[field]).is_some())
    }

    fn link_name(&self) -> String {
        text(until_nul(&self.0[157..257]))
    }

    fn check_sum(&self) -> Result<(), &'static str> {
        let stored = number(&self.0[148..156]).ok_or("its checksum is no number")?;
        let (before, after) = (&self.0[..148], &self.0[156..]);
        let spaces = 8 * u64::from(b' ');
        let sum = before.iter().chain(after).map(|&byte| u64::from(byte)).sum::<u64>() + spaces;
        if stored == sum { Ok(()) } else { Err("its checksum is wrong") }
    }

    fn size(&self) -> Result<u64, &'static str> {
        number(&self.0[124..136]).ok_or("its size is no number of bytes")
    }
}

/// Reads a number field: octal digits, or base 256 where the first bit is set (GNU). Negative
/// numbers and those over 64 bits are none.
fn number(field: &[u8]) -> Option<u64> {
    let (&first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        if first != 0x80 {
            return None;
        }
        return rest.iter().try_fold(0_u64, |number, &byte| {
            number.checked_mul(256).map(|number| number | u64::from(byte))
        });
    }
    let digits = until_nul(field);
    // Some readers pass over zero bytes before the digits.
    if !field[digits.len()..].iter().all(|byte| matches!(byte, 0 | b' ')) {
        return None;
    }
    let digits = digits.trim_ascii();
    digits.iter().try_fold(0_u64, |number, &digit| match digit {
        b'0'..=b'7' => number.checked_mul(8).map(|number| number | u64::from(digit - b'0')),
        _ => None,
    })
}

/// Tells whether a block was written as a tar header, even if it is damaged.
pub(crate) fn resembles_tar_header(block: &[u8; BLOCK]) -> bool {
    let header = RawHeader(block);
    header.has_magic() || header.has_numbers()
}
