//! How a folder is served.

use std::fmt;
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
    /// How many connections there are at the same time. More have to wait.
    pub connections: usize,
    /// How long a client may take to send a request, or to ask for more on an open connection.
    pub request_timeout: Duration,
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
            connections: 512,
            request_timeout: Duration::from_secs(60),
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
