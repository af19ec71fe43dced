//! The reason why an operation failed: the source of an [`Error`](crate::Error).

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

/// The reason why an operation failed: the source of an [`Error`](crate::Error), which names the
/// operation, the image and the engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// No engine answers at the address.
    #[error("no engine answers at {} (from {})", endpoint.address, endpoint.source)]
    Unreachable {
        /// The address that was tried, and its source.
        endpoint: Box<Endpoint>,
        /// The operating system's error.
        source: io::Error,
    },
    /// The server at the address is not a container engine.
    #[error(
        "{} (from {}) is not a container engine: it answers a ping with {answer}",
        endpoint.address,
        endpoint.source
    )]
    NotAnEngine {
        /// The address, and its source.
        endpoint: Box<Endpoint>,
        /// The server's answer to a ping.
        answer: String,
    },
    /// The user does not have permission to use the engine's socket.
    #[error("permission denied for {} (from {})", endpoint.address, endpoint.source)]
    Forbidden {
        /// The address of the socket, and its source.
        endpoint: Box<Endpoint>,
        /// The group whose members can use the socket, if there is one.
        group: Option<String>,
    },
    /// The TLS handshake failed, because one side does not accept the other.
    #[error("the TLS connection to {} (from {}) failed: {reason}", endpoint.address, endpoint.source)]
    Tls {
        /// The address, and its source.
        endpoint: Box<Endpoint>,
        /// The reason, in words that name the certificate.
        reason: String,
        /// The error of TLS.
        source: BoxError,
    },
    /// ssh could not connect to the engine.
    #[error(
        "{} (from {}) cannot be reached: ssh failed with {status}: {words}",
        endpoint.address,
        endpoint.source
    )]
    Ssh {
        /// The address, and its source.
        endpoint: Box<Endpoint>,
        /// The exit status of ssh.
        status: String,
        /// The output of ssh.
        words: String,
    },
    /// The engine's API is older than the oldest version that this crate supports.
    #[error("the engine is too old: its newest API version is {newest}, but {needed} is required")]
    TooOld {
        /// The newest version that the engine supports.
        newest: ApiVersion,
        /// The oldest version that this crate supports.
        needed: ApiVersion,
    },
    /// The engine no longer supports any version of the API that this crate supports.
    #[error("the engine is too new for this program, whose newest API is {known}: {message}")]
    TooNew {
        /// The newest version that this crate supports.
        known: ApiVersion,
        /// The engine's message.
        message: String,
    },
    /// The engine does not support the version of the API that a setting requires.
    #[error("{setting} is `{version}`, but the engine's newest API is {newest}")]
    SetTooNew {
        /// The version that is set.
        version: ApiVersion,
        /// The setting that contains the version.
        setting: SettingSource,
        /// The newest version that the engine supports.
        newest: ApiVersion,
    },
    /// The engine does not have the requested object (status 404).
    #[error("the engine reported: {message}")]
    NotFound {
        /// The engine's message.
        message: String,
    },
    /// The engine refused the request, with an error status.
    #[error("the engine reported: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The engine's message.
        message: String,
    },
    /// The engine answered with a success status, and then reported an error in the body.
    #[error("the engine reported: {message}")]
    Reported {
        /// The engine's message.
        message: String,
    },
    /// A step of a build failed.
    #[error(transparent)]
    Step(Box<StepFailure>),
    /// The connection was lost before the answer was complete.
    #[error("the connection was lost after {after} bytes of the answer")]
    Broken {
        /// The number of bytes of the answer's body that had arrived.
        after: u64,
        /// The error of the connection.
        source: BoxError,
    },
    /// The engine stopped sending its answer, but did not close the connection.
    #[error("no data for {}, after {after} bytes of the answer", Seconds(*limit))]
    Idle {
        /// The length of the silence.
        limit: Duration,
        /// The number of bytes of the answer's body that had arrived.
        after: u64,
    },
    /// An ordinary call did not finish within its time limit.
    #[error("no answer within {}", Seconds(*limit))]
    Slow {
        /// The time limit.
        limit: Duration,
    },
    /// The engine stopped reading the upload.
    #[error("the engine read no data for {}, after {after} bytes of the upload", Seconds(*limit))]
    Stuck {
        /// The time during which no data was read.
        limit: Duration,
        /// The number of bytes of the request that the engine had read.
        after: u64,
    },
    /// The engine was silent where silence is allowed, and did not answer a ping.
    #[error("the engine was silent, and no longer answers pings")]
    Silent {
        /// The failure of the ping.
        source: Box<Failure>,
    },
    /// The engine's answer is longer than its limit.
    #[error("the engine's {what} is longer than the limit of {}", Limit(*limit))]
    TooLong {
        /// The part that is too long: `answer`, `line`, `response head`.
        what: &'static str,
        /// The limit in bytes.
        limit: u64,
    },
    /// The engine's answer is not valid.
    #[error("the engine's answer cannot be understood: {reason}")]
    Unintelligible {
        /// The reason, as a phrase about the answer.
        reason: String,
        /// The error of the parser, if there is one.
        source: Option<BoxError>,
    },
    /// The text cannot be a reference, so no request was sent.
    #[error("`{reference}` is not an image reference: {reason}")]
    BadReference {
        /// The text.
        reference: String,
        /// The reason, as a phrase about the text.
        reason: &'static str,
    },
    /// The caller's stream ended with an error, so the request was interrupted.
    #[error("the upload was interrupted")]
    Upload {
        /// The error of the stream.
        source: BoxError,
    },
    /// The selected builder is not available, or does not support an option of the request.
    #[error("{builder} cannot run this build: {reason}")]
    Builder {
        /// The selected builder.
        builder: Builder,
        /// The reason.
        reason: String,
    },
    /// A local file cannot be written or read.
    #[error("cannot {action} {}", path.display())]
    File {
        /// `write` or `read`.
        action: &'static str,
        /// The path of the file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The context of the build cannot be sent.
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

    /// Returns the engine's message, if the engine sent one.
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

    /// Returns the failure for the status of an answer.
    pub(crate) fn from_status(status: u16, message: String) -> Self {
        match status {
            // The error is about the version in the path, which is the newest one that this crate
            // supports if the engine's is newer.
            400 if message.contains("is too old. Minimum supported API version") => {
                Self::TooNew { known: ApiVersion::NEWEST_KNOWN, message }
            }
            404 => Self::NotFound { message },
            status => Self::Refused { status, message },
        }
    }
}
