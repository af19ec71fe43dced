//! Reads the docker CLI's `config.json`: the logins to registries, the credential helpers that
//! store logins, the proxies for builds and the current context.
//!
//! ```
//! use sealift_credentials::Credentials;
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let folder = tempfile::tempdir()?;
//!     let config = r#"{"auths": {"https://registry.example/v2/": {"auth": "YW5uOnNlc2FtZQ=="}}}"#;
//!     std::fs::write(folder.path().join("config.json"), config)?;
//!
//!     let credentials = Credentials::read(folder.path())?;
//!     let login = credentials.find("registry.example").await?.expect("there is a login");
//!     assert_eq!(login.user(), Some("ann"));
//!     assert_eq!(login.secret(), "sesame");
//!     assert_eq!(format!("{login:?}"), r#"Login { user: "ann", .. }"#);
//!     Ok(())
//! }
//! ```
//!
//! [`CliConfig`] is the file, and [`Credentials`] looks up logins in it and in the credential
//! helpers that it names:
//!
//! ```text
//! config.json ─ CliConfig::read ─▶ CliConfig ─ Credentials::new ─▶ Credentials ─ find ─▶ Login
//!                                  │                              │
//!                                  ├─ current_context             └─ runs docker-credential-NAME
//!                                  └─ proxy_build_args
//! ```
//!
//! # Runtime
//!
//! The asynchronous functions run programs, so they need a tokio runtime with I/O and time enabled.
//! Without one they panic, as tokio's own functions do.

#[cfg(not(unix))]
compile_error!("sealift-credentials supports Unix only");

mod config;
mod credentials;
mod helper;
mod login;
mod proxies;

pub use config::{CliConfig, ConfigError, ConfigErrorKind};
pub use credentials::Credentials;
pub use helper::{CredentialsError, CredentialsErrorKind};
pub use login::Login;

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
