//! Numbers and bytes of a zip's records, and errors of reading them.

use std::io;

use crate::error::Fault;
use crate::source::Source;

/// The value of a 16-bit field whose number is in a zip64 record instead.
pub(crate) const SEE_ZIP64_16: u64 = 0xffff;
/// The same for a 32-bit field.
pub(crate) const SEE_ZIP64_32: u64 = 0xffff_ffff;

/// The length of the fixed part of a directory's entry.
pub(crate) const ENTRY_LENGTH: usize = 46;

/// The error of finding the member of a zip.
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

pub(crate) fn broken(reason: impl Into<String>) -> MemberError {
    Fault::BadContainer { container: "zip", reason: reason.into() }.into()
}

pub(crate) fn unsupported(reason: impl Into<String>) -> MemberError {
    Fault::Unsupported { reason: reason.into() }.into()
}

/// The fixed part of a record: little-endian numbers at fixed offsets.
pub(crate) struct Record<const LENGTH: usize>(pub(crate) [u8; LENGTH]);

impl<const LENGTH: usize> Record<LENGTH> {
    pub(crate) fn read(source: &dyn Source, at: u64) -> io::Result<Self> {
        let mut record = [0; LENGTH];
        source.read_exact_at(&mut record, at)?;
        Ok(Self(record))
    }

    pub(crate) fn number(&self, at: usize, length: usize) -> u64 {
        number(&self.0[at..at + length])
    }
}

pub(crate) fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

pub(crate) fn read_bytes(
    source: &dyn Source,
    at: u64,
    length: u64,
) -> Result<Vec<u8>, MemberError> {
    let ends_early = || broken("it is truncated before the end of its directory");
    // Checked before memory is allocated, because the length comes from the file.
    if at.checked_add(length).is_none_or(|end| source.size().is_ok_and(|size| end > size)) {
        return Err(ends_early());
    }
    let mut bytes = vec![0; usize::try_from(length).map_err(|_| ends_early())?];
    match source.read_exact_at(&mut bytes, at) {
        Ok(()) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(ends_early()),
        Err(error) => Err(error.into()),
    }
}
