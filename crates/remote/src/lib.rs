#![doc = include_str!("../README.md")]
//!
//! # Types
//!
//! ```text
//! text ─ parse ─▶ Location ─ Remote::open ─▶ Remote ─┬─ head(Key) ─▶ Object: size, Etag, SHA-256
//!                            (with Settings)         ├─ get(Key, GetRequest) ─▶ Get ─▶ Download
//!                                                    ├─ put(Key, Upload, PutOptions) ─▶ Object
//!                                                    ├─ list ─▶ Entry …
//!                                                    └─ remove(Key)
//! ```
//!
//! Start with [`Remote::open`]. A [`Condition`] in [`PutOptions`] makes an upload depend on the
//! current state of the object.

#[cfg(not(unix))]
compile_error!("sealift-remote needs Unix: a path is published to with a lock on its directory");

#[cfg(feature = "bucket")]
mod bucket;
mod download;
mod error;
mod folder;
#[cfg(feature = "web")]
mod http;
mod key;
mod location;
mod object;
mod remote;
mod settings;
mod upload;
#[cfg(feature = "web")]
mod web;

pub use sealift_filename as filename;
pub use sealift_oci as oci;

pub use crate::download::{Download, Get, GetRequest};
pub use crate::error::{Error, ErrorKind};
pub use crate::key::{Key, ParseKeyError};
pub use crate::location::{Location, ParseLocationError, ParseLocationErrorKind};
pub use crate::object::{Entry, Etag, Object};
pub use crate::remote::Remote;
pub use crate::settings::Settings;
pub use crate::upload::{Condition, PutOptions, Upload};
