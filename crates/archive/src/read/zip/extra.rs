//! The extra fields of a zip's member: APPNOTE.TXT 6.3.10, section 4.5.

use crate::read::zip::record::{MemberError, broken, number};
use crate::zip_signature::PACKED_CRC_FIELD;

const ZIP64_FIELD: u64 = 1;

/// Returns numbers of a header. Those that do not fit into their short fields are read from the
/// zip64 field, which contains them in the same order. `said` has the value of each short field,
/// and the value that refers to zip64.
pub(crate) fn with_zip64<const COUNT: usize>(
    said: [(u64, u64); COUNT],
    extra: &[u8],
) -> Result<[u64; COUNT], MemberError> {
    let mut zip64 = zip64_field(extra)?;
    let mut numbers = [0; COUNT];
    for (number, (short, see_zip64)) in numbers.iter_mut().zip(said) {
        *number = short;
        if short == see_zip64 {
            let (first, rest) = zip64
                .split_at_checked(8)
                .ok_or_else(|| broken("a number is missing in its zip64 field"))?;
            *number = self::number(first);
            zip64 = rest;
        }
    }
    Ok(numbers)
}

/// Returns the CRC-32 of the packed bytes, if the directory's entry states it.
pub(crate) fn packed_crc(extra: &[u8]) -> Option<u32> {
    let (_, field) = fields(extra).find(|(id, _)| *id == u64::from(PACKED_CRC_FIELD))?;
    (field.len() == 4).then(|| number(field) as u32)
}

/// Returns `false` if the local header and the directory state different times of modification in
/// Info-ZIP's extra field.
pub(crate) fn times_agree(local: &[u8], directory: &[u8]) -> bool {
    const TIMES: u64 = 0x5455;
    let time = |extra| {
        let (_, field) = fields(extra).find(|(id, _)| *id == TIMES)?;
        // The first byte states which times follow. The time of modification is the first one.
        (field.first()? & 1 == 1).then(|| field.get(1..5)).flatten()
    };
    match (time(local), time(directory)) {
        (Some(local), Some(directory)) => local == directory,
        _ => true,
    }
}

/// Returns the extra fields of a member with their ids.
fn fields(mut extra: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    // Some writers add padding that is shorter than a field. It ends the iteration.
    std::iter::from_fn(move || {
        let (head, rest) = extra.split_at_checked(4)?;
        let length = usize::try_from(number(&head[2..])).ok()?;
        let (field, behind) = rest.split_at_checked(length)?;
        extra = behind;
        Some((number(&head[..2]), field))
    })
}

/// Returns the content of the zip64 field, which is empty if the field is missing.
fn zip64_field(extra: &[u8]) -> Result<&[u8], MemberError> {
    let mut found = fields(extra).filter(|(id, _)| *id == ZIP64_FIELD).map(|(_, field)| field);
    let first = found.next().unwrap_or_default();
    match found.next() {
        Some(_) => Err(broken("its member has two zip64 fields")),
        None => Ok(first),
    }
}
