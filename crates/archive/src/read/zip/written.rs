//! The form of the zips that sealift writes.

use crate::read::zip::end::Directory;
use crate::read::zip::entry::{DEFLATED, DirectoryEntry};
use crate::read::zip::record::{MemberError, broken, number, read_bytes};
use crate::source::Source;
use crate::write::zip::{NAME_IS_UTF8, NO_DATE, Numbers, directory_entry, end, local_header};

/// Checks a zip that looks as if sealift wrote it against what sealift writes, byte by byte. A few
/// bytes that differ are damage; if many do, another program wrote it.
pub(crate) fn check_as_written(
    source: &dyn Source,
    entry: &DirectoryEntry,
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
    let DirectoryEntry { crc, size, packed_size, .. } = *entry;
    let numbers = Numbers { crc, size, packed_size, packed_crc };
    let expected = [
        local_header(&entry.name, &numbers)?,
        directory_entry(&entry.name, &numbers)?,
        end(directory.start, directory.length),
    ]
    .concat();
    let mut found = read_bytes(source, 0, start)?;
    let rest = source.size()?.saturating_sub(directory.start);
    found.extend(read_bytes(source, directory.start, rest.min(expected.len() as u64 + 1))?);
    let differing =
        expected.iter().zip(&found).filter(|(expected, found)| expected != found).count();
    if differing > FEW || (differing == 0 && expected.len() == found.len()) {
        return Ok(());
    }
    Err(broken("the fields around its member are not those that were written"))
}
