//! The receiver of the entries of a tar.

use crate::error::Fault;
use crate::verify::tar_opening::EntryKind;

/// An entry of a tar, before its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntryHeader {
    pub(crate) name: String,
    pub(crate) kind: EntryKind,
    /// Length of the content in bytes.
    pub(crate) size: u64,
    /// Offset of the content in the archive. `None` for a sparse file, whose content is not
    /// contiguous.
    pub(crate) offset: Option<u64>,
}

/// A receiver of the entries that the parser finds.
pub(crate) trait EntrySink {
    fn begin(&mut self, header: EntryHeader) -> Result<(), Fault>;
    fn content(&mut self, bytes: &[u8]) -> Result<(), Fault>;
    fn end(&mut self) -> Result<(), Fault>;
    /// Receives the bytes of the archive, after the other calls that they cause.
    fn raw(&mut self, _part: TarSection, _bytes: &[u8]) {}
}

/// The section of an archive to which bytes belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TarSection {
    /// The headers of an entry, including its extension headers, or the end marker.
    Header,
    /// The content of an entry and its padding.
    Content,
    /// The bytes after the end marker.
    AfterEnd,
}
