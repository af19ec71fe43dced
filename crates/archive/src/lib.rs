//! Reads, verifies and writes container image archives, as `docker save`, Podman, skopeo and crane
//! write them.
//!
//! Engines report success for a save even if it is truncated, and each writes another layout. This
//! crate verifies an archive of any layout in one streaming pass with bounded memory. An archive is
//! valid if its tar is complete and every part to which the image refers is present and has its
//! digest. The result contains the image's [`Identity`](sealift_oci::Identity), which does not
//! depend on the engine that wrote the archive.
//!
//! ```no_run
//! use std::io::Read;
//! use sealift_archive::{Archive, ExamineOptions, examine_file};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let path = "web_1.4.0.7_91e8e311933e.zip";
//!     let proof = examine_file(path, &ExamineOptions::default())?;
//!     println!("{} for {}", proof.identity().config, proof.identity().platform);
//!
//!     let archive = Archive::open(path, &proof)?;
//!     for layer in archive.layers() {
//!         let mut head = [0; 512];
//!         archive.layer(&layer.digest).expect("the layer is listed").read_exact(&mut head)?;
//!         println!("{} has {} bytes", layer.digest, layer.size);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! If an engine appends an error to the stream, the fault contains the engine's message:
//!
//! ```
//! use sealift_archive::{Verifier, VerifyOptions};
//!
//! let mut verifier = Verifier::new(VerifyOptions::default());
//! verifier.push(b"{\"errorDetail\":{\"message\":\"no space left on device\"}}").unwrap();
//! let fault = verifier.finish().unwrap_err();
//! assert_eq!(fault.to_string(), "the engine reported after 0 bytes: no space left on device");
//! ```
//!
//! # Where to start
//!
//! ```text
//! Source ─▶ PlainReader ─▶ Verifier ─▶ Contents ─┐
//!           removes the    verifies              ├─▶ Proof ─▶ ArchiveIndex ─▶ Archive
//!           container      the tar               │                               │
//! plain tar ─▶ ArchiveWriter ────────────────────┘        ArchiveReader, GzipLayer, ImageTar
//! ```
//!
//! | task | use |
//! |---|---|
//! | verify an archive | [`examine`], [`examine_file`] |
//! | exclude files that cannot be images | [`look`], [`look_file`] |
//! | pass an archive on and verify it at the same time | [`VerifiedReader`] |
//! | verify bytes that are pushed | [`Verifier`] |
//! | write an archive | [`ArchiveWriter`] |
//! | write a compressed tar | [`CompressedWriter`] |
//! | read a layer, or a part of it | [`Archive`] |
//! | read a layer of a zip as gzip | [`GzipLayer`] |
//! | read one image without the layers that the receiver has | [`ImageTar`] |
//!
//! Archives are read from any [`Source`], and with [`PlainReader::from_stream`] from a socket.
//! Readers implement [`std::io::Read`]. Their [`std::io::Error`] contains an [`Error`];
//! `error.downcast::<sealift_archive::Error>()` extracts it.
//!
//! [`sealift_filename`] and [`sealift_oci`] are re-exported, so that one dependency is enough.
//!
//! # Features
//!
//! All features are disabled by default. `zstd`, `xz` and `bzip2` add decoders of these formats,
//! and `zstd` also adds its encoder. `libdeflate` compresses zips several times as fast as the
//! compressor in Rust. `zstd` and `libdeflate` need a C compiler.
//!
//! # Limits
//!
//! Nothing is written to disk under a name from an archive. Metadata files are limited to 4 MiB
//! each and 16 MiB in total, names to 1 MiB each and 8 MiB in total, and entries to 20,000. Zstd
//! streams are limited to a window of 128 MiB, and xz streams to 96 MiB of memory. An archive that
//! exceeds a limit is refused, and the error contains the limit.

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
