//! What takes the entries of a tar.

use crate::error::Fault;
use crate::verify::tar_opening::EntryKind;

/// An entry of a tar, before its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntryHeader {
    pub(crate) name: String,
    pub(crate) kind: EntryKind,
    /// Length of the content in bytes.
    pub(crate) size: u64,
    /// Where the content stands in the archive, unless it is that of a sparse file, which is not
    /// contiguous.
    pub(crate) offset: Option<u64>,
}

/// Takes what the parser finds.
pub(crate) trait EntrySink {
    fn begin(&mut self, header: EntryHeader) -> Result<(), Fault>;
    fn content(&mut self, bytes: &[u8]) -> Result<(), Fault>;
    fn end(&mut self) -> Result<(), Fault>;
    /// Takes the bytes as they stand in the archive, after the other calls which they cause.
    fn raw(&mut self, _part: TarSection, _bytes: &[u8]) {}
}

/// What bytes of an archive belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TarSection {
    /// The headers of an entry, those with its extensions included, or the end marker.
    Header,
    /// The content of an entry and its padding.
    Content,
    /// What follows the end marker.
    AfterEnd,
}
