//! Options of the server.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::setters::setters;

/// The sockets on which a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// These addresses. With port 0, the system chooses a free port.
    Addresses(Vec<SocketAddr>),
    /// The sockets that systemd, or a compatible tool, passed to this process.
    Passed,
}

/// Options of [`serve`](crate::serve()).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeOptions {
    /// The sockets on which to listen.
    pub listen: Listen,
    /// The certificate with its chain and its key, two PEM files. If set, only TLS connections are
    /// accepted. The files are read again when they change.
    #[cfg(feature = "tls")]
    pub tls: Option<(PathBuf, PathBuf)>,
    /// The file with logins, in the format of `htpasswd -B`. If set, a login is required for
    /// everything except `/healthz`. The file is read again when it changes.
    pub auth: Option<PathBuf>,
}

impl Default for ServeOptions {
    /// Creates the options of a server on port 5000 that is reachable from this machine only.
    fn default() -> Self {
        Self {
            listen: Listen::Addresses(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 5000))]),
            #[cfg(feature = "tls")]
            tls: None,
            auth: None,
        }
    }
}

impl ServeOptions {
    setters! {
        listen with_listen: Listen,
        auth with_auth: Option<PathBuf>,
    }

    /// Sets [`tls`](Self::tls).
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, tls: impl Into<Option<(PathBuf, PathBuf)>>) -> Self {
        self.tls = tls.into();
        self
    }
}
