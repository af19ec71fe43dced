//! The only member of a zip, and the checks of its content while it is read.

use std::io::{self, Read};

/// The only member of a zip.
pub(crate) struct Member {
    pub(crate) name: String,
    /// Offset of its packed bytes in the file.
    pub(crate) start: u64,
    pub(crate) packed_size: u64,
    pub(crate) deflated: bool,
    pub(crate) size: u64,
    pub(crate) crc: u32,
    /// The CRC-32 of the packed bytes, if the zip states it.
    pub(crate) packed_crc: Option<u32>,
}

/// A reader of a member's packed bytes that computes their CRC-32.
pub(crate) struct Packed<R> {
    bytes: R,
    crc: crc32fast::Hasher,
}

impl<R> Packed<R> {
    pub(crate) fn new(bytes: R) -> Self {
        Self { bytes, crc: crc32fast::Hasher::new() }
    }

    pub(crate) fn crc(&self) -> u32 {
        self.crc.clone().finalize()
    }

    pub(crate) fn into_inner(self) -> R {
        self.bytes
    }
}

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.crc.update(&buffer[..count]);
        Ok(count)
    }
}

/// Checks the size and the CRC-32 of a member while its content is read.
pub(crate) struct MemberCheck {
    left: u64,
    packed_size: u64,
    packed_crc: Option<u32>,
    expected_crc: u32,
    crc: crc32fast::Hasher,
}

impl MemberCheck {
    pub(crate) fn new(member: &Member) -> Self {
        Self {
            left: member.size,
            packed_size: member.packed_size,
            packed_crc: member.packed_crc,
            expected_crc: member.crc,
            crc: crc32fast::Hasher::new(),
        }
    }

    pub(crate) fn read(&mut self, content: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
        let count = content.read(buffer)?;
        self.crc.update(&buffer[..count]);
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| io::Error::other("its member is longer than the zip states"))?;
        if count == 0 && !buffer.is_empty() {
            if self.left > 0 {
                return Err(io::Error::other("its member is shorter than the zip states"));
            }
            if self.crc.clone().finalize() != self.expected_crc {
                return Err(io::Error::other(
                    "its member does not have the checksum that the zip states",
                ));
            }
        }
        Ok(count)
    }

    /// Checks the number of packed bytes up to the end of the content, and their CRC-32.
    pub(crate) fn ended_at(&self, packed_bytes: u64, packed_crc: u32) -> io::Result<usize> {
        if packed_bytes != self.packed_size {
            return Err(io::Error::other("its member continues after its content"));
        }
        match self.packed_crc {
            Some(expected) if expected != packed_crc => Err(io::Error::other(
                "its packed member does not have the checksum that the zip states",
            )),
            _ => Ok(0),
        }
    }
}
