//! What happens while a folder is served.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use sealift_filename::ArchivePath;
use serde::{Serialize, Serializer};

/// What happens while a folder is served.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ServeEvent {
    /// A request was answered, or its connection has ended.
    Request(ServedRequest),
    /// An archive was read and is not served.
    Refused {
        /// The archive.
        archive: ArchivePath,
        /// Why, a sentence without its end.
        reason: String,
    },
    /// The certificate and its key, or the logins, have changed, and are used from now on.
    Reloaded {
        /// The files that were read.
        files: Vec<PathBuf>,
    },
    /// The certificate and its key, or the logins, have changed, and cannot be used. Those that
    /// were read before are still used.
    NotReloaded {
        /// Why, a sentence without its end.
        reason: String,
    },
}

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ServedRequest {
    /// When it came.
    pub time: Timestamp,
    /// The address of the client's end of the connection, which may be that of a proxy: headers
    /// such as `X-Forwarded-For` are ignored, since every client can send them.
    pub from: SocketAddr,
    /// The user, if the request had a valid login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The method.
    pub method: String,
    /// The path and the query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// The bytes of the body that were passed to the connection.
    pub bytes: u64,
    /// The time until then; as JSON in seconds.
    #[serde(serialize_with = "seconds")]
    pub duration: Duration,
    /// What the client states that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}
