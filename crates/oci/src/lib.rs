//! Values of the OCI and Docker image formats: digests, platforms, media types, descriptors, and
//! the documents of images. This crate performs no I/O.
//!
//! ```
//! use sealift_oci::{Digest, Platform};
//!
//! let digest = Digest::of(b"");
//! assert_eq!(
//!     digest.to_string(),
//!     "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
//! );
//! assert_eq!(digest.image_id().as_str(), "e3b0c44298fc");
//!
//! let platform: Platform = "linux/arm64/v8".parse()?;
//! assert!(platform.matches(&"linux/arm64".parse()?));
//! # Ok::<(), sealift_oci::ParsePlatformError>(())
//! ```
//!
//! - [`Digest`] identifies content. Its start is the [`ImageId`](sealift_filename::ImageId) in an
//!   archive's name.
//! - [`Platform`] is the operating system and the processor of an image.
//! - [`Identity`] identifies an image independently of engines.
//! - [`Index`], [`Manifest`] and [`Descriptor`] are the documents that describe images. They
//!   serialize to the same bytes each time.
//! - [`parse_document`] parses the documents of an image. [`ImageConfig`], [`UncheckedDocument`]
//!   and [`ListedImage`] are the documents in untrusted archives.
//!
//! The documents refer to each other by digest:
//!
//! ```text
//! Index ─▶ Manifest, one for each platform ─▶ ImageConfig
//!                                          └▶ layers
//! ```
//!
//! Specifications: the OCI image specification 1.1 (index, manifest, config, layout) and Docker's
//! image specification v1.2 (`manifest.json`).

#![cfg_attr(docsrs, feature(doc_cfg))]

mod config;
mod descriptor;
mod digest;
mod hasher;
mod identity;
mod index;
mod json;
mod layout;
mod listed_image;
mod manifest;
pub mod media_type;
mod platform;
mod platform_object;
mod unchecked;

pub use config::{ImageConfig, RootFs};
pub use descriptor::Descriptor;
pub use digest::{Digest, ParseDigestError};
pub use hasher::Hasher;
pub use identity::Identity;
pub use index::Index;
pub use json::{AnyObject, ParseDocumentError, parse_document};
pub use layout::OciLayout;
pub use listed_image::ListedImage;
pub use manifest::Manifest;
pub use platform::{ParsePlatformError, Platform};
pub use platform_object::PlatformObject;
pub use unchecked::{Target, UncheckedDescriptor, UncheckedDocument};

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
