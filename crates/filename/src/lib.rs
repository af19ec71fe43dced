//! The names of container image archives, as pure values: nothing here touches a file.
//!
//! A folder of archives is its own index if every file name states which image the file holds. The
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
//! Parsing is lenient, creating is strict. [`ArchiveName::parse`] accepts exactly what the
//! published [`ARCHIVE_NAME_PATTERN`] matches and keeps the text as it is; [`ArchiveName::new`]
//! creates only names that can also be pushed, tagged and stored everywhere. `parse` returns an
//! equal name for every name that `new` creates.
//!
//! - [`ArchiveName`] is a file name, [`ArchivePath`] a file name with the folders before it.
//! - [`Version`] is a version as text; [`Precedence`] is the order of versions.
//! - [`Reference`] and [`Repository`] are the names of an image in engines and registries.
//! - [`ImageId`] is the start of the image's config digest, [`ArchiveFormat`] the kind of file.
//! - [`Printable`] displays text from untrusted sources.
//!
//! Every error displays the input and what is wrong with it. Its `kind()` is the second part alone,
//! to match on; as text it continues a sentence about the input.
//!
//! Features: `serde` serializes every type as its text; `proptest` adds the module `strategies`,
//! which generates valid and nearly valid names, so that other crates can test against the grammar.

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
