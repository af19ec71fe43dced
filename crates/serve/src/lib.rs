//! Serves a folder of image archives over HTTP: as a read-only registry, from which container
//! engines pull, and as files, from which `sealift fetch` fetches. Nothing is copied or unpacked
//! for it: layers are read out of the archives while they are sent.
//!
//! [`Server::bind`] listens, and [`Server::run`] answers requests:
//!
//! | path | what it is |
//! |---|---|
//! | `/` | a page for people; `/index.json` has the same data |
//! | `/v2/…` | the pull part of the OCI distribution API, with tags, `_catalog` and an empty list of referrers |
//! | `/images.json`, `/SHA256SUMS` | what [`ServerOptions::with_documents`] writes |
//! | `/PATH` of an archive, `/PATH.blocks` | the archive, and its block index |
//! | `/healthz` | 200 if the folder can be read |
//! | `/metrics` | counters for Prometheus |
//!
//! Layers that were compressed in their zip are sent as they are there to clients that accept gzip.
//!
//! Only archives that are known to hold the image that their name states are served. Those without
//! a valid record are verified in the background. What a request names is looked up among them, so
//! that no other file can be reached, except for `SHA256SUMS` and its signatures.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `auth` | Basic authentication by an htpasswd file: `ServerOptions::with_auth` |
//! | `systemd` | sockets that systemd passes: `passed_listeners` |
//! | `tls` | TLS: `ServerOptions::with_tls` |
//!
//! None is on by default.
//!
//! # Tags
//!
//! A tag is the newest build of its version. If there are several platforms, it is an index of
//! their manifests, which depends on nothing else. `latest` is the newest release, unless an
//! archive has this version.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
#[cfg(feature = "auth")]
mod auth;
mod body;
mod cache;
mod conditions;
mod connection;
mod contents;
mod encoding;
mod error;
mod event;
mod folder;
mod header;
mod host;
#[cfg(feature = "auth")]
mod htpasswd;
mod images;
#[cfg(feature = "systemd")]
mod listeners;
mod metrics;
mod options;
mod page;
mod pieces;
#[cfg(any(feature = "auth", feature = "tls"))]
mod reloading;
mod requests;
mod resource;
mod route;
mod server;
#[cfg(feature = "tls")]
mod tls;
mod unusable_file;

pub use error::Error;
pub use event::{ServeEvent, ServedRequest};
pub use host::public_address;
#[cfg(feature = "systemd")]
pub use listeners::passed_listeners;
pub use options::{Documents, ServerOptions, WriteDocuments};
pub use server::{Server, Summary};
pub use unusable_file::UnusableFile;

pub use sealift_catalog as catalog;
pub use sealift_filename as filename;
pub use sealift_store as store;

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
