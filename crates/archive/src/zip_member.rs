//! The one member of a zip archive: found through the zip's directory, checked while it is read.

use std::fs::File;
use std::io::{self, Read};

use zip::CompressionMethod;
use zip::result::ZipError;

use crate::Fault;

/// Where the one member of a zip lies.
pub(crate) struct Member {
    /// Where its bytes start in the file.
    pub(crate) start: u64,
    pub(crate) packed_size: u64,
    pub(crate) deflated: bool,
    size: u64,
    crc: u32,
}

/// Finds the member of a zip that holds just one.
pub(crate) fn find_member(file: File) -> Result<(Member, File), Fault> {
    let mut archive = zip::ZipArchive::new(file).map_err(unreadable)?;
    let members = archive.len();
    if members != 1 {
        return Err(Fault::not_an_image(format!(
            "the zip has {} members instead of one",
            if members == 0 { "no".to_owned() } else { members.to_string() }
        )));
    }
    let entry = archive.by_index_raw(0).map_err(unreadable)?;
    if entry.is_dir() {
        return Err(Fault::not_an_image("the zip's one member is a folder"));
    }
    if entry.encrypted() {
        return Err(Fault::not_an_image("the zip's member is encrypted"));
    }
    let deflated = match entry.compression() {
        CompressionMethod::Deflated => true,
        CompressionMethod::Stored => false,
        other => {
            return Err(Fault::Unsupported {
                reason: format!(
                    "the zip's member is packed by {other}; stored and deflate are read"
                ),
            });
        }
    };
    let member = Member {
        start: entry.data_start().ok_or_else(|| unreadable(ZipError::FileNotFound))?,
        packed_size: entry.compressed_size(),
        deflated,
        size: entry.size(),
        crc: entry.crc32(),
    };
    drop(entry);
    Ok((member, archive.into_inner()))
}

fn unreadable(error: ZipError) -> Fault {
    Fault::BadContainer { container: "zip", reason: error.to_string() }
}

/// Checks size and checksum of a member as its content is read.
pub(crate) struct MemberCheck {
    left: u64,
    expected_crc: u32,
    crc: crc32fast::Hasher,
}

impl MemberCheck {
    pub(crate) fn new(member: &Member) -> Self {
        Self { left: member.size, expected_crc: member.crc, crc: crc32fast::Hasher::new() }
    }

    pub(crate) fn read(&mut self, content: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
        let count = content.read(buffer)?;
        self.crc.update(&buffer[..count]);
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| io::Error::other("its member is longer than the zip says"))?;
        if count == 0 && !buffer.is_empty() {
            if self.left > 0 {
                return Err(io::Error::other("its member is shorter than the zip says"));
            }
            if self.crc.clone().finalize() != self.expected_crc {
                return Err(io::Error::other("its member has another checksum than the zip says"));
            }
        }
        Ok(count)
    }
}
