//! Finds the one member of a zip through the zip's directory.
//!
//! It is stricter than most readers of zips: a zip is accepted only if a reader that goes by the
//! directory and one that goes through the file from its start find the same member, and nothing
//! lies between its parts. So nobody can be shown another archive than the one that was verified.
//!
//! The same strictness finds damage: what the zip states twice has to agree, and what it states
//! once has to make sense. A zip is something else than an archive of an image only if all of that
//! holds; if not, it is damaged. Of a zip that sealift wrote, every byte around the member is
//! known.
//!
//! The zip crate is not used for this. It allocates memory for as many entries as a directory
//! claims and the file could hold, but one entry is enough to decide, and it reads a zip by the
//! directory only.
//!
//! Source of the form: PKWARE's APPNOTE.TXT 6.3.10, 4.3 (records), 4.4 (fields) and 4.5.3 (zip64).
use crate::error::Fault;
use crate::read::zip::end::find_directory;
use crate::read::zip::entry::{DEFLATED, DirectoryEntry, IS_ENCRYPTED, IS_PATCH, STORED};
use crate::read::zip::extra::packed_crc;
use crate::read::zip::member::Member;
use crate::read::zip::record::{MemberError, broken, unsupported};
use crate::read::zip::written::check_as_written;
use crate::source::Source;

/// Finds the member of a zip that holds just one.
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
        return Err(Fault::not_an_image("the zip's one member is a folder").into());
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
                "the zip's member is packed by method {other}; stored and deflate are read"
            )));
        }
    };
    if !deflated && entry.packed_size != entry.size {
        return Err(broken("its member isn't packed and yet has two sizes"));
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
