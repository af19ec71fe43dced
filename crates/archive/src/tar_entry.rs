//! Writes a small file as an entry of a tar: POSIX.1-1988 ustar.

const BLOCK: usize = 512;

/// The two empty blocks at the end of a tar.
pub(crate) const END_MARKER: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// Returns the entry of a regular file: header, content, padding. It bears no date and no owner, so that the
/// same content makes the same bytes.
///
/// The name has at most 100 bytes, and the content less than 8 GiB.
pub(crate) fn entry(name: &str, content: &[u8]) -> Vec<u8> {
    debug_assert!(name.len() <= 100);
    let mut header = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{:011o}\0", content.len()).as_bytes());
    put(136, b"00000000000\0");
    // The checksum counts itself as blanks.
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());

    let padding = content.len().wrapping_neg() % BLOCK;
    [&header[..], content, &[0; BLOCK][..padding]].concat()
}
