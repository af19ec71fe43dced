//! Verification of the checksum that sealift writes into a tar.

use crate::error::Fault;
use crate::verify::tar_entry::{checksum_record, is_checksum};
use crate::verify::tar_header::BLOCK;

/// The CRC-32 of the bytes that were read, without the header that contains the checksum, and the
/// checksum in that header.
pub(crate) struct Checksum {
    crc: crc32fast::Hasher,
    /// Whether the current header is the one with the checksum.
    in_record: bool,
    record: Option<Vec<u8>>,
}

impl Checksum {
    pub(crate) fn new() -> Self {
        Self { crc: crc32fast::Hasher::new(), in_record: false, record: None }
    }

    /// Processes the first block of a header.
    pub(crate) fn header(&mut self, block: &[u8; BLOCK]) {
        self.in_record = is_checksum(block);
        self.update(block);
    }

    /// Returns `true` between the header that contains the checksum and the next header.
    pub(crate) fn is_in_record(&self) -> bool {
        self.in_record
    }

    /// Processes bytes that follow a header.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        if !self.in_record {
            self.crc.update(bytes);
        }
    }

    /// Processes the complete content of an extension header.
    pub(crate) fn extension(&mut self, content: &[u8]) -> Result<(), Fault> {
        match self.in_record && self.record.replace(content.to_vec()).is_some() {
            true => Err(Fault::Checksum),
            false => Ok(()),
        }
    }

    /// Compares the checksum with the one in the archive, if it has one.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        match &self.record {
            Some(record) if *record != checksum_record(self.crc.clone().finalize()) => {
                Err(Fault::Checksum)
            }
            _ => Ok(()),
        }
    }
}
