//! Finds the one member of a zip through the zip's directory.
//!
//! It is stricter than most readers of zips: a zip is accepted only if a reader that goes by the directory and
//! one that goes through the file from its start find the same member, and nothing lies between its parts. So
//! nobody can be shown another archive than the one that was verified.
//!
//! The same strictness finds damage: what the zip states twice has to agree, and what it states once has
//! to make sense. A zip is something else than an archive of an image only if all of that holds; if not,
//! it is damaged. Of a zip that sealift wrote, every byte around the member is known.
//!
//! The zip crate is not used for this. It allocates memory for as many entries as a directory claims
//! and the file could hold, but one entry is enough to decide, and it reads a zip by the directory only.
//!
//! Source of the form: PKWARE's APPNOTE.TXT 6.3.10, 4.3 (records), 4.4 (fields) and 4.5.3 (zip64).

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use crate::error::Fault;
use crate::read::zip_member::Member;
use crate::write::zip::{NAME_IS_UTF8, NO_DATE, Numbers, directory_entry, end, local_header};
use crate::zip_signature::{
    DESCRIPTOR, DIRECTORY_ENTRY, END, LOCAL_HEADER, PACKED_CRC_FIELD, ZIP64_END, ZIP64_LOCATOR,
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

/// The versions that a reader of what is stored or deflated may need: each of them differs from the others
/// by more than a bit.
const VERSIONS: [u64; 3] = [10, 20, 45];

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
    directory.check_length(file)?;
    if directory.entries != 1 {
        let count = match directory.entries {
            0 => "no".to_owned(),
            count => count.to_string(),
        };
        return Err(
            Fault::not_an_image(format!("the zip has {count} members instead of one")).into()
        );
    }
    let mut entry = Entry::read(file, &directory)?;
    let start = entry.check_local_header(file)?;
    entry.check_end(file, start, directory.start)?;
    check_as_written(file, &entry, start, &directory)?;
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
    if entry.is_special_file() {
        return Err(unsupported("the zip's member is a link or a device"));
    }
    Ok(Member {
        name: String::from_utf8_lossy(&entry.name).into_owned(),
        start,
        packed_size: entry.packed_size,
        deflated,
        size: entry.size,
        crc: entry.crc,
        packed_crc: packed_crc(&entry.extra),
    })
}

/// Checks a zip that looks as if sealift wrote it against what sealift writes, byte by byte. A few bytes
/// that differ are damage; if many do, another program wrote it.
fn check_as_written(
    file: &mut (impl Read + Seek),
    entry: &Entry,
    start: u64,
    directory: &Directory,
) -> Result<(), MemberError> {
    const FEW: usize = 8;
    // What both headers state alike is not damaged.
    let is_like_ours = entry.method == DEFLATED
        && entry.flags == u64::from(NAME_IS_UTF8)
        && entry.record.number(12, 4) == u64::from(NO_DATE) << 16;
    // Both have the zip64 field, and the directory may have the checksum of the packed bytes.
    if !is_like_ours || entry.local_extra_length != 20 || !matches!(entry.extra.len(), 20 | 28) {
        return Ok(());
    }
    let packed_crc = entry.extra.get(24..28).map(|crc| number(crc) as u32);
    let Entry { crc, size, packed_size, .. } = *entry;
    let numbers = Numbers { crc, size, packed_size, packed_crc };
    let expected = [
        local_header(&entry.name, &numbers)?,
        directory_entry(&entry.name, &numbers)?,
        end(directory.start, directory.length),
    ]
    .concat();
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let mut found = read_bytes(file, start)?;
    file.seek(SeekFrom::Start(directory.start))?;
    found.extend(read_bytes(file, (length - directory.start).min(expected.len() as u64 + 1))?);
    let differing =
        expected.iter().zip(&found).filter(|(expected, found)| expected != found).count();
    if differing > FEW || (differing == 0 && expected.len() == found.len()) {
        return Ok(());
    }
    Err(broken("the fields around its member are not those that were written"))
}

/// Where the directory lies, and how much it holds.
struct Directory {
    entries: u64,
    start: u64,
    length: u64,
}

impl Directory {
    /// Checks that the directory holds as many entries as its end says, and nothing else.
    fn check_length(&self, file: &mut (impl Read + Seek)) -> Result<(), MemberError> {
        let disagree = || broken("its directory has another length than its end says");
        file.seek(SeekFrom::Start(self.start))?;
        let mut directory = BufReader::new(file.by_ref().take(self.length));
        let (mut left, mut entries) = (self.length, 0_u64);
        while left > 0 {
            let mut record = [0; ENTRY_LENGTH];
            if left < ENTRY_LENGTH as u64 {
                return Err(disagree());
            }
            directory.read_exact(&mut record)?;
            if record[..4] != *DIRECTORY_ENTRY {
                return Err(match entries {
                    0 => broken("its directory doesn't begin with an entry"),
                    _ => disagree(),
                });
            }
            let rest: u64 = [28, 30, 32].map(|at| number(&record[at..at + 2])).iter().sum();
            left = left.checked_sub(ENTRY_LENGTH as u64 + rest).ok_or_else(disagree)?;
            io::copy(&mut directory.by_ref().take(rest), &mut io::sink())?;
            entries += 1;
        }
        if entries == self.entries { Ok(()) } else { Err(disagree()) }
    }
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
    let is_here = start.checked_add(size) == Some(directory_end);
    if disk != 0 || first_disk != 0 || here != entries {
        // What begins as a zip does and has its directory is not the last of several volumes.
        return Err(match is_here && Record::<4>::read(file, 0)?.0 == *LOCAL_HEADER {
            true => broken("its end counts volumes or members twice, differently"),
            false => unsupported("the zip is one of several volumes"),
        });
    }
    if !is_here {
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
    record: Record<ENTRY_LENGTH>,
    flags: u64,
    method: u64,
    crc: u32,
    packed_size: u64,
    size: u64,
    name: Vec<u8>,
    extra: Vec<u8>,
    local_extra_length: u64,
    made_on: u64,
    attributes: u64,
}

impl Entry {
    fn read(file: &mut (impl Read + Seek), directory: &Directory) -> Result<Self, MemberError> {
        let record = Record::<ENTRY_LENGTH>::read(file, directory.start)?;
        let [name, extra] = [28, 30].map(|at| record.number(at, 2));
        let name = read_bytes(file, name)?;
        let extra = read_bytes(file, extra)?;
        let said = [24, 20, 42].map(|at| (record.number(at, 4), SEE_ZIP64_32));
        let [size, packed_size, start] = with_zip64(said, &extra)?;
        if start != 0 || record.number(34, 2) != 0 {
            return Err(broken("its member doesn't begin where the zip does"));
        }
        let [flags, method] = [8, 10].map(|at| record.number(at, 2));
        Ok(Self {
            flags,
            method,
            crc: record.number(16, 4) as u32,
            packed_size,
            size,
            name,
            extra,
            local_extra_length: 0,
            made_on: record.number(5, 1),
            attributes: record.number(38, 4),
            record,
        })
    }

    /// Checks that the header before the member says the same, and gives where the member starts.
    fn check_local_header(&mut self, file: &mut (impl Read + Seek)) -> Result<u64, MemberError> {
        let record = Record::<LOCAL_LENGTH>::read(file, 0)?;
        if record.0[..4] != *LOCAL_HEADER {
            return Err(broken("its member has no header"));
        }
        let disagree = |what| broken(format!("it gives its member's {what} twice, differently"));
        let in_directory = &self.record;
        let same =
            |at: usize, length| record.number(at, length) == in_directory.number(at + 2, length);
        if !same(6, 2) || !same(8, 2) {
            return Err(disagree("method"));
        }
        if !same(10, 4) {
            return Err(disagree("time"));
        }
        // Some writers ask for more only in the directory, where they know the sizes.
        let [needs, directory_needs] = [record.number(4, 2), in_directory.number(6, 2)];
        let is_plain = matches!(self.method, STORED | DEFLATED) && self.flags & IS_ENCRYPTED == 0;
        if is_plain && !(VERSIONS.contains(&needs) && VERSIONS.contains(&directory_needs)) {
            return Err(disagree("version"));
        }
        let [name_length, extra_length] = [26, 28].map(|at| record.number(at, 2));
        if read_bytes(file, name_length)? != self.name {
            return Err(disagree("name"));
        }
        let extra = read_bytes(file, extra_length)?;
        self.local_extra_length = extra_length;
        if !times_agree(&extra, &self.extra) {
            return Err(disagree("time"));
        }
        if self.flags & HAS_DESCRIPTOR == 0 {
            let said = [22, 18].map(|at| (record.number(at, 4), SEE_ZIP64_32));
            if with_zip64(said, &extra)? != [self.size, self.packed_size] {
                return Err(disagree("size"));
            }
            if record.number(14, 4) != u64::from(self.crc) {
                return Err(disagree("checksum"));
            }
        } else {
            // They follow the member; here they are zero, or what they are, or in the zip64 field.
            let crc = [0, u64::from(self.crc)].contains(&record.number(14, 4));
            let sizes = [(18, self.packed_size), (22, self.size)]
                .into_iter()
                .all(|(at, size)| [0, size, SEE_ZIP64_32].contains(&record.number(at, 4)));
            if !crc || !sizes {
                return Err(disagree("size"));
            }
        }
        Ok(LOCAL_LENGTH as u64 + name_length + extra_length)
    }

    /// Returns `true` if the member unpacks to something else than a file.
    fn is_special_file(&self) -> bool {
        /// The system by which Unix's modes are recognized.
        const UNIX: u64 = 3;
        let kind = self.attributes >> 16 & 0o170_000;
        self.made_on == UNIX && kind != 0 && kind != 0o100_000
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

/// Returns the checksum of the packed bytes, if the directory's entry states it.
fn packed_crc(extra: &[u8]) -> Option<u32> {
    let (_, field) = fields(extra).find(|(id, _)| *id == u64::from(PACKED_CRC_FIELD))?;
    (field.len() == 4).then(|| number(field) as u32)
}

/// Returns `false` if the fields with Info-ZIP's time of modification disagree, before the member and in
/// the directory.
fn times_agree(local: &[u8], directory: &[u8]) -> bool {
    const TIMES: u64 = 0x5455;
    let time = |extra| {
        let (_, field) = fields(extra).find(|(id, _)| *id == TIMES)?;
        // The first byte states which times follow, the first of which is that of modification.
        (field.first()? & 1 == 1).then(|| field.get(1..5)).flatten()
    };
    match (time(local), time(directory)) {
        (Some(local), Some(directory)) => local == directory,
        _ => true,
    }
}

/// Returns the fields of a member with their numbers.
fn fields(mut extra: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    // Some writers pad the fields by less than another one would need.
    std::iter::from_fn(move || {
        let (head, rest) = extra.split_at_checked(4)?;
        let length = usize::try_from(number(&head[2..])).ok()?;
        let (field, behind) = rest.split_at_checked(length)?;
        extra = behind;
        Some((number(&head[..2]), field))
    })
}

/// Finds the zip64 field among those of a member; an empty one where it isn't there.
fn zip64_field(extra: &[u8]) -> Result<&[u8], MemberError> {
    let mut found = fields(extra).filter(|(id, _)| *id == ZIP64_FIELD).map(|(_, field)| field);
    let first = found.next().unwrap_or_default();
    match found.next() {
        Some(_) => Err(broken("its member has two zip64 fields")),
        None => Ok(first),
    }
}
