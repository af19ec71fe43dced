//! A client for container engines with the Docker API (Docker, Podman): build, inspect, tag,
//! remove, save and load.
//!
//! Engines answer with status 200 and report the failure later in the body; connections break in
//! the middle of a save; a daemon hangs without closing anything. This crate turns each of these
//! into an [`Error`] that names the operation, the image and the engine, with the engine's own
//! message, and never takes an incomplete answer for a complete one.
//!
//! ```no_run
//! use sealift_docker::{Engine, Settings};
//!
//! # async fn save() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = Engine::resolve(&Settings::from_env())?;
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
//! println!("{bytes} bytes; the engine ended its answer properly");
//! # Ok(())
//! # }
//! ```
//!
//! Start with [`Engine::resolve`], which finds the engine as the docker CLI does. It contacts no
//! engine: an [`Engine`] connects when it is first used. [`Engine::save`] returns a
//! [`Stream`](futures_util::Stream) that is also an [`AsyncRead`](tokio::io::AsyncRead),
//! [`Engine::load`] takes a stream, and both have back-pressure; [`Engine::save_to`] and
//! [`Engine::load_from`] use files. [`Engine::build`] streams the context and reports what the
//! engine does as [`BuildEvent`]s.
//!
//! # Runtime
//!
//! The asynchronous functions need a tokio runtime with I/O and time enabled; outside of one they
//! panic, as tokio's own functions do. All of them can be spawned. What happens when their future
//! is dropped is documented with each as "Cancel safety". [`Engine::resolve`],
//! [`Endpoint::resolve`], [`Settings::credentials`] and [`Settings::proxy_build_args`] block.
//!
//! # TLS
//!
//! TLS needs the feature `tls`, which is off by default. It uses rustls with the certificates of
//! `DOCKER_CERT_PATH` or of a context. Without the feature, such an address is refused.
//!
//! # Time limits
//!
//! An ordinary call has one limit in total. A save may be silent before its first byte, because
//! engines prepare the whole archive first, and a load or a build may be silent once the engine has
//! received everything, in both cases for as long as the engine answers pings. Later in a save, a
//! silence longer than [`Timeouts::idle`] is an error, and so is an engine that takes no bytes of
//! an upload for that long.
//!
//! # Size limits
//!
//! An answer that is longer than its limit is an error ([`Failure::TooLong`]): 64 KiB for pings and
//! for the messages of refusals, 16 MiB for an image, the engine's description of itself and a
//! load, 64 MiB for a list, 4 MiB for a line, and 400 KiB for the head of any answer. Only a save
//! and the log of a build are unlimited; neither is kept in memory.
//!
//! # The context of a build
//!
//! A build sends what the docker CLI would send: everything that `<Dockerfile>.dockerignore`, or
//! else `.dockerignore`, does not match, as an archive of the same entries in the same order, owned
//! by root. A line that is not a pattern is an error ([`ContextError::Pattern`]), and nothing is
//! sent.
//!
//! # BuildKit
//!
//! A request uses the classic builder unless it sets [`BuildRequest::builder`]. [`Builder::Auto`]
//! and [`Builder::BuildKit`] need the feature `buildkit`, which is off by default. BuildKit's steps
//! run at the same time, and are reported by [`BuildEvent`]s of their own. Logins to registries are
//! in [`Credentials`] and are sent to the engine only.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(unix))]
compile_error!("sealift-docker supports Unix only: it uses Unix sockets and file modes");

mod api;
mod build;
mod discover;
mod error;
mod error_kind;
mod failure;
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
pub use discover::setting::{Setting, SettingSource};
pub use discover::settings::Settings;
pub use discover::timeouts::Timeouts;
pub use discover::tls::Tls;
pub use error::Error;
pub use error_kind::ErrorKind;
pub use failure::Failure;
pub use sealift_credentials::{Credentials, CredentialsError, Login};
pub use sealift_dockerignore::PatternError;
pub use wire::archive_body::{ArchiveBody, ArchiveSender, BodyClosed, BrokenOff, archive_body};

pub use sealift_oci as oci;

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
