//! The names of container image archives, as pure values: nothing here touches a file.
//!
//! A folder of archives is its own index when every file name says which image it holds. The
//! published template is `{image}_{version}_{imageid}.{archfmt}`:
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
//! Reading is lenient and writing is strict. [`ArchiveName::parse`] takes exactly the language of
//! the published [`ARCHIVE_NAME_PATTERN`] and keeps the text as it is; [`ArchiveName::new`] makes
//! only names that can also be pushed, tagged and stored everywhere. Whatever `new` makes, `parse`
//! reads back equal.
//!
//! - [`ArchiveName`] is a file name, [`ArchivePath`] a file name with the folders in front of it.
//! - [`Version`] compares as text; [`Precedence`] is the order in which versions follow each other.
//! - [`Reference`] and [`Repository`] are what people and engines call an image.
//! - [`ImageId`] is the start of the image's config digest, [`ArchiveFormat`] what kind of file it
//!   is.
//!
//! Features: `serde` reads and writes every type as its text; `proptest` adds the module
//! `strategies`, which generates names, good and nearly good, so that other crates can test against
//! the grammar.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod archive_format;
mod archive_name;
mod archive_path;
mod component;
mod image_id;
mod name_error;
mod pattern;
mod precedence;
mod printable;
mod quote;
mod reference;
mod repository;
#[cfg(feature = "serde")]
mod serde_text;
#[cfg(feature = "proptest")]
pub mod strategies;
mod tag;
mod version;

pub use archive_format::ArchiveFormat;
pub use archive_name::ArchiveName;
pub use archive_path::{ArchivePath, ParsePathError, ParsePathErrorKind, is_repository_folder};
pub use component::ComponentFault;
pub use image_id::{ImageId, ParseImageIdError, ParseImageIdErrorKind};
pub use name_error::{NewNameError, NewNameErrorKind, ParseNameError, ParseNameErrorKind};
pub use pattern::{ARCHIVE_NAME_PATTERN, ARCHIVE_NAME_TEMPLATE, DIRTY_VERSION_PATTERN};
pub use precedence::Precedence;
pub use printable::{Printable, controls_terminal};
pub use reference::{ParseReferenceError, ParseReferenceErrorKind, Reference};
pub use repository::{ParseRepositoryError, ParseRepositoryErrorKind, Repository};
pub use tag::{TagError, TagErrorKind, version_to_imagetag};
pub use version::Version;

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
