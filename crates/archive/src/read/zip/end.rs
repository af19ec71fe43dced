//! The end of a zip, which states where its directory is.

use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};

use crate::read::zip::record::{
    ENTRY_LENGTH, MemberError, Record, SEE_ZIP64_16, SEE_ZIP64_32, broken, number, read_bytes,
    unsupported,
};
use crate::source::{Source, SourceReader};
use crate::zip_signature::{DIRECTORY_ENTRY, END, LOCAL_HEADER, ZIP64_END, ZIP64_LOCATOR};

const END_LENGTH: usize = 22;
const LOCATOR_LENGTH: u64 = 20;
const ZIP64_END_LENGTH: usize = 56;
/// The maximum length of a comment, which is a 16-bit number.
const LONGEST_COMMENT: u64 = 0xffff;

/// The position of the directory and the number of its entries.
pub(crate) struct Directory {
    pub(crate) entries: u64,
    pub(crate) start: u64,
    pub(crate) length: u64,
}

impl Directory {
    /// Checks that the directory consists of exactly as many entries as the end record states.
    pub(crate) fn check_length(&self, source: &dyn Source) -> Result<(), MemberError> {
        let disagree = || broken("its directory does not have the length that its end states");
        let mut directory = SourceReader::new(source);
        directory.seek(SeekFrom::Start(self.start))?;
        let mut directory = BufReader::new(directory.take(self.length));
        let (mut left, mut entries) = (self.length, 0_u64);
        while left > 0 {
            let mut record = [0; ENTRY_LENGTH];
            if left < ENTRY_LENGTH as u64 {
                return Err(disagree());
            }
            directory.read_exact(&mut record)?;
            if record[..4] != *DIRECTORY_ENTRY {
                return Err(match entries {
                    0 => broken("its directory does not start with an entry"),
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

pub(crate) fn find_directory(source: &dyn Source) -> Result<Directory, MemberError> {
    let length = source.size()?;
    let end = find_end(source, length)?;
    let record = Record::<END_LENGTH>::read(source, end)?;
    // The numbers of this disk and of the directory's first disk, then the numbers of entries on
    // this disk and on all disks.
    let [disk, first_disk, here, entries] =
        [4, 6, 8, 10].map(|at| (record.number(at, 2), SEE_ZIP64_16));
    let [size, start] = [12, 16].map(|at| (record.number(at, 4), SEE_ZIP64_32));
    let said = [disk, first_disk, here, entries, size, start];
    let locator = end.checked_sub(LOCATOR_LENGTH);
    let (numbers, directory_end) = match locator {
        Some(locator) if Record::<4>::read(source, locator)?.0 == *ZIP64_LOCATOR => {
            read_zip64_end(source, locator, said)?
        }
        _ => (said.map(|(number, _)| number), end),
    };
    let [disk, first_disk, here, entries, size, start] = numbers;
    let is_here = start.checked_add(size) == Some(directory_end);
    if disk != 0 || first_disk != 0 || here != entries {
        // A file that starts with a local header and contains the complete directory is not the
        // last of several volumes, so the numbers are damaged.
        return Err(match is_here && Record::<4>::read(source, 0)?.0 == *LOCAL_HEADER {
            true => broken("its end states different numbers of volumes or members"),
            false => unsupported("the zip is one of several volumes"),
        });
    }
    if !is_here {
        return Err(broken("its directory is not where its end states"));
    }
    Ok(Directory { entries, start, length: size })
}

/// Returns the offset of the end record of a zip, which only a comment may follow.
fn find_end(source: &dyn Source, length: u64) -> Result<u64, MemberError> {
    // Almost all zips have no comment, and then these bytes are enough. Of a remote file, others
    // may not be fetched yet.
    if let Some(at) = length.checked_sub(END_LENGTH as u64) {
        let bytes = read_bytes(source, at, END_LENGTH as u64)?;
        let found = bytes.windows(END.len()).rposition(|bytes| bytes == END);
        if found == Some(0) && bytes.ends_with(&[0, 0]) {
            return Ok(at);
        }
    }
    let tail = length.min(LONGEST_COMMENT + END_LENGTH as u64);
    let start = length - tail;
    let bytes = read_bytes(source, start, tail)?;
    let at = bytes
        .windows(END.len())
        .rposition(|bytes| bytes == END)
        .ok_or_else(|| broken("it is truncated before the end of its directory"))?;
    let comment = bytes.get(at + 20..at + END_LENGTH).map(number);
    if comment != Some((bytes.len().saturating_sub(at + END_LENGTH)) as u64) {
        return Err(broken("something else follows its end"));
    }
    Ok(start + at as u64)
}

/// Returns the numbers of the zip64 end record, and its offset. The short end record must not
/// contradict them: each of its fields, in `said`, has the same number or refers to zip64.
fn read_zip64_end(
    source: &dyn Source,
    locator: u64,
    said: [(u64, u64); 6],
) -> Result<([u64; 6], u64), MemberError> {
    const DISAGREE: &str = "its end and its zip64 end state different numbers";
    let place = Record::<20>::read(source, locator)?;
    let (disk, at, disks) = (place.number(4, 4), place.number(8, 8), place.number(16, 4));
    if disk != 0 || disks > 1 {
        return Err(unsupported("the zip is one of several volumes"));
    }
    // A later version of the format could have a longer record, which would not be understood here.
    if at.checked_add(ZIP64_END_LENGTH as u64) != Some(locator) {
        return Err(broken("its zip64 end is not where its locator states"));
    }
    let record = Record::<ZIP64_END_LENGTH>::read(source, at)?;
    if record.0[..4] != *ZIP64_END {
        return Err(broken("its zip64 end is not where its locator states"));
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
