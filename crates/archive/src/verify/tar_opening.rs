//! The headers of an entry of a tar, put together.

use sealift_filename::Printable;

use crate::error::Fault;
use crate::verify::sparse::SparseHeaders;
use crate::verify::sparse_map::Refusal;
use crate::verify::tar_extension::Overrides;
use crate::verify::tar_header::RawHeader;

/// What an entry is, as far as it matters to the inside of an image archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    /// A symbolic link, with its target as written.
    Symlink(String),
    /// A hard link, with its target counted from the archive's root.
    Hardlink(String),
    /// Folders, devices and whatever else carries no content.
    Other,
}

/// An entry whose header has been read.
pub(crate) struct Opening {
    /// Where its header stands.
    pub(crate) at: u64,
    pub(crate) name: String,
    pub(crate) kind: EntryKind,
    /// How many bytes are stored for it.
    pub(crate) stored: u64,
    pub(crate) sparse: Option<SparseHeaders>,
    /// Whether more headers with its sparse map follow.
    pub(crate) has_more: bool,
    /// Why an archive with this entry is not supported, although it is not damaged.
    pub(crate) oddity: Option<Fault>,
}

impl Opening {
    /// Reads an entry's own header, which stands at `at` and whose content starts at `content_at`
    /// at the earliest.
    pub(crate) fn read(
        header: &RawHeader<'_>,
        overrides: Overrides,
        at: u64,
        content_at: u64,
    ) -> Result<Self, Fault> {
        let bad = |reason: &str| Fault::BadHeader { at, reason: reason.to_owned() };
        let declared = header.size().map_err(bad)?;
        let Overrides { name: long_name, link, size, sparse, .. } = overrides;
        let link = || link.clone().unwrap_or_else(|| header.link_name());
        let (sparse_name, mut sparse) =
            sparse.headers().map_err(|refusal| refused(at, refusal))?.unzip();
        let name = sparse_name.flatten().or(long_name).unwrap_or_else(|| header.name());
        let mut kind = match header.type_flag() {
            // So the oldest writers mark a folder.
            0 if name.ends_with('/') => EntryKind::Other,
            b'0' | 0 | b'7' | b'S' => EntryKind::File,
            b'1' => EntryKind::Hardlink(link()),
            b'2' => EntryKind::Symlink(link()),
            _ => EntryKind::Other,
        };
        // Links, folders and devices have no content, whatever their size field says: so reads Go's
        // archive/tar, on which the engines are built.
        let stored = match (&kind, header.type_flag()) {
            (EntryKind::File, _) => size.unwrap_or(declared),
            (EntryKind::Other, b'3'..=b'6')
            | (EntryKind::Symlink(_) | EntryKind::Hardlink(_), _) => 0,
            (EntryKind::Other, _) => size.unwrap_or(declared),
        };
        if content_at.checked_add(stored).is_none_or(|end| end > i64::MAX as u64) {
            return Err(bad("its size can't be true"));
        }
        if sparse.is_some() && kind != EntryKind::File {
            return Err(bad("it is sparse, and no file"));
        }
        let mut has_more = false;
        if header.type_flag() == b'S' {
            if sparse.is_some() {
                return Err(bad("it is sparse in two forms"));
            }
            let (headers, more) = header.old_sparse().map_err(|refusal| refused(at, refusal))?;
            (sparse, has_more) = (Some(headers), more);
        }
        let oddity = odd(&name, header.type_flag());
        if oddity.is_some() {
            // It is passed over; the archive is refused once it is known to hold an image.
            kind = EntryKind::Other;
        }
        Ok(Self { at, name, kind, stored, sparse, has_more, oddity })
    }

    /// Reads a block with more of a sparse file's map.
    pub(crate) fn read_more(&mut self, header: &RawHeader<'_>) -> Result<(), Fault> {
        self.has_more = match &mut self.sparse {
            Some(headers) => {
                header.more_pieces(headers).map_err(|refusal| refused(self.at, refusal))?
            }
            None => false,
        };
        Ok(())
    }
}

/// Returns the fault for a sparse file whose header stands at `at`.
pub(crate) fn refused(at: u64, refusal: Refusal) -> Fault {
    match refusal {
        Refusal::Header(reason) => Fault::BadHeader { at, reason: reason.to_owned() },
        Refusal::Fault(fault) => fault,
    }
}

/// Returns why an entry is refused which engines may read. No other copy of the archive would do.
fn odd(name: &str, type_flag: u8) -> Option<Fault> {
    let what = match type_flag {
        b'3' | b'4' | b'6' => "is a device or a pipe",
        // Some readers take it for a file, others pass over it.
        flag if !matches!(flag, 0 | b'0'..=b'7' | b'S') => "is of an unknown kind",
        _ if points_outside(name) => "has a name that points outside of the archive",
        _ => return None,
    };
    let reason = format!("its entry `{}` {what}, which is not supported", Printable(name));
    Some(Fault::Unsupported { reason })
}

/// Returns `true` if a name leads out of the archive, or might: whoever unpacks it may put such an
/// entry in another's place.
fn points_outside(name: &str) -> bool {
    name.starts_with('/') || name.split('/').any(|part| part == "..")
}
