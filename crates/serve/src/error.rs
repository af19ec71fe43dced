//! Why a folder is not served.

use std::io;
use std::net::SocketAddr;

use crate::unusable_file::UnusableFile;

/// Why a folder is not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody can listen at the address.
    #[error("cannot listen at {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// What systemd passed is no socket at which a server can listen.
    #[cfg(feature = "systemd")]
    #[error("cannot listen at the sockets that systemd passed: {0}")]
    Passed(#[source] io::Error),
    /// The certificate, its key or the logins cannot be used.
    #[error(transparent)]
    UnusableFile(#[from] UnusableFile),
    /// The folder cannot be read.
    #[error(transparent)]
    Store(#[from] sealift_store::Error),
}
