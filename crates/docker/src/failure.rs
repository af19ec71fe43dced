//! What went wrong: the cause of an [`Error`](crate::Error), which names what was being done.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::build::builder::Builder;
use crate::build::context_error::ContextError;
use crate::build::step_failure::StepFailure;
use crate::discover::api_version::ApiVersion;
use crate::discover::endpoint::Endpoint;
use crate::discover::setting::SettingSource;
use crate::discover::timeouts::Seconds;
use crate::error_kind::ErrorKind;
use crate::wire::limits::Limit;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// What went wrong: the source of an [`Error`](crate::Error).
///
/// [`Error`](crate::Error) names the operation, the image and the engine; this type is the reason
/// why it failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// No engine answers at the address.
    #[error("no engine answers at {} (from {})", endpoint.address, endpoint.source)]
    Unreachable {
        /// The address that was tried, and where it was found.
        endpoint: Box<Endpoint>,
        /// The operating system's word.
        source: io::Error,
    },
    /// Something else than an engine answers at the address.
    #[error(
        "{} (from {}) is not a container engine: it answers a ping with {answer}",
        endpoint.address,
        endpoint.source
    )]
    NotAnEngine {
        /// The address, and where it was found.
        endpoint: Box<Endpoint>,
        /// What it answered.
        answer: String,
    },
    /// The user may not use the engine's socket.
    #[error("permission denied for {} (from {})", endpoint.address, endpoint.source)]
    Forbidden {
        /// The socket's address, and where it was found.
        endpoint: Box<Endpoint>,
        /// The group whose members may use it, if there is one.
        group: Option<String>,
    },
    /// One side could not prove to the other who it is.
    #[error("no TLS with {} (from {}): {reason}", endpoint.address, endpoint.source)]
    Tls {
        /// The address, and where it was found.
        endpoint: Box<Endpoint>,
        /// Which side refuses what, and why.
        reason: String,
        /// The error of TLS itself.
        source: BoxError,
    },
    /// ssh did not get through to the engine.
    #[error(
        "{} (from {}) cannot be reached: ssh failed with {status}: {words}",
        endpoint.address,
        endpoint.source
    )]
    Ssh {
        /// The address, and where it was found.
        endpoint: Box<Endpoint>,
        /// How ssh ended.
        status: String,
        /// What ssh printed.
        words: String,
    },
    /// The engine's API is older than what is needed.
    #[error("the engine is too old: its newest API is {newest}, and {needed} is needed")]
    TooOld {
        /// The newest that it knows.
        newest: ApiVersion,
        /// The oldest that is supported.
        needed: ApiVersion,
    },
    /// The engine no longer supports any version of the API that is known here.
    #[error("the engine is too new for this program, whose newest API is {known}: {message}")]
    TooNew {
        /// The newest that is known.
        known: ApiVersion,
        /// The engine's own words.
        message: String,
    },
    /// The engine does not support the version of the API that is set.
    #[error("{setting} is `{version}`, but the engine's newest API is {newest}")]
    SetTooNew {
        /// What is set.
        version: ApiVersion,
        /// Where it is set.
        setting: SettingSource,
        /// The newest that the engine knows.
        newest: ApiVersion,
    },
    /// The engine doesn't have what was asked for.
    #[error("the engine reported: {message}")]
    NotFound {
        /// The engine's own words.
        message: String,
    },
    /// The engine refused, by its status.
    #[error("the engine reported: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The engine's own words.
        message: String,
    },
    /// The engine began to answer as if all were well, and then reported this.
    #[error("the engine reported: {message}")]
    Reported {
        /// The engine's own words.
        message: String,
    },
    /// A step of a build failed.
    #[error(transparent)]
    Step(Box<StepFailure>),
    /// The connection broke off before the answer was complete.
    #[error("the connection broke off after {after} bytes of the answer")]
    Broken {
        /// How many bytes of the answer's body had come.
        after: u64,
        /// The error of the connection.
        source: BoxError,
    },
    /// The answer stalled.
    #[error("no bytes for {}, after {after} bytes of the answer", Seconds(*limit))]
    Idle {
        /// For how long nothing came.
        limit: Duration,
        /// How many bytes of the answer's body had come.
        after: u64,
    },
    /// An ordinary call took too long.
    #[error("no answer within {}", Seconds(*limit))]
    Slow {
        /// The limit.
        limit: Duration,
    },
    /// The engine stopped reading what it is sent.
    #[error("the engine took no bytes for {}, after {after} bytes of the upload", Seconds(*limit))]
    Stuck {
        /// For how long nothing moved.
        limit: Duration,
        /// How many bytes of the request the engine had taken.
        after: u64,
    },
    /// The engine was silent, as it may be at that point, but no longer answered a ping either.
    #[error("the engine was silent, and no longer answers pings")]
    Silent {
        /// How the ping failed.
        source: Box<Failure>,
    },
    /// The engine's answer is longer than what is read of it.
    #[error("the engine's {what} is longer than {}, the limit", Limit(*limit))]
    TooLong {
        /// What is too long: `answer`, `line`.
        what: &'static str,
        /// The limit in bytes.
        limit: u64,
    },
    /// The answer isn't what engines answer.
    #[error("the engine's answer cannot be understood: {reason}")]
    Unintelligible {
        /// What is wrong with it.
        reason: String,
        /// The error of the parser, if there is one.
        source: Option<BoxError>,
    },
    /// No image can have this reference, so the engine wasn't asked.
    #[error("`{reference}` is not an image reference: {reason}")]
    BadReference {
        /// The reference.
        reference: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The caller's stream ended with an error, so the request was broken off.
    #[error("the upload was broken off")]
    Upload {
        /// The stream's error.
        source: BoxError,
    },
    /// The builder that was asked for isn't there, or can't do what is asked for.
    #[error("{builder} cannot do this build: {reason}")]
    Builder {
        /// The builder.
        builder: Builder,
        /// Why not.
        reason: String,
    },
    /// A file on this side cannot be written or read.
    #[error("cannot {action} {}", path.display())]
    File {
        /// `write` or `read`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The build's context can't be sent.
    #[error(transparent)]
    Context(#[from] ContextError),
}

impl Failure {
    /// Returns the kind of the failure.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreachable { .. }
            | Self::NotAnEngine { .. }
            | Self::Forbidden { .. }
            | Self::Ssh { .. } => ErrorKind::Unreachable,
            Self::Tls { .. } => ErrorKind::Untrusted,
            Self::TooOld { .. } | Self::TooNew { .. } | Self::SetTooNew { .. } => {
                ErrorKind::IncompatibleApi
            }
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Refused { .. } | Self::Reported { .. } | Self::Step(_) => ErrorKind::Refused,
            Self::Broken { .. } => ErrorKind::Broken,
            Self::Idle { .. } | Self::Slow { .. } | Self::Stuck { .. } | Self::Silent { .. } => {
                ErrorKind::Idle
            }
            Self::Unintelligible { .. } | Self::TooLong { .. } => ErrorKind::Unintelligible,
            Self::BadReference { .. } => ErrorKind::Input,
            Self::Upload { .. } => ErrorKind::Upload,
            Self::File { .. } => ErrorKind::File,
            Self::Context(_) | Self::Builder { .. } => ErrorKind::Input,
        }
    }

    /// Returns the message of the engine, if the engine sent one.
    pub fn engine_message(&self) -> Option<&str> {
        match self {
            Self::NotFound { message }
            | Self::Refused { message, .. }
            | Self::Reported { message }
            | Self::TooNew { message, .. } => Some(message),
            Self::Step(step) => Some(&step.message),
            _ => None,
        }
    }

    pub(crate) fn unintelligible(
        reason: impl Into<String>,
        source: impl Into<Option<BoxError>>,
    ) -> Self {
        Self::Unintelligible { reason: reason.into(), source: source.into() }
    }

    /// Returns the failure that an answer's status means.
    pub(crate) fn from_status(status: u16, message: String) -> Self {
        match status {
            // It means the version on the path: the newest that is known, if the engine's is newer.
            400 if message.contains("is too old. Minimum supported API version") => {
                Self::TooNew { known: ApiVersion::NEWEST_KNOWN, message }
            }
            404 => Self::NotFound { message },
            status => Self::Refused { status, message },
        }
    }
}
