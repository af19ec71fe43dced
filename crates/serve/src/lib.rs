//! A server for a folder of image archives over HTTP: a read-only registry, from which container
//! engines pull, and files, which `sealift fetch` fetches. Nothing is copied or unpacked: layers
//! are read from the archives while they are sent.
//!
//! [`Server::bind`] lists the folder and opens the sockets. [`Server::run`] answers requests until
//! it is stopped:
//!
//! ```no_run
//! use sealift_serve::store::Store;
//! use sealift_serve::{ServeEvent, Server, ServerOptions};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let store = Store::open("artifacts")?;
//!     let options = ServerOptions::default().with_on_event(|event| {
//!         if let ServeEvent::Request(request) = event {
//!             println!("{} {} {}", request.from, request.path, request.status);
//!         }
//!     });
//!     let address = "127.0.0.1:5000".parse()?;
//!     let server = Server::bind(store, &[address], options).await?;
//!     let summary = server.summary();
//!     println!("{} archives, {} to verify", summary.archives, summary.unverified);
//!     server.run(std::future::pending()).await;
//!     Ok(())
//! }
//! ```
//!
//! | path | content |
//! |---|---|
//! | `/`, `/index.json` | a web page, and its data as JSON |
//! | `/v2/…` | the pull part of the OCI distribution API, with tags, `_catalog` and an empty list of referrers |
//! | `/images.json`, `/SHA256SUMS` | the output of [`ServerOptions::with_documents`] |
//! | `/PATH` of an archive, `/PATH.blocks` | the archive, and its block index |
//! | `/healthz` | 200 if the folder can be read |
//! | `/metrics` | counters for Prometheus |
//!
//! Layers in a zip are compressed. They are sent without recompression to clients that accept gzip.
//!
//! Only verified archives whose name matches their image are served. Archives without a valid
//! record are verified in the background. Requests are looked up in the list of served archives, so
//! clients cannot reach any other file, except `SHA256SUMS` and its signatures.
//!
//! # How a request is answered
//!
//! ```text
//! Server ─▶ connection (TLS) ─▶ request ─▶ login ─▶ route ─▶ lookup in the listed images
//!                                                              │
//!   client ◀─ body, read in pieces ◀─ range, ETag, gzip ◀─ manifest, layer, file or page
//! ```
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `auth` | Basic authentication with an htpasswd file: `ServerOptions::with_auth` |
//! | `systemd` | socket activation: `passed_listeners` |
//! | `tls` | TLS: `ServerOptions::with_tls` |
//!
//! All features are opt-in.
//!
//! # Tags
//!
//! A tag names the newest build of its version. If the version exists for several platforms, the
//! tag names an index, whose bytes depend only on the manifests. `latest` names the newest release,
//! unless an archive has the version `latest`.

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
