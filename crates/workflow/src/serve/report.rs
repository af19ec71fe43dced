//! The description of a running server.

use std::net::SocketAddr;

use sealift_serve::{Server, Summary, public_address};
use serde::Serialize;

use crate::serve::options::ServeOptions;

/// A served folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Serving {
    /// The addresses on which the server listens.
    pub addresses: Vec<SocketAddr>,
    /// The host and the port for clients.
    pub host: String,
    /// The URL of the folder for clients.
    pub url: String,
    /// Whether clients need a login.
    pub needs_login: bool,
    /// The content of the folder.
    #[serde(flatten)]
    pub summary: Summary,
}

impl Serving {
    pub(crate) fn of(server: &Server, options: &ServeOptions) -> Self {
        let addresses = server.addresses().to_vec();
        let host = public_address(&addresses);
        Self {
            addresses,
            url: format!("{}://{host}/", server.scheme()),
            host,
            needs_login: options.auth.is_some(),
            summary: server.summary().clone(),
        }
    }
}
