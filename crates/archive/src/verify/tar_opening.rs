//! The start of a tar entry, combined from all of its headers.

use sealift_filename::Printable;

use crate::error::Fault;
use crate::verify::sparse::SparseHeaders;
use crate::verify::sparse_map::Refusal;
use crate::verify::tar_extension::Overrides;
use crate::verify::tar_header::RawHeader;

/// The kind of a tar entry, as far as it matters for an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    /// A symbolic link, with its target as it is stored.
    Symlink(String),
    /// A hard link, with its target relative to the archive's root.
    Hardlink(String),
    /// Folders, devices and other entries without content.
    Other,
}

/// An entry whose main header was read.
pub(crate) struct Opening {
    /// Offset of its main header.
    pub(crate) at: u64,
    pub(crate) name: String,
    pub(crate) kind: EntryKind,
    /// The number of stored bytes.
    pub(crate) stored: u64,
    pub(crate) sparse: Option<SparseHeaders>,
    /// Whether a block with more of its sparse map follows.
    pub(crate) has_more: bool,
    /// The reason why an archive with this entry is not supported, although it is not damaged.
    pub(crate) oddity: Option<Fault>,
}

impl Opening {
    /// Reads an entry's main header. `at` is its offset, and `content_at` is the lowest possible
    /// offset of the content.
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
            // The oldest writers mark a folder by a slash at the end of its name.
            0 if name.ends_with('/') => EntryKind::Other,
            b'0' | 0 | b'7' | b'S' => EntryKind::File,
            b'1' => EntryKind::Hardlink(link()),
            b'2' => EntryKind::Symlink(link()),
            _ => EntryKind::Other,
        };
        // Links, folders and devices have no content, even if the header states a size. Go's
        // archive/tar, which the engines use, reads them in the same way.
        let stored = match (&kind, header.type_flag()) {
            (EntryKind::File, _) => size.unwrap_or(declared),
            (EntryKind::Other, b'3'..=b'6')
            | (EntryKind::Symlink(_) | EntryKind::Hardlink(_), _) => 0,
            (EntryKind::Other, _) => size.unwrap_or(declared),
        };
        if content_at.checked_add(stored).is_none_or(|end| end > i64::MAX as u64) {
            return Err(bad("its size is impossible"));
        }
        if sparse.is_some() && kind != EntryKind::File {
            return Err(bad("it is sparse, but not a file"));
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
            // The entry is skipped. If the archive turns out to contain an image, it is refused at
            // the end.
            kind = EntryKind::Other;
        }
        Ok(Self { at, name, kind, stored, sparse, has_more, oddity })
    }

    /// Reads a block with more of the sparse map.
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

/// Returns the fault of a sparse file whose header is at offset `at`.
pub(crate) fn refused(at: u64, refusal: Refusal) -> Fault {
    match refusal {
        Refusal::Header(reason) => Fault::BadHeader { at, reason: reason.to_owned() },
        Refusal::Fault(fault) => fault,
    }
}

/// Returns the reason why an entry is not supported, although some engines accept it. Such an
/// archive is not damaged, so another copy of it would be refused as well.
fn odd(name: &str, type_flag: u8) -> Option<Fault> {
    let what = match type_flag {
        b'3' | b'4' | b'6' => "is a device or a pipe",
        // Some readers treat it as a file, others skip it.
        flag if !matches!(flag, 0 | b'0'..=b'7' | b'S') => "has an unknown type",
        _ if points_outside(name) => "has a name that points outside the archive",
        _ => return None,
    };
    let reason = format!("its entry `{}` {what}, which is not supported", Printable(name));
    Some(Fault::Unsupported { reason })
}

/// Returns `true` if a name is absolute or contains `..`. A program that unpacks such an entry
/// could write it to any place.
fn points_outside(name: &str) -> bool {
    name.starts_with('/') || name.split('/').any(|part| part == "..")
}
