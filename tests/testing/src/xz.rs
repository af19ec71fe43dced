//! Streams of xz, which sealift reads and never writes.

use std::io::Write as _;

use lzma_rust2::{XzOptions, XzWriter};

/// Compresses with xz. Decoders need memory for a dictionary of this many bytes, by default those of
/// the preset 1.
///
/// # Panics
///
/// If the size is not one of xz's.
pub fn xz(content: &[u8], dictionary: Option<u32>) -> Vec<u8> {
    let mut options = XzOptions::with_preset(1);
    if let Some(size) = dictionary {
        options.lzma_options.dict_size = size;
    }
    let mut xz = XzWriter::new(Vec::new(), options).expect("a size of xz");
    xz.write_all(content).expect("memory can be written");
    xz.finish().expect("memory can be written")
}
