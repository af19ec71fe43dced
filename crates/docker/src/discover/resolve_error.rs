//! The error of a setting that cannot be used.

use std::fmt;

/// A setting cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting} is `{value}`, but {reason}")]
#[non_exhaustive]
pub struct ResolveError {
    /// The setting as people write it: `DOCKER_HOST`, `--host`, "the host of the context `edge`".
    pub setting: String,
    /// Its value.
    pub value: String,
    /// Why the value cannot be used.
    pub reason: String,
    kind: ResolveErrorKind,
}

/// The kind of a [`ResolveError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResolveErrorKind {
    /// An address is not one, or cannot be used.
    Address,
    /// There are no certificates for TLS, or they cannot be used.
    Tls,
    /// `DOCKER_TLS` asks for TLS without verification.
    UnverifiedTls,
    /// A context of the docker CLI is missing or cannot be used.
    Context,
    /// docker-machine does not return the address of a machine.
    Machine,
    /// The program docker-machine is not installed.
    MachineProgram,
    /// docker-machine does not answer within its limit.
    MachineTimeout,
    /// The docker CLI's config file cannot be used.
    ConfigFile,
    /// The version of the API is not one that is supported.
    ApiVersion,
    /// A timeout is not a number of seconds.
    Timeout,
}

impl ResolveError {
    pub(crate) fn new(
        kind: ResolveErrorKind,
        setting: impl fmt::Display,
        value: impl Into<String>,
        reason: impl fmt::Display,
    ) -> Self {
        Self { setting: setting.to_string(), value: value.into(), reason: reason.to_string(), kind }
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> ResolveErrorKind {
        self.kind
    }
}
