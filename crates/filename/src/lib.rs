//! Names of container image archives: parsing, creation and order. This crate performs no I/O.
//!
//! If every file name states the image in the file, a folder of archives needs no other index. The
//! published template of these names is `{image}_{version}_{imageid}.{archfmt}`:
//!
//! ```
//! use sealift_filename::{ArchiveFormat, ArchiveName};
//!
//! let name = ArchiveName::parse("web_1.28.0.259_0123456789ab.zip")?;
//! assert_eq!(name.image(), "web");
//! assert_eq!(name.version(), "1.28.0.259");
//! assert_eq!(name.id().as_str(), "0123456789ab");
//! assert_eq!(name.format(), ArchiveFormat::Zip);
//! assert!(!name.is_dirty());
//!
//! let error = ArchiveName::parse("web_1.28.0.259_0123.zip").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "`web_1.28.0.259_0123.zip` is not an archive name: \
//!      `0123` is not an image id: it has 4 characters, not 12 lowercase hex digits",
//! );
//! # Ok::<(), sealift_filename::ParseNameError>(())
//! ```
//!
//! Parsing is lenient, and creation is strict. [`ArchiveName::parse`] accepts exactly the texts
//! that the published [`ARCHIVE_NAME_PATTERN`] matches, and does not change them.
//! [`ArchiveName::new`] creates only names that are also valid in registries, as tags and on file
//! systems. Every name that `new` creates can be parsed.
//!
//! - [`ArchiveName`] is a file name. [`ArchivePath`] also has the folders before it.
//! - [`Version`] is a version as text. [`Precedence`] is the order of versions.
//! - [`Reference`] and [`Repository`] are the names of an image in engines and registries.
//! - [`ImageId`] is the start of the image's config digest. [`ArchiveFormat`] is the kind of file.
//! - [`Printable`] escapes text from untrusted sources.
//!
//! ```text
//! localhost+5000/team/web_1.28.0.259_0123456789ab.zip     ArchivePath
//!                     web_1.28.0.259_0123456789ab.zip     ArchiveName
//!                         Version    ImageId      ArchiveFormat
//! localhost:5000/team/web                                 Repository
//! localhost:5000/team/web:1.28.0.259                      Reference
//! ```
//!
//! Each error prints the input and the reason. Its `kind()` returns only the reason, to match on;
//! it prints as a sentence about the input.
//!
//! # Features
//!
//! All features are disabled by default. `serde` serializes each type as its text. `proptest` adds
//! the module `strategies`, which generates valid and nearly valid names, so that other crates can
//! test against the grammar.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod archive_format;
mod archive_name;
mod archive_path;
mod component;
mod dirty;
mod escape;
mod image_id;
mod name_error;
mod pattern;
mod precedence;
mod reference;
mod repository;
#[cfg(feature = "serde")]
mod serde_text;
#[cfg(feature = "proptest")]
pub mod strategies;
mod tag;
mod version;

pub use archive_format::{ArchiveFormat, OtherFormat};
pub use archive_name::ArchiveName;
pub use archive_path::{ArchivePath, ParsePathError, ParsePathErrorKind, is_repository_folder};
pub use component::ComponentFault;
pub use escape::{Printable, controls_terminal};
pub use image_id::{ImageId, ParseImageIdError, ParseImageIdErrorKind};
pub use name_error::{NewNameError, NewNameErrorKind, ParseNameError, ParseNameErrorKind};
pub use pattern::{ARCHIVE_NAME_PATTERN, ARCHIVE_NAME_TEMPLATE, DIRTY_VERSION_PATTERN};
pub use precedence::Precedence;
pub use reference::{ParseReferenceError, ParseReferenceErrorKind, Reference};
pub use repository::{ParseRepositoryError, ParseRepositoryErrorKind, Repository};
pub use tag::{TagError, TagErrorKind, version_to_imagetag};
pub use version::Version;

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
