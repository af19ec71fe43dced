//! Serves a folder of image archives over HTTP: as a read-only registry, from which container
//! engines pull, and as files, from which `sealift fetch` fetches. Nothing is copied or unpacked
//! for it: layers are read out of the archives while they are sent.
//!
//! [`Server::bind`] listens, and [`Server::run`] answers requests:
//!
//! | path | what it is |
//! |---|---|
//! | `/v2/…` | the pull part of the OCI distribution API, with tags, `_catalog` and an empty list of referrers |
//! | `/images.json`, `/SHA256SUMS` | what [`ServerOptions::with_documents`] writes |
//! | `/PATH` of an archive, `/PATH.blocks` | the archive, and its block index |
//! | `/healthz` | 200 if the folder can be read |
//!
//! Only archives that are known to hold the image that their name states are served. Those without
//! a valid record are verified in the background. What a request names is looked up among them, so
//! that no other file can be reached, except for `SHA256SUMS` and its signatures.
//!
//! A tag is the newest build of its version. If there are several platforms, it is an index of
//! their manifests, which depends on nothing else. `latest` is the newest release, unless an
//! archive has this version.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod body;
mod conditions;
mod connection;
mod contents;
mod error;
mod event;
mod folder;
mod host;
mod images;
mod options;
mod route;
mod server;

pub use error::Error;
pub use event::{ServeEvent, ServedRequest};
pub use host::public_address;
pub use options::{Documents, ServerOptions, WriteDocuments};
pub use server::{Server, Summary};

pub use sealift_catalog as catalog;
pub use sealift_filename as filename;
pub use sealift_store as store;

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
