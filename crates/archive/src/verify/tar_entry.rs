//! Entries of a tar, as sealift writes them: POSIX.1-1988 ustar, and for large files POSIX.1-2001
//! pax.

const BLOCK: usize = 512;

/// The maximum size of a file in a ustar header.
const MAX_SIZE: u64 = 0o77_777_777_777;

/// The end marker of a tar: two blocks of zeros.
pub(crate) const END_MARKER: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// The name of the extension header that contains the checksum. POSIX.1-2001 allows vendors to add
/// their own records, so other readers ignore it.
const CHECKSUM_NAME: &[u8] = b"PaxHeaders/sealift-checksum";

/// Returns the entry of a regular file: header, content and padding. It contains no date and no
/// owner, so that the same content results in the same bytes.
///
/// The name must have at most 100 bytes, and the content less than 8 GiB.
pub(crate) fn entry(name: &str, content: &[u8]) -> Vec<u8> {
    entry_of(name.as_bytes(), b'0', content)
}

/// Returns an extension header with the CRC-32 of all other bytes before the end marker: those
/// before this header, and the one entry that follows it.
pub(crate) fn checksum(crc: u32) -> Vec<u8> {
    entry_of(CHECKSUM_NAME, b'x', &checksum_record(crc))
}

/// Returns the content of the header with this checksum.
pub(crate) fn checksum_record(crc: u32) -> Vec<u8> {
    format!("26 SEALIFT.crc32={crc:08x}\n").into_bytes()
}

/// Returns `true` if a block is the header of a checksum. The block also has the checksum of every
/// tar header, so a damaged one is detected.
pub(crate) fn is_checksum(block: &[u8; BLOCK]) -> bool {
    block[156] == b'x' && block.starts_with(CHECKSUM_NAME) && block[CHECKSUM_NAME.len()] == 0
}

/// Returns the headers of a regular file of this size, like those of [`entry`]. The caller appends
/// the content and the [`padding`].
///
/// The name must have at most 100 bytes.
pub(crate) fn headers(name: &str, size: u64) -> Vec<u8> {
    if size <= MAX_SIZE {
        return header(name.as_bytes(), b'0', size).to_vec();
    }
    // A record starts with its own length, which has two digits here, because sizes have fewer
    // than 20.
    let length = "NN size=\n".len() + size.to_string().len();
    let record = format!("{length} size={size}\n");
    let mut headers = entry_of(b"PaxHeaders/size", b'x', record.as_bytes());
    headers.extend(header(name.as_bytes(), b'0', 0));
    headers
}

/// Returns the number of zeros after content of this size.
pub(crate) fn padding(size: u64) -> usize {
    // The cast cannot truncate, because the number is less than `BLOCK`.
    (size.wrapping_neg() % BLOCK as u64) as usize
}

fn entry_of(name: &[u8], type_flag: u8, content: &[u8]) -> Vec<u8> {
    let size = content.len() as u64;
    [&header(name, type_flag, size)[..], content, &[0; BLOCK][..padding(size)]].concat()
}

fn header(name: &[u8], type_flag: u8, size: u64) -> [u8; BLOCK] {
    debug_assert!(name.len() <= 100);
    let mut header = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name);
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    // The checksum is computed with blanks in its own field.
    put(148, b"        ");
    put(156, &[type_flag]);
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_states_its_own_length() {
        let record = checksum_record(0x12ab);
        assert_eq!(record, b"26 SEALIFT.crc32=000012ab\n");
        assert_eq!(record.len(), 26);
    }

    #[test]
    fn a_checksum_is_distinguished_from_other_headers() {
        let block = |bytes: &[u8]| <[u8; BLOCK]>::try_from(&bytes[..BLOCK]).unwrap();
        assert!(is_checksum(&block(&checksum(1))));
        assert!(!is_checksum(&block(&entry("PaxHeaders/sealift-checksum", b""))));
    }
}
