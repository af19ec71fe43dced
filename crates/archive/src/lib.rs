//! The inside of container image archives: which image is in there, and is it whole?
//!
//! Engines end a save with status 200 and a damaged tar when something breaks on the way, and every
//! one of them writes another layout. This crate reads them all in one streaming pass, hashes
//! everything that passes, and judges at the end: an archive is whole when its tar ended properly
//! and everything that is named in it is there with its digest. The verdict comes with the image's
//! [`Identity`](sealift_oci::Identity), which is the same whatever engine wrote the archive.
//!
//! ```
//! use sealift_archive::{Fault, Verifier, VerifyOptions};
//!
//! let mut verifier = Verifier::new(VerifyOptions::default());
//! // The engine broke off, and says why in the middle of what should have been a tar:
//! verifier.push(b"{\"errorDetail\":{\"message\":\"no space left on device\"}}").unwrap();
//! let fault = verifier.finish().unwrap_err();
//! assert_eq!(fault.to_string(), "the engine reported after 0 bytes: no space left on device");
//! ```
//!
//! | to | use |
//! |---|---|
//! | verify a whole archive | [`examine`], [`examine_file`] |
//! | find files that cannot be images | [`look`], [`look_file`] |
//! | pass an archive on, verified on the way | [`VerifiedReader`] |
//! | verify bytes that are pushed | [`Verifier`] |
//! | write an archive | [`ArchiveWriter`] |
//! | write a compressed tar | [`CompressedWriter`] |
//! | read one layer, or a part of it | [`Archive`] |
//! | pass on a layer of a zip as gzip | [`GzipLayer`] |
//! | pass on one image without layers that the receiver has | [`ImageTar`] |
//!
//! Archives are read from any [`Source`], and with [`PlainReader::from_stream`] from a socket.
//! Readers implement [`std::io::Read`]; the [`Error`] inside of an [`std::io::Error`] is reached
//! with `error.downcast::<sealift_archive::Error>()`.
//!
//! The crates below are re-exported, so that one dependency is enough.
//!
//! # Features
//!
//! None is on by default. `zstd`, `xz` and `bzip2` read these formats, and `zstd` also writes its
//! own; `libdeflate` compresses zips several times as fast as the compressor in Rust. `zstd` and
//! `libdeflate` need a C compiler.
//!
//! # Limits
//!
//! Nothing is ever written to disk under a name from an archive. Metadata is kept up to 4 MiB a
//! file and 16 MiB in all, names up to 1 MiB each and 8 MiB in all, entries up to 20,000; zstd may
//! want a window of 128 MiB, xz 96 MiB of memory. What wants more is refused with the number.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(unix))]
compile_error!("sealift-archive supports Unix only: it reads files at offsets");

mod access;
mod archive;
mod archive_index;
mod archive_reader;
mod block_check;
mod block_index;
mod block_reader;
mod block_table;
mod codec;
mod contents;
mod document_spans;
mod error;
mod gzip_layer;
mod image_documents;
mod image_tar;
mod input;
mod layer_span;
mod proof;
mod read;
mod source;
mod verify;
mod write;
mod zip_signature;

pub use archive::Archive;
pub use archive_index::ArchiveIndex;
pub use archive_reader::ArchiveReader;
pub use block_index::{BlockIndex, ParseBlockIndexError};
pub use block_table::{Block, BlockChecksums, BlockTable, ParseBlockTableError};
pub use contents::Contents;
pub use document_spans::{DocumentSpan, DocumentSpans};
pub use error::{Error, ErrorKind, Fault, FaultKind};
pub use gzip_layer::GzipLayer;
pub use image_tar::{ImageLayout, ImageTar, ImageTarOptions};
pub use input::Input;
pub use layer_span::LayerSpan;
pub use proof::Proof;
pub use read::container::Container;
pub use read::examine::{ExamineOptions, examine, examine_file};
pub use read::hash::{hash, hash_file};
pub use read::look::{Look, look, look_file};
pub use read::plain::PlainReader;
pub use read::verified::VerifiedReader;
pub use source::{Source, SourceReader};
pub use verify::layout::Naming;
pub use verify::renamer::Renamer;
pub use verify::verifier::{Verifier, VerifyOptions};
pub use write::archive_writer::{ArchiveWriter, Form};
pub use write::compressed::{CompressedWriter, Compression, ParseCompressionError};
pub use write::hashing_writer::HashingWriter;
pub use write::level::{Level, ParseLevelError};
pub use write::zip::ZipSink;

pub use sealift_filename as filename;
pub use sealift_oci as oci;

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
