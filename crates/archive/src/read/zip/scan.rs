//! Finds the independent deflate blocks of a zip by inflating it once.
//!
//! A deflate stream consists of parts, which RFC 1951 calls blocks. A part may refer to content that is
//! up to 32 KiB before it, so that most streams can only be read from their start. A stream of sealift's
//! can be read from other places: every 256 KiB of content begin anew, after a stored part, which
//! ends on a byte. So the scan inflates each piece into a buffer of its own. What refers to earlier
//! content fails there, and shows that the stream is another writer's.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use crate::block_table::BlockTable;
use crate::read::zip::inflate::{MAX_PACKED, MAX_PLAIN};
use crate::read::zip::member::Member;
use crate::read::zip::record::{MemberError, broken};
use crate::source::Source;

const IN_PARTS: u32 = TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;

/// Returns the blocks of a deflated member, or `None` if they depend on each other.
pub(crate) fn scan(
    source: &dyn Source,
    member: &Member,
) -> Result<Option<BlockTable>, MemberError> {
    let mut table = BlockTable::new(member.start);
    let mut packed = vec![0; MAX_PACKED];
    let mut content = vec![0; MAX_PLAIN];
    let (mut offset, mut plain_size) = (0, 0);
    let mut crc = crc32fast::Hasher::new();
    loop {
        let left = member.packed_size - offset;
        let window = &mut packed[..usize::try_from(left).unwrap_or(MAX_PACKED).min(MAX_PACKED)];
        source.read_exact_at(window, member.start + offset)?;
        let Some(piece) = first_piece(window, &mut content) else { return Ok(None) };
        crc.update(&content[..piece.plain]);
        offset += piece.packed as u64;
        plain_size += piece.plain as u64;
        if piece.plain > 0 {
            table.push(piece.packed as u32, piece.plain as u32);
        }
        if piece.is_last {
            break;
        }
    }
    let is_whole = offset == member.packed_size && plain_size == member.size;
    if !is_whole || crc.finalize() != member.crc {
        return Err(broken("its member is not what the zip's directory describes"));
    }
    Ok(Some(table))
}

/// The lengths of a piece that can be inflated by itself.
#[derive(Clone, Copy)]
struct IndependentPiece {
    packed: usize,
    plain: usize,
    /// The stream ends with it.
    is_last: bool,
}

/// Returns the longest piece at the start of the packed bytes that can be inflated by itself.
fn first_piece(packed: &[u8], content: &mut [u8]) -> Option<IndependentPiece> {
    let mut inflater = Box::<DecompressorOxide>::default();
    let (mut read, mut written, mut bit) = (0, 0, 0);
    let mut longest = None;
    loop {
        // The two bits after the first one of a part are its kind.
        let is_stored = [bit + 1, bit + 2]
            .iter()
            .all(|bit| packed.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 0));
        let (status, taken, given) =
            decompress(&mut inflater, &packed[read..], content, written, IN_PARTS);
        read += taken;
        let before = written;
        written += given;
        match status {
            TINFLStatus::BlockBoundary => {
                let unused_bits = inflater.block_boundary_state()?.num_bits;
                bit = (read * 8).checked_sub(usize::from(unused_bits))?;
                if is_stored && bit % 8 == 0 {
                    longest =
                        Some(IndependentPiece { packed: bit / 8, plain: written, is_last: false });
                }
            }
            // An end without content does not belong to the piece before it.
            TINFLStatus::Done if written == before && longest.is_some() && written > 0 => {
                return longest;
            }
            TINFLStatus::Done => {
                return Some(IndependentPiece { packed: read, plain: written, is_last: true });
            }
            _ => return longest,
        }
    }
}
