//! Detection of damage in the headers of zips that sealift wrote.

use crate::read::zip::end::Directory;
use crate::read::zip::entry::{DEFLATED, DirectoryEntry};
use crate::read::zip::record::{MemberError, broken, number, read_bytes};
use crate::source::Source;
use crate::write::zip::{NAME_IS_UTF8, NO_DATE, Numbers, directory_entry, end, local_header};

/// Compares the headers of a zip that looks like one of sealift's with those that sealift would
/// write. If a few bytes differ, the zip is damaged. If many differ, another program wrote it.
pub(crate) fn check_as_written(
    source: &dyn Source,
    entry: &DirectoryEntry,
    start: u64,
    directory: &Directory,
) -> Result<(), MemberError> {
    const FEW: usize = 8;
    // `check_local_header` has found these fields equal in both headers, so they are not damaged.
    let is_like_ours = entry.method == DEFLATED
        && entry.flags == u64::from(NAME_IS_UTF8)
        && entry.record.number(12, 4) == u64::from(NO_DATE) << 16;
    // Both headers have the zip64 field. The directory can also have the checksum of the packed
    // bytes.
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
    Err(broken("its headers differ from those that sealift writes"))
}
