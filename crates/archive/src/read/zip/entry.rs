//! The two descriptions of a zip's member: its entry in the directory, and its local header.

use crate::read::zip::end::Directory;
use crate::read::zip::extra::{times_agree, with_zip64};
use crate::read::zip::record::{
    ENTRY_LENGTH, MemberError, Record, SEE_ZIP64_32, broken, read_bytes,
};
use crate::source::Source;
use crate::zip_signature::{DESCRIPTOR, LOCAL_HEADER};

const LOCAL_LENGTH: usize = 30;

/// The flag of a member whose sizes and checksum follow it.
const HAS_DESCRIPTOR: u64 = 1 << 3;
pub(crate) const IS_PATCH: u64 = 1 << 5;
/// The flags of encryption, of strong encryption, and of an encrypted directory.
pub(crate) const IS_ENCRYPTED: u64 = 1 | 1 << 6 | 1 << 13;

/// The versions that can be needed to extract a stored or deflated member. They differ from each
/// other in more than one bit, so that no flipped bit turns one into another.
const VERSIONS: [u64; 3] = [10, 20, 45];

pub(crate) const STORED: u64 = 0;
pub(crate) const DEFLATED: u64 = 8;

/// The directory's entry of a member.
pub(crate) struct DirectoryEntry {
    pub(crate) record: Record<ENTRY_LENGTH>,
    pub(crate) flags: u64,
    pub(crate) method: u64,
    pub(crate) crc: u32,
    pub(crate) packed_size: u64,
    pub(crate) size: u64,
    pub(crate) name: Vec<u8>,
    pub(crate) extra: Vec<u8>,
    pub(crate) local_extra_length: u64,
    pub(crate) made_on: u64,
    pub(crate) attributes: u64,
}

impl DirectoryEntry {
    pub(crate) fn read(source: &dyn Source, directory: &Directory) -> Result<Self, MemberError> {
        let record = Record::<ENTRY_LENGTH>::read(source, directory.start)?;
        let [name, extra] = [28, 30].map(|at| record.number(at, 2));
        let after = directory.start + ENTRY_LENGTH as u64;
        let (name, extra) =
            (read_bytes(source, after, name)?, read_bytes(source, after + name, extra)?);
        let said = [24, 20, 42].map(|at| (record.number(at, 4), SEE_ZIP64_32));
        let [size, packed_size, start] = with_zip64(said, &extra)?;
        if start != 0 || record.number(34, 2) != 0 {
            return Err(broken("its member does not start at the start of the zip"));
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

    /// Checks that the local header agrees with the entry, and returns the offset of the member's
    /// packed bytes.
    pub(crate) fn check_local_header(&mut self, source: &dyn Source) -> Result<u64, MemberError> {
        let record = Record::<LOCAL_LENGTH>::read(source, 0)?;
        if record.0[..4] != *LOCAL_HEADER {
            return Err(broken("its member has no header"));
        }
        let disagree =
            |what| broken(format!("its two headers state different values for the {what}"));
        let in_directory = &self.record;
        let same =
            |at: usize, length| record.number(at, length) == in_directory.number(at + 2, length);
        if !same(6, 2) || !same(8, 2) {
            return Err(disagree("method"));
        }
        if !same(10, 4) {
            return Err(disagree("time"));
        }
        // Some writers state a higher version only in the directory, because the sizes are not
        // known earlier. The versions may therefore differ.
        let [needs, directory_needs] = [record.number(4, 2), in_directory.number(6, 2)];
        let is_plain = matches!(self.method, STORED | DEFLATED) && self.flags & IS_ENCRYPTED == 0;
        if is_plain && !(VERSIONS.contains(&needs) && VERSIONS.contains(&directory_needs)) {
            return Err(disagree("version"));
        }
        let [name_length, extra_length] = [26, 28].map(|at| record.number(at, 2));
        let after = LOCAL_LENGTH as u64;
        if read_bytes(source, after, name_length)? != self.name {
            return Err(disagree("name"));
        }
        let extra = read_bytes(source, after + name_length, extra_length)?;
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
            // The checksum and the sizes follow the member. Here they are zero or correct, or the
            // sizes are in the zip64 field.
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

    /// Returns `true` if the member unpacks to something other than a regular file.
    pub(crate) fn is_special_file(&self) -> bool {
        /// The system on which a member with a Unix mode was made.
        const UNIX: u64 = 3;
        let kind = self.attributes >> 16 & 0o170_000;
        self.made_on == UNIX && kind != 0 && kind != 0o100_000
    }

    /// Checks that only the member's descriptor, if it has one, is between the member and the
    /// directory.
    pub(crate) fn check_end(
        &self,
        source: &dyn Source,
        start: u64,
        directory: u64,
    ) -> Result<(), MemberError> {
        let end = start.checked_add(self.packed_size).filter(|end| *end <= directory);
        let end = end.ok_or_else(|| broken("its member overlaps its directory"))?;
        let gap = directory - end;
        let is_expected = match self.flags & HAS_DESCRIPTOR {
            0 => gap == 0,
            _ if gap <= 24 => {
                let found = read_bytes(source, end, gap)?;
                let found = found.strip_prefix(DESCRIPTOR).unwrap_or(&found);
                found == self.descriptor(4) || found == self.descriptor(8)
            }
            _ => false,
        };
        if is_expected { Ok(()) } else { Err(broken("there is other data after its member")) }
    }

    /// Returns the member's descriptor without its signature. Each size has `width` bytes.
    fn descriptor(&self, width: usize) -> Vec<u8> {
        let sizes = [self.packed_size, self.size].map(u64::to_le_bytes);
        [&self.crc.to_le_bytes()[..], &sizes[0][..width], &sizes[1][..width]].concat()
    }
}
