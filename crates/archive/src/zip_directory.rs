//! Finds the one member of a zip through the zip's directory.
//!
//! It is stricter than most readers of zips: a zip is taken only if a reader that goes by the directory and
//! one that goes through the file from its start find the same member, and nothing lies between its parts. So
//! nobody can be shown another archive than the one that was proven. Of a directory only the entry of a
//! zip with one member is read, however many entries it says that it has.
//!
//! Source of the form: PKWARE's APPNOTE.TXT 6.3.10, 4.3 (records), 4.4 (fields) and 4.5.3 (zip64).

use std::io::{self, Read, Seek, SeekFrom};

use crate::Fault;
use crate::zip_member::Member;
use crate::zip_signature::{
    DESCRIPTOR, DIRECTORY_ENTRY, END, LOCAL_HEADER, ZIP64_END, ZIP64_LOCATOR,
};

const END_LENGTH: usize = 22;
const LOCATOR_LENGTH: u64 = 20;
const ZIP64_END_LENGTH: usize = 56;
const ENTRY_LENGTH: usize = 46;
const LOCAL_LENGTH: usize = 30;
/// A comment's length is a number of 16 bits.
const LONGEST_COMMENT: u64 = 0xffff;

/// What stands in a field of 16 or 32 bits whose value is in a zip64 record instead.
const SEE_ZIP64_16: u64 = 0xffff;
const SEE_ZIP64_32: u64 = 0xffff_ffff;
const ZIP64_FIELD: u64 = 1;

/// The sizes and the checksum follow the member.
const HAS_DESCRIPTOR: u64 = 1 << 3;
const IS_PATCH: u64 = 1 << 5;
/// Encrypted, strongly, or with its directory.
const IS_ENCRYPTED: u64 = 1 | 1 << 6 | 1 << 13;

const STORED: u64 = 0;
const DEFLATED: u64 = 8;

/// Why there is no member to be read.
pub(crate) enum MemberError {
    Read(io::Error),
    Fault(Fault),
}

impl From<io::Error> for MemberError {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

impl From<Fault> for MemberError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn broken(reason: impl Into<String>) -> MemberError {
    Fault::BadContainer { container: "zip", reason: reason.into() }.into()
}

fn unsupported(reason: impl Into<String>) -> MemberError {
    Fault::Unsupported { reason: reason.into() }.into()
}

/// Finds the member of a zip that holds just one.
pub(crate) fn find_member(file: &mut (impl Read + Seek)) -> Result<Member, MemberError> {
    let directory = find_directory(file)?;
    if directory.entries != 1 {
        let count = match directory.entries {
            0 => "no".to_owned(),
            count => count.to_string(),
        };
        return Err(
            Fault::not_an_image(format!("the zip has {count} members instead of one")).into()
        );
    }
    let entry = Entry::read(file, &directory)?;
    if entry.name.ends_with(b"/") {
        return Err(Fault::not_an_image("the zip's one member is a folder").into());
    }
    if entry.flags & IS_ENCRYPTED != 0 {
        return Err(Fault::not_an_image("the zip's member is encrypted").into());
    }
    if entry.flags & IS_PATCH != 0 {
        return Err(unsupported("the zip's member is a patch of another file"));
    }
    let deflated = match entry.method {
        DEFLATED => true,
        STORED => false,
        other => {
            return Err(unsupported(format!(
                "the zip's member is packed by method {other}; stored and deflate are read"
            )));
        }
    };
    if !deflated && entry.packed_size != entry.size {
        return Err(broken("its member isn't packed and yet has two sizes"));
    }
    let start = entry.check_local_header(file)?;
    entry.check_end(file, start, directory.start)?;
    Ok(Member {
        name: String::from_utf8_lossy(&entry.name).into_owned(),
        start,
        packed_size: entry.packed_size,
        deflated,
        size: entry.size,
        crc: entry.crc,
    })
}

/// Where the directory lies, and how much it holds.
struct Directory {
    entries: u64,
    start: u64,
    length: u64,
}

/// Numbers of a record, little endian, each at its place.
struct Record<const LENGTH: usize>([u8; LENGTH]);

impl<const LENGTH: usize> Record<LENGTH> {
    fn read(file: &mut (impl Read + Seek), at: u64) -> io::Result<Self> {
        let mut record = [0; LENGTH];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut record)?;
        Ok(Self(record))
    }

    fn number(&self, at: usize, length: usize) -> u64 {
        number(&self.0[at..at + length])
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

fn find_directory(file: &mut (impl Read + Seek)) -> Result<Directory, MemberError> {
    let length = file.seek(SeekFrom::End(0))?;
    let end = find_end(file, length)?;
    let record = Record::<END_LENGTH>::read(file, end)?;
    // Two numbers of disks, and how many entries this one and all of them have.
    let [disk, first_disk, here, entries] =
        [4, 6, 8, 10].map(|at| (record.number(at, 2), SEE_ZIP64_16));
    let [size, start] = [12, 16].map(|at| (record.number(at, 4), SEE_ZIP64_32));
    let said = [disk, first_disk, here, entries, size, start];
    let locator = end.checked_sub(LOCATOR_LENGTH);
    let (numbers, directory_end) = match locator {
        Some(locator) if Record::<4>::read(file, locator)?.0 == *ZIP64_LOCATOR => {
            read_zip64_end(file, locator, said)?
        }
        _ => (said.map(|(number, _)| number), end),
    };
    let [disk, first_disk, here, entries, size, start] = numbers;
    if disk != 0 || first_disk != 0 || here != entries {
        return Err(unsupported("the zip is one of several volumes"));
    }
    if start.checked_add(size) != Some(directory_end) {
        return Err(broken("its directory isn't where its end says"));
    }
    Ok(Directory { entries, start, length: size })
}

/// Finds the record at the end of a zip, behind which only its comment may stand.
fn find_end(file: &mut (impl Read + Seek), length: u64) -> Result<u64, MemberError> {
    let tail = length.min(LONGEST_COMMENT + END_LENGTH as u64);
    let start = length - tail;
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.by_ref().take(tail).read_to_end(&mut bytes)?;
    let at = bytes
        .windows(END.len())
        .rposition(|bytes| bytes == END)
        .ok_or_else(|| broken("it ends before its directory does"))?;
    let comment = bytes.get(at + 20..at + END_LENGTH).map(number);
    if comment != Some((bytes.len().saturating_sub(at + END_LENGTH)) as u64) {
        return Err(broken("something else follows its end"));
    }
    Ok(start + at as u64)
}

/// Gives what the zip64 form of the end says, which the other form must not contradict, and where it starts.
fn read_zip64_end(
    file: &mut (impl Read + Seek),
    locator: u64,
    said: [(u64, u64); 6],
) -> Result<([u64; 6], u64), MemberError> {
    const DISAGREE: &str = "its two ends disagree";
    let place = Record::<20>::read(file, locator)?;
    let (disk, at, disks) = (place.number(4, 4), place.number(8, 8), place.number(16, 4));
    if disk != 0 || disks > 1 {
        return Err(unsupported("the zip is one of several volumes"));
    }
    // A record of another version could be longer; nothing here would be able to read it.
    if at.checked_add(ZIP64_END_LENGTH as u64) != Some(locator) {
        return Err(broken("its zip64 end isn't where it says"));
    }
    let record = Record::<ZIP64_END_LENGTH>::read(file, at)?;
    if record.0[..4] != *ZIP64_END {
        return Err(broken("its zip64 end isn't where it says"));
    }
    let numbers = [
        record.number(16, 4),
        record.number(20, 4),
        record.number(24, 8),
        record.number(32, 8),
        record.number(40, 8),
        record.number(48, 8),
    ];
    for (number, (short, see_zip64)) in numbers.iter().zip(said) {
        if short != see_zip64 && short != *number {
            return Err(broken(DISAGREE));
        }
    }
    Ok((numbers, at))
}

/// What the directory says of a member.
struct Entry {
    flags: u64,
    method: u64,
    crc: u32,
    packed_size: u64,
    size: u64,
    name: Vec<u8>,
}

impl Entry {
    fn read(file: &mut (impl Read + Seek), directory: &Directory) -> Result<Self, MemberError> {
        let disagree = || broken("its directory has another length than its end says");
        if directory.length < ENTRY_LENGTH as u64 {
            return Err(disagree());
        }
        let record = Record::<ENTRY_LENGTH>::read(file, directory.start)?;
        if record.0[..4] != *DIRECTORY_ENTRY {
            return Err(broken("its directory doesn't begin with an entry"));
        }
        let [name, extra, comment] = [28, 30, 32].map(|at| record.number(at, 2));
        if directory.length != ENTRY_LENGTH as u64 + name + extra + comment {
            return Err(disagree());
        }
        let name = read_bytes(file, name)?;
        let extra = read_bytes(file, extra)?;
        let said = [24, 20, 42].map(|at| (record.number(at, 4), SEE_ZIP64_32));
        let [size, packed_size, start] = with_zip64(said, &extra)?;
        if start != 0 {
            return Err(broken("its member doesn't begin where the zip does"));
        }
        Ok(Self {
            flags: record.number(8, 2),
            method: record.number(10, 2),
            crc: record.number(16, 4) as u32,
            packed_size,
            size,
            name,
        })
    }

    /// Checks that the header before the member says the same, and gives where the member starts.
    fn check_local_header(&self, file: &mut (impl Read + Seek)) -> Result<u64, MemberError> {
        let record = Record::<LOCAL_LENGTH>::read(file, 0)?;
        if record.0[..4] != *LOCAL_HEADER {
            return Err(broken("its member has no header"));
        }
        let disagree = |what| broken(format!("it gives its member's {what} twice, differently"));
        if record.number(6, 2) != self.flags || record.number(8, 2) != self.method {
            return Err(disagree("method"));
        }
        let [name_length, extra_length] = [26, 28].map(|at| record.number(at, 2));
        if read_bytes(file, name_length)? != self.name {
            return Err(disagree("name"));
        }
        let extra = read_bytes(file, extra_length)?;
        if self.flags & HAS_DESCRIPTOR == 0 {
            let said = [22, 18].map(|at| (record.number(at, 4), SEE_ZIP64_32));
            if with_zip64(said, &extra)? != [self.size, self.packed_size] {
                return Err(disagree("size"));
            }
            if record.number(14, 4) != u64::from(self.crc) {
                return Err(disagree("checksum"));
            }
        }
        Ok(LOCAL_LENGTH as u64 + name_length + extra_length)
    }

    /// Checks that the member ends where the directory begins, but for what is said of it behind it.
    fn check_end(
        &self,
        file: &mut (impl Read + Seek),
        start: u64,
        directory: u64,
    ) -> Result<(), MemberError> {
        let end = start.checked_add(self.packed_size).filter(|end| *end <= directory);
        let end = end.ok_or_else(|| broken("its member reaches into its directory"))?;
        let gap = directory - end;
        let is_expected = match self.flags & HAS_DESCRIPTOR {
            0 => gap == 0,
            _ if gap <= 24 => {
                file.seek(SeekFrom::Start(end))?;
                let found = read_bytes(file, gap)?;
                let found = found.strip_prefix(DESCRIPTOR).unwrap_or(&found);
                found == self.descriptor(4) || found == self.descriptor(8)
            }
            _ => false,
        };
        if is_expected { Ok(()) } else { Err(broken("something lies behind its member")) }
    }

    /// Gives what a descriptor with sizes of so many bytes says, without its signature.
    fn descriptor(&self, width: usize) -> Vec<u8> {
        let sizes = [self.packed_size, self.size].map(u64::to_le_bytes);
        [&self.crc.to_le_bytes()[..], &sizes[0][..width], &sizes[1][..width]].concat()
    }
}

fn read_bytes(file: &mut impl Read, length: u64) -> Result<Vec<u8>, MemberError> {
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length {
        Ok(bytes)
    } else {
        Err(broken("it ends before its directory does"))
    }
}

/// Takes numbers that don't fit from the zip64 field, where they stand in this order.
fn with_zip64<const COUNT: usize>(
    said: [(u64, u64); COUNT],
    extra: &[u8],
) -> Result<[u64; COUNT], MemberError> {
    let mut zip64 = zip64_field(extra)?;
    let mut numbers = [0; COUNT];
    for (number, (short, see_zip64)) in numbers.iter_mut().zip(said) {
        *number = short;
        if short == see_zip64 {
            let (first, rest) = zip64
                .split_at_checked(8)
                .ok_or_else(|| broken("a number is missing in its zip64 field"))?;
            *number = self::number(first);
            zip64 = rest;
        }
    }
    Ok(numbers)
}

/// Finds the zip64 field among those of a member; an empty one where it isn't there.
fn zip64_field(mut fields: &[u8]) -> Result<&[u8], MemberError> {
    let mut found: &[u8] = &[];
    // Some writers pad the fields by less than another one would need.
    while let Some((head, rest)) = fields.split_at_checked(4) {
        let length = usize::try_from(number(&head[2..])).unwrap_or(usize::MAX);
        let Some((field, behind)) = rest.split_at_checked(length) else { break };
        if number(&head[..2]) == ZIP64_FIELD {
            if !found.is_empty() {
                return Err(broken("its member has two zip64 fields"));
            }
            found = field;
        }
        fields = behind;
    }
    Ok(found)
}
