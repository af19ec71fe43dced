//! xz streams, which sealift reads and never writes.

use std::io::Write as _;

use lzma_rust2::{XzOptions, XzWriter};

/// Compresses with xz. Decoders need memory for a dictionary of this size in bytes, by default that
/// of the preset 1.
///
/// # Panics
///
/// If xz does not support the size.
pub fn xz(content: &[u8], dictionary: Option<u32>) -> Vec<u8> {
    let mut options = XzOptions::with_preset(1);
    if let Some(size) = dictionary {
        options.lzma_options.dict_size = size;
    }
    let mut xz = XzWriter::new(Vec::new(), options).expect("a size of xz");
    xz.write_all(content).expect("memory can be written");
    xz.finish().expect("memory can be written")
}
