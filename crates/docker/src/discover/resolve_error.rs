//! The error of a setting that cannot be used.

use std::fmt;

/// An error of a setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting} is `{value}`, but {reason}")]
#[non_exhaustive]
pub struct ResolveError {
    /// The name of the setting in messages: `DOCKER_HOST`, `--host`, "the host of the context
    /// `edge`".
    pub setting: String,
    /// The value of the setting.
    pub value: String,
    /// The reason why the value cannot be used.
    pub reason: String,
    kind: ResolveErrorKind,
}

/// The kind of a [`ResolveError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResolveErrorKind {
    /// A text is not an address, or the address cannot be used.
    Address,
    /// The certificates for TLS are missing or cannot be used.
    Tls,
    /// `DOCKER_TLS` requires TLS without verification.
    UnverifiedTls,
    /// A context of the docker CLI is missing or cannot be used.
    Context,
    /// docker-machine did not report the address of a machine.
    Machine,
    /// The program docker-machine is not installed.
    MachineProgram,
    /// docker-machine did not answer within its time limit.
    MachineTimeout,
    /// The docker CLI's config file cannot be used.
    ConfigFile,
    /// The version of the API is not valid or not supported.
    ApiVersion,
    /// A timeout is not a positive number of seconds.
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
