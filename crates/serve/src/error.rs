//! The errors of a server.

use std::io;
use std::net::SocketAddr;

use crate::unusable_file::UnusableFile;

/// The reason that a server cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server cannot listen on an address.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The server cannot listen on the sockets that systemd passed.
    #[cfg(feature = "systemd")]
    #[error("cannot listen on the sockets that systemd passed: {0}")]
    Passed(#[source] io::Error),
    /// The certificate, its key or the logins cannot be used.
    #[error(transparent)]
    UnusableFile(#[from] UnusableFile),
    /// The folder cannot be read.
    #[error(transparent)]
    Store(#[from] sealift_store::Error),
}
