//! What is around the tar of an archive, recognized by the first and the last bytes of the file.

use std::io::{self, Read, Seek, SeekFrom};

use crate::read::plain::Container;
use crate::read::plain::read_up_to;
use crate::verify::tar_header::{BLOCK, resembles_tar_header};
use crate::zip_signature::{END, LOCAL_HEADER};

const ZIP_END_LENGTH: usize = 22;
/// The end of a zip, with the longest comment that it can have.
const ZIP_TAIL: u64 = 0xffff + ZIP_END_LENGTH as u64;

/// How compressed files begin.
const MAGICS: [(Container, &[u8]); 5] = [
    (Container::Zip, LOCAL_HEADER),
    (Container::Gzip, &[0x1f, 0x8b, 8]),
    (Container::Zstd, &[0x28, 0xb5, 0x2f, 0xfd]),
    (Container::Xz, &[0xfd, b'7', b'z', b'X', b'Z', 0]),
    (Container::Bzip2, b"BZh91AY&SY"),
];

/// Recognizes the container, also if a bit of its beginning is damaged: then reading it tells.
pub(crate) fn detect(file: &mut (impl Read + Seek)) -> io::Result<Container> {
    let mut head = [0; BLOCK];
    let length = read_up_to(file, &mut head)?;
    let head = &head;
    Ok(match &head[..length] {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Container::Zip,
        [0x1f, 0x8b, ..] => Container::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Container::Zstd,
        // A frame to be passed over, which may stand before the others.
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Container::Zstd,
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Container::Xz,
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Container::Bzip2,
        _ if resembles_tar_header(head) => Container::Tar,
        _ if ends_like_zip(file)? => Container::Zip,
        short => {
            let is_near = |(_, magic): &&(Container, &[u8])| {
                short.len() >= magic.len() && flipped_bits(short, magic) <= 1
            };
            MAGICS.iter().find(is_near).map_or(Container::Tar, |(container, _)| *container)
        }
    })
}

fn flipped_bits(bytes: &[u8], magic: &[u8]) -> u32 {
    bytes.iter().zip(magic).map(|(left, right)| (left ^ right).count_ones()).sum()
}

/// A zip is read from its end, so a damaged beginning doesn't make it something else.
fn ends_like_zip(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(ZIP_TAIL)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let Some(at) = tail.windows(END.len()).rposition(|bytes| bytes == END) else {
        return Ok(false);
    };
    let comment = tail.get(at + 20..at + ZIP_END_LENGTH).map(|bytes| [bytes[0], bytes[1]]);
    let rest = tail.len().checked_sub(at + ZIP_END_LENGTH);
    Ok(comment.is_some_and(|length| Some(usize::from(u16::from_le_bytes(length))) == rest))
}

/// Returns `true` if a file consists of blocks of which the last two are zeros.
pub(crate) fn ends_like_tar(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    const MARKER: u64 = 2 * BLOCK as u64;
    let length = file.seek(SeekFrom::End(0))?;
    if length <= MARKER || length % BLOCK as u64 != 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::Start(length - MARKER))?;
    let mut marker = [0xff; MARKER as usize];
    read_up_to(file, &mut marker)?;
    Ok(marker == [0; MARKER as usize])
}
