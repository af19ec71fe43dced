//! Writing archives: from the bytes of a plain tar to a file.

pub(crate) mod archive_writer;
pub(crate) mod background;
pub(crate) mod compressed;
pub(crate) mod compressor;
pub(crate) mod cut;
pub(crate) mod deflate_block;
pub(crate) mod deflate_check;
pub(crate) mod hashing_writer;
pub(crate) mod level;
pub(crate) mod parallel_deflate;
pub(crate) mod zip;
