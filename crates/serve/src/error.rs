//! Why a folder is not served.

use std::io;
use std::net::SocketAddr;

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
    /// The folder cannot be read.
    #[error(transparent)]
    Store(#[from] sealift_store::Error),
}
