//! How a folder is served.

use std::fmt;
#[cfg(any(feature = "auth", feature = "tls"))]
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sealift_catalog::Entry;

use crate::event::ServeEvent;

/// The documents that describe a folder for the machines that fetch from it.
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

/// A function that writes the documents of the archives that are served, whose folder has this URL.
/// The error is why there is none, a complete sentence.
pub type WriteDocuments = dyn Fn(&[Entry], &str) -> Result<Documents, String> + Send + Sync;

/// A function that is told what happens.
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

/// How a folder is served: who writes its documents, who is told what happens, and the limits.
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
    /// How many connections there are at the same time. More have to wait.
    pub connections: usize,
    /// How long a client may take to send a request, or to ask for more on an open connection.
    pub request_timeout: Duration,
    /// How long a client may take to open a TLS connection.
    #[cfg(feature = "tls")]
    pub handshake_timeout: Duration,
    /// How long a client may take to accept more bytes of an answer.
    pub write_timeout: Duration,
    /// How long running answers may go on after the server was asked to stop.
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
    /// Sets who writes `images.json` and `SHA256SUMS`. Without it, they are not served.
    #[must_use]
    pub fn with_documents(
        mut self,
        write: impl Fn(&[Entry], &str) -> Result<Documents, String> + Send + Sync + 'static,
    ) -> Self {
        self.documents = Some(Arc::new(write));
        self
    }

    /// Sets who is told of requests, and of archives that are not served.
    #[must_use]
    pub fn with_on_event(mut self, on_event: impl Fn(ServeEvent) + Send + Sync + 'static) -> Self {
        self.on_event = EventHandler(Arc::new(on_event));
        self
    }

    /// Sets the certificate with its chain, and its key, two PEM files. Then only TLS connections
    /// are accepted. The files are read again when they change.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.tls = Some((certificate.into(), key.into()));
        self
    }

    /// Sets the file of logins, as `htpasswd -B` writes it. Then only `/healthz` is answered
    /// without a login. The file is read again when it changes.
    #[cfg(feature = "auth")]
    #[must_use]
    pub fn with_auth(mut self, htpasswd: impl Into<PathBuf>) -> Self {
        self.auth = Some(htpasswd.into());
        self
    }

    /// Sets how many connections there are at the same time. The default is 512.
    #[must_use]
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// Sets how long a client may take to send a request. The default is one minute.
    #[must_use]
    pub fn with_request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// Sets how long a client may take to open a TLS connection. The default is ten seconds.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    /// Sets how long a client may take to accept more bytes. The default is one minute.
    #[must_use]
    pub fn with_write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }

    /// Sets how long running answers may go on after the server was asked to stop. The default is
    /// ten seconds.
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
