//! The options of a server.

use std::fmt;
#[cfg(any(feature = "auth", feature = "tls"))]
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sealift_catalog::Entry;

use crate::event::ServeEvent;

/// The documents that describe a folder for machines that fetch from it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Documents {
    /// The config, `images.json`.
    pub config: Vec<u8>,
    /// The checksums, `SHA256SUMS`.
    pub sums: Vec<u8>,
}

impl Documents {
    /// Creates the documents.
    pub fn new(config: Vec<u8>, sums: Vec<u8>) -> Self {
        Self { config, sums }
    }
}

/// A function that creates the documents for the served archives. The second argument is the URL of
/// the folder. The error is a complete message for the client, which gets status 409.
pub type WriteDocuments = dyn Fn(&[Entry], &str) -> Result<Documents, String> + Send + Sync;

/// The function that receives events.
#[derive(Clone)]
pub(crate) struct EventHandler(Arc<dyn Fn(ServeEvent) + Send + Sync>);

impl std::ops::Deref for EventHandler {
    type Target = dyn Fn(ServeEvent) + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for EventHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventHandler")
    }
}

/// The options of a [`Server`](crate::Server): documents, events, TLS, logins and limits.
#[derive(Clone)]
#[non_exhaustive]
pub struct ServerOptions {
    pub(crate) documents: Option<Arc<WriteDocuments>>,
    pub(crate) on_event: EventHandler,
    /// The certificate and its key.
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
    /// The file of logins.
    #[cfg(feature = "auth")]
    pub(crate) auth: Option<PathBuf>,
    /// The maximum number of open connections. Further connections wait.
    pub connections: usize,
    /// The time in which a client must send a request, also on an idle connection.
    pub request_timeout: Duration,
    /// The time in which a client must complete the TLS handshake.
    #[cfg(feature = "tls")]
    pub handshake_timeout: Duration,
    /// The time in which a client must accept more bytes of a response.
    pub write_timeout: Duration,
    /// The time that running responses get to finish when the server is stopped.
    pub grace: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            documents: None,
            on_event: EventHandler(Arc::new(|_| ())),
            #[cfg(feature = "tls")]
            tls: None,
            #[cfg(feature = "auth")]
            auth: None,
            connections: 512,
            request_timeout: Duration::from_secs(60),
            #[cfg(feature = "tls")]
            handshake_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(60),
            grace: Duration::from_secs(10),
        }
    }
}

impl ServerOptions {
    /// Sets the function that creates `images.json` and `SHA256SUMS`. Without it, `images.json` is
    /// not served.
    #[must_use]
    pub fn with_documents(
        mut self,
        write: impl Fn(&[Entry], &str) -> Result<Documents, String> + Send + Sync + 'static,
    ) -> Self {
        self.documents = Some(Arc::new(write));
        self
    }

    /// Sets the function that receives events, such as answered requests.
    #[must_use]
    pub fn with_on_event(mut self, on_event: impl Fn(ServeEvent) + Send + Sync + 'static) -> Self {
        self.on_event = EventHandler(Arc::new(on_event));
        self
    }

    /// Sets the certificate with its chain and the key, two PEM files. The server then accepts only
    /// TLS connections. The files are read again when they change.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.tls = Some((certificate.into(), key.into()));
        self
    }

    /// Sets the file of logins, as written by `htpasswd -B`. The server then requires a login for
    /// all paths except `/healthz`. The file is read again when it changes.
    #[cfg(feature = "auth")]
    #[must_use]
    pub fn with_auth(mut self, htpasswd: impl Into<PathBuf>) -> Self {
        self.auth = Some(htpasswd.into());
        self
    }

    /// Sets the maximum number of open connections. The default is 512.
    #[must_use]
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// Sets the time in which a client must send a request. The default is one minute.
    #[must_use]
    pub fn with_request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// Sets the time in which a client must complete the TLS handshake. The default is ten seconds.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    /// Sets the time in which a client must accept more bytes. The default is one minute.
    #[must_use]
    pub fn with_write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }

    /// Sets the time that running responses get to finish when the server is stopped. The default
    /// is ten seconds.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions")
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}
