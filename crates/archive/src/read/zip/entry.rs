//! The directory's entry for the one member, and the header before it.

use crate::read::zip::end::Directory;
use crate::read::zip::extra::{times_agree, with_zip64};
use crate::read::zip::record::{
    ENTRY_LENGTH, MemberError, Record, SEE_ZIP64_32, broken, read_bytes,
};
use crate::source::Source;
use crate::zip_signature::{DESCRIPTOR, LOCAL_HEADER};

const LOCAL_LENGTH: usize = 30;

/// The sizes and the checksum follow the member.
const HAS_DESCRIPTOR: u64 = 1 << 3;
pub(crate) const IS_PATCH: u64 = 1 << 5;
/// Encrypted, strongly, or with its directory.
pub(crate) const IS_ENCRYPTED: u64 = 1 | 1 << 6 | 1 << 13;

/// The versions that a reader of what is stored or deflated may need: each of them differs from the
/// others by more than a bit.
const VERSIONS: [u64; 3] = [10, 20, 45];

pub(crate) const STORED: u64 = 0;
pub(crate) const DEFLATED: u64 = 8;

/// What the directory says of a member.
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

    /// Checks that the header before the member states the same, and returns where the member
    /// starts.
    pub(crate) fn check_local_header(&mut self, source: &dyn Source) -> Result<u64, MemberError> {
        let record = Record::<LOCAL_LENGTH>::read(source, 0)?;
        if record.0[..4] != *LOCAL_HEADER {
            return Err(broken("its member has no header"));
        }
        let disagree = |what| broken(format!("it states its member's {what} twice, differently"));
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
    pub(crate) fn is_special_file(&self) -> bool {
        /// The system by which Unix's modes are recognized.
        const UNIX: u64 = 3;
        let kind = self.attributes >> 16 & 0o170_000;
        self.made_on == UNIX && kind != 0 && kind != 0o100_000
    }

    /// Checks that the directory follows the member, with at most a descriptor of it in between.
    pub(crate) fn check_end(
        &self,
        source: &dyn Source,
        start: u64,
        directory: u64,
    ) -> Result<(), MemberError> {
        let end = start.checked_add(self.packed_size).filter(|end| *end <= directory);
        let end = end.ok_or_else(|| broken("its member reaches into its directory"))?;
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

    /// Returns the descriptor with sizes of so many bytes, without its signature.
    fn descriptor(&self, width: usize) -> Vec<u8> {
        let sizes = [self.packed_size, self.size].map(u64::to_le_bytes);
        [&self.crc.to_le_bytes()[..], &sizes[0][..width], &sizes[1][..width]].concat()
    }
}
