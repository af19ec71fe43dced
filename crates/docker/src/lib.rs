//! A client for container engines with the Docker API (Docker, Podman): build, inspect, tag,
//! remove, save and load.
//!
//! Container engines fail in ways that look like success: they answer with status 200 and report
//! the error later in the body, a connection is closed in the middle of a save, or an engine hangs
//! without closing the connection. This crate turns each of these into an [`Error`] that names the
//! operation, the image and the engine, with the engine's own message. It never treats an
//! incomplete answer as complete.
//!
//! ```no_run
//! use sealift_docker::{Engine, Settings};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let engine = Engine::resolve(&Settings::from_env())?;
//!     let Some(image) = engine.inspect("web:1.4.0.7").await? else {
//!         return Err("no such image".into());
//!     };
//!     println!("{} for {}", image.id, image.platform);
//!
//!     let mut archive = engine.save("web:1.4.0.7", None).await?;
//!     let mut bytes = 0;
//!     while let Some(chunk) = archive.next_chunk().await? {
//!         bytes += chunk.len();
//!     }
//!     println!("{bytes} bytes; the engine ended its answer properly");
//!     Ok(())
//! }
//! ```
//!
//! [`Engine::resolve`] finds the engine as the docker CLI does. It does not contact the engine: an
//! [`Engine`] connects when it is first used.
//!
//! ```text
//! Settings ─ Engine::resolve ─▶ Engine ─┬─ inspect, list ─▶ EngineImage, ImageSummary
//!    (environment, --host)        │      ├─ save ─────────▶ SaveStream ─▶ bytes of an archive
//!                                 │      ├─ load(stream) ─▶ Loaded
//!                                 │      └─ build ────────▶ BuildEvent …, Built
//!                                 └─ endpoint ─▶ Endpoint: Address, SettingSource, Tls
//! ```
//!
//! [`Engine::save`] returns a [`Stream`](futures_util::Stream) that is also an
//! [`AsyncRead`](tokio::io::AsyncRead), and [`Engine::load`] accepts a stream; both apply
//! back-pressure. [`Engine::save_to`] and [`Engine::load_from`] use files. [`Engine::build`]
//! streams the context and reports the progress as [`BuildEvent`]s.
//!
//! # Runtime
//!
//! The asynchronous functions need a tokio runtime with I/O and time enabled. Without one they
//! panic, as tokio's own functions do. All of them can be spawned. The section "Cancel safety" of
//! each function describes what happens if its future is dropped. [`Engine::resolve`],
//! [`Endpoint::resolve`], [`Settings::credentials`] and [`Settings::proxy_build_args`] block.
//!
//! # TLS
//!
//! TLS needs the feature `tls`, which is off by default. It uses rustls with the certificates of
//! `DOCKER_CERT_PATH` or of a context. Without the feature, an address that needs TLS is refused.
//!
//! # Time limits
//!
//! An ordinary call has one limit for its total time.
//!
//! A save can be silent before its first byte, because engines prepare the complete archive first.
//! A load or a build can be silent after the engine has received everything. In both cases the call
//! waits while the engine answers pings. Later in a save, a silence longer than [`Timeouts::idle`]
//! is an error. An upload of which the engine reads nothing for that long is also an error.
//!
//! # Size limits
//!
//! An answer that is longer than its limit is an error ([`Failure::TooLong`]):
//!
//! | answer | limit |
//! |---|---|
//! | the head of any answer | 400 KiB |
//! | a ping, the message of a refusal | 64 KiB |
//! | a line of the answer to a load or a build | 4 MiB |
//! | an image, the engine's description of itself, a load | 16 MiB |
//! | a list | 64 MiB |
//!
//! Saves and the logs of builds have no limit, because they are not kept in memory.
//!
//! # The context of a build
//!
//! A build sends what the docker CLI would send: every file that `<Dockerfile>.dockerignore`, or
//! else `.dockerignore`, does not match. The archive has the same entries in the same order, owned
//! by root. A line that is not a pattern is an error ([`ContextError::Pattern`]), and nothing is
//! sent.
//!
//! # BuildKit
//!
//! A request uses the classic builder unless it sets [`BuildRequest::builder`]. [`Builder::Auto`]
//! and [`Builder::BuildKit`] need the feature `buildkit`, which is off by default. BuildKit runs
//! steps in parallel and reports them as [`BuildEvent`]s with the number of the step. Logins to
//! registries come from [`Credentials`] and are sent to the engine only.

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
