//! What is served, and where.

use std::net::SocketAddr;

use sealift_serve::{Server, Summary, public_address};
use serde::Serialize;

/// A folder that is served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Serving {
    /// The address at which the server listens.
    pub address: SocketAddr,
    /// The host and the port for clients.
    pub host: String,
    /// The URL of the folder for clients.
    pub url: String,
    /// What the folder has.
    #[serde(flatten)]
    pub summary: Summary,
}

impl Serving {
    pub(crate) fn of(server: &Server) -> Self {
        let host = public_address(server.address());
        Self {
            address: server.address(),
            url: format!("http://{host}/"),
            host,
            summary: server.summary().clone(),
        }
    }
}
