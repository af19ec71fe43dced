//! Signatures of the records of a zip: PKWARE's APPNOTE.TXT 6.3.10, section 4.3.

pub(crate) const LOCAL_HEADER: &[u8; 4] = b"PK\x03\x04";
pub(crate) const DIRECTORY_ENTRY: &[u8; 4] = b"PK\x01\x02";
pub(crate) const END: &[u8; 4] = b"PK\x05\x06";
pub(crate) const ZIP64_END: &[u8; 4] = b"PK\x06\x06";
pub(crate) const ZIP64_LOCATOR: &[u8; 4] = b"PK\x06\x07";
/// The id of an extra field that only sealift writes to a zip's directory. It contains the CRC-32
/// of the packed bytes. APPNOTE.TXT does not assign this id, `SL`, to another program.
pub(crate) const PACKED_CRC_FIELD: u16 = u16::from_le_bytes(*b"SL");

pub(crate) const DESCRIPTOR: &[u8; 4] = b"PK\x07\x08";
