//! Where the folder is served.

use std::net::{Ipv4Addr, SocketAddr};

use crate::setters::setters;

/// Options of [`serve`](crate::serve()).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeOptions {
    /// The address to listen at. With port 0, the system chooses a free one.
    pub address: SocketAddr,
}

impl Default for ServeOptions {
    /// Creates the options of a server that this machine alone reaches, at port 5000.
    fn default() -> Self {
        Self { address: SocketAddr::from((Ipv4Addr::LOCALHOST, 5000)) }
    }
}

impl ServeOptions {
    setters! {
        address with_address: SocketAddr,
    }
}
