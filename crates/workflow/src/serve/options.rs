//! Where the folder is served, and to whom.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::setters::setters;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// At these addresses. With port 0, the system chooses a free one.
    Addresses(Vec<SocketAddr>),
    /// At the sockets that systemd, or a tool that does the same, has passed to this process.
    Passed,
}

/// Options of [`serve`](crate::serve()).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeOptions {
    /// Where to listen.
    pub listen: Listen,
    /// The certificate with its chain, and its key, two PEM files. Then only TLS connections are
    /// accepted. The files are read again when they change.
    #[cfg(feature = "tls")]
    pub tls: Option<(PathBuf, PathBuf)>,
    /// The file of logins, as `htpasswd -B` writes it. Then only `/healthz` is answered without a
    /// login. The file is read again when it changes.
    pub auth: Option<PathBuf>,
}

impl Default for ServeOptions {
    /// Creates the options of a server that this machine alone reaches, at port 5000.
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
