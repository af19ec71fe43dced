//! A container engine spoken to over the Docker API: build, inspect, save and load as streams that fail
//! loudly.
//!
//! Engines answer status 200 and report the failure later, somewhere in the body; connections break off in
//! the middle of a save; a daemon hangs without closing anything. This crate turns each of these into an
//! [`Error`] that says what was done to which image at which engine, in the engine's own words, and never
//! takes half an answer for a whole one.
//!
//! ```no_run
//! use sealift_docker::{Endpoint, Engine, Settings, Timeouts};
//!
//! # async fn save() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = Settings::from_env();
//! let engine = Engine::new(Endpoint::resolve(&settings)?, Timeouts::resolve(&settings)?);
//! let Some(image) = engine.inspect("web:1.4.0.7").await? else {
//!     return Err("no such image".into());
//! };
//! println!("{} for {}", image.id, image.platform);
//!
//! let mut archive = engine.save("web:1.4.0.7", None).await?;
//! let mut bytes = 0;
//! while let Some(chunk) = archive.next_chunk().await? {
//!     bytes += chunk.len();
//! }
//! println!("{bytes} bytes, and the engine said that this is all");
//! # Ok(())
//! # }
//! ```
//!
//! Start with [`Endpoint::resolve`], which finds the engine as the docker CLI does without asking it
//! anything, and [`Engine`], which connects when it is first used. [`Engine::save`] and [`Engine::load`]
//! stream with back-pressure; [`Engine::build`] streams the context and reports what the engine does as
//! [`BuildEvent`]s.
//!
//! # Runtime
//!
//! The asynchronous functions need a tokio runtime with I/O and time enabled; outside of one they panic, as tokio's own do.
//! All of them can be spawned.
//!
//! # TLS
//!
//! It comes with the feature `tls`, which is off unless it is asked for: rustls, with the certificates of
//! `DOCKER_CERT_PATH` or of a context. Without the feature, such an address is refused.
//!
//! # Limits of time
//!
//! An ordinary call has one limit for the whole of it. A save may stay silent for as long as it wants before
//! its first byte, as engines prepare the whole archive first, and so may a load or a build once the engine has taken all that
//! was sent: as long as the engine answers a ping on the side. Once the bytes of a save flow, a silence longer than
//! [`Timeouts::idle`] is an error; so is an engine that takes no byte of an upload for as long.
//!
//! # Limits of size
//!
//! Every answer is read up to a limit, and one that is longer is an error ([`Failure::TooLong`]): 64 KiB of a ping and of the
//! words of a refusal, 16 MiB of what the engine says of an image, of itself or of a load, 64 MiB of a list, 4 MiB of a line, and
//! 400 KiB of any answer's head. Only a save and the log of a build have no limit as a whole; neither is kept in memory.
//!
//! # What a build sends
//!
//! What `<Dockerfile>.dockerignore`, or else `.dockerignore`, doesn't leave out, as the docker CLI would send it: an
//! archive of the same entries in the same order, owned by root. A line that is no pattern is an error
//! ([`ContextError::Pattern`]), and nothing is sent.
//!
//! # BuildKit
//!
//! A request asks for the classic builder unless it sets [`BuildRequest::builder`]. [`Builder::Auto`] and
//! [`Builder::BuildKit`] need the feature `buildkit`, which is off by default. BuildKit reports what it does by
//! [`BuildEvent`]s of their own, as its steps run at the same time.
//! Logins to registries are in [`Credentials`], and go to the engine only.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(unix))]
compile_error!("sealift-docker supports Unix only: it uses Unix sockets and file modes");

mod api;
mod build;
mod discover;
mod error;
mod error_kind;
mod failure;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod wire;

pub use api::engine::Engine;
pub use api::id_kind::IdKind;
pub use api::image::{EngineImage, ImageManifest, ImageSummary};
pub use api::loaded::Loaded;
pub use api::save::SaveStream;
pub use api::version::EngineVersion;
pub use build::builder::{Builder, ParseBuilderError};
pub use build::context_error::ContextError;
pub use build::engine_build::Built;
pub use build::event::{BuildEvent, LeftOut, StepEnd};
pub use build::output::{SUCCESSFUL_BUILD_PATTERN, find_built_id};
pub use build::request::BuildRequest;
pub use build::step_failure::StepFailure;
pub use discover::address::Address;
pub use discover::address_error::{AddressFault, ParseAddressError};
pub use discover::api_version::{ApiVersion, ParseApiVersionError};
pub use discover::endpoint::Endpoint;
pub use discover::resolve_error::{ResolveError, ResolveErrorKind};
pub use discover::setting::{Setting, Source};
pub use discover::settings::Settings;
pub use discover::timeouts::Timeouts;
pub use discover::tls::Tls;
pub use error::Error;
pub use error_kind::ErrorKind;
pub use failure::Failure;
pub use sealift_credentials::{Credentials, CredentialsError, Login};
pub use sealift_dockerignore::PatternError;
pub use wire::archive_body::{ArchiveBody, ArchiveSender, BodyClosed, BrokenOff, archive_body};

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
