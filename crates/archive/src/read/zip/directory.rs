//! Search for the only member of a zip.
//!
//! This reader is stricter than most readers of zips. Some readers find members through the
//! directory at the end, others read the local headers from the start. A zip is accepted only if
//! both find the same member and there are no other bytes between its parts. Otherwise a zip could
//! show another image to the receiver than the one that was verified.
//!
//! The strictness also detects damage: values that a zip states twice must agree, and others must
//! be plausible. A zip that fails these checks is damaged; only one that passes them can be
//! reported as "not an image". All bytes around the member of a zip that sealift wrote are known,
//! so any change of them is detected.
//!
//! The `zip` crate is not used here for two reasons. It allocates memory for as many entries as a
//! directory claims, although more than one entry is already an error; and it reads a zip through
//! the directory only.
//!
//! Format: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 (records), 4.4 (fields) and 4.5.3 (zip64).

use crate::error::Fault;
use crate::read::zip::end::find_directory;
use crate::read::zip::entry::{DEFLATED, DirectoryEntry, IS_ENCRYPTED, IS_PATCH, STORED};
use crate::read::zip::extra::packed_crc;
use crate::read::zip::member::Member;
use crate::read::zip::record::{MemberError, broken, unsupported};
use crate::read::zip::written::check_as_written;
use crate::source::Source;

/// Returns the only member of a zip.
pub(crate) fn find_member(source: &dyn Source) -> Result<Member, MemberError> {
    let directory = find_directory(source)?;
    directory.check_length(source)?;
    if directory.entries != 1 {
        let count = match directory.entries {
            0 => "no".to_owned(),
            count => count.to_string(),
        };
        return Err(
            Fault::not_an_image(format!("the zip has {count} members instead of one")).into()
        );
    }
    let mut entry = DirectoryEntry::read(source, &directory)?;
    let start = entry.check_local_header(source)?;
    entry.check_end(source, start, directory.start)?;
    check_as_written(source, &entry, start, &directory)?;
    if entry.name.ends_with(b"/") {
        return Err(Fault::not_an_image("the zip's only member is a folder").into());
    }
    if entry.flags & IS_ENCRYPTED != 0 {
        return Err(Fault::not_an_image("the zip's member is encrypted").into());
    }
    if entry.flags & IS_PATCH != 0 {
        return Err(unsupported("the zip's member is a patch of another file"));
    }
    let deflated = match entry.method {
        DEFLATED => true,
        STORED => false,
        other => {
            return Err(unsupported(format!(
                "the zip's member is compressed by method {other}; only stored and deflate are supported"
            )));
        }
    };
    if !deflated && entry.packed_size != entry.size {
        return Err(broken("its member is stored, but its two sizes differ"));
    }
    if entry.is_special_file() {
        return Err(unsupported("the zip's member is a link or a device"));
    }
    Ok(Member {
        name: String::from_utf8_lossy(&entry.name).into_owned(),
        start,
        packed_size: entry.packed_size,
        deflated,
        size: entry.size,
        crc: entry.crc,
        packed_crc: packed_crc(&entry.extra),
    })
}
