//! The events of a server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use sealift_filename::ArchivePath;
use serde::{Serialize, Serializer};

/// An event of a server.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ServeEvent {
    /// A request was answered, or its connection ended before the response was complete.
    Request(ServedRequest),
    /// An archive was verified and is not served.
    Refused {
        /// The archive.
        archive: ArchivePath,
        /// The reason, without a full stop.
        reason: String,
    },
    /// The certificate and its key, or the logins, have changed and are used from now on.
    Reloaded {
        /// The files that were read.
        files: Vec<PathBuf>,
    },
    /// The certificate and its key, or the logins, have changed but cannot be used. The previous
    /// ones are still used.
    NotReloaded {
        /// The reason, without a full stop.
        reason: String,
    },
}

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ServedRequest {
    /// The time at which the request arrived.
    pub time: Timestamp,
    /// The address of the other end of the connection, which can be a proxy. Headers such as
    /// `X-Forwarded-For` are ignored because every client can send them.
    pub from: SocketAddr,
    /// The user, if the request had a valid login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The method.
    pub method: String,
    /// The path and query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// The number of bytes of the body that were passed to the connection.
    pub bytes: u64,
    /// The time from the request to the end of the response. It serializes as seconds.
    #[serde(serialize_with = "seconds")]
    pub duration: Duration,
    /// The `User-Agent` header, if the client sent one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}
