//! An engine, and the state that all calls to it share.

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::api::id_kind::IdKind;
use crate::discover::endpoint::Endpoint;
use crate::discover::resolve_error::ResolveError;
use crate::discover::settings::Settings;
use crate::discover::timeouts::Timeouts;
use crate::error::{Error, Operation};
use crate::failure::Failure;
use crate::wire::transport::Transport;

/// A container engine.
///
/// It connects when it is first used, and opens a new connection for each request. Clones share the
/// facts that were learnt about the engine, such as the version of its API.
///
/// All asynchronous methods need a tokio runtime with I/O and time enabled, and panic without one.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) transport: Arc<Transport>,
    /// The kind of id in answers that contain no descriptors. The engine is asked for it once.
    pub(crate) id_kind: Arc<OnceCell<IdKind>>,
}

impl Engine {
    /// Creates an engine without connecting to it.
    #[must_use]
    pub fn new(endpoint: Endpoint, timeouts: Timeouts) -> Self {
        let transport = Arc::new(Transport::new(endpoint, timeouts));
        Self { transport, id_kind: Arc::default() }
    }

    /// Creates the engine that the settings choose, with their time limits, without connecting to
    /// it.
    ///
    /// This function **blocks** as [`Endpoint::resolve`] does.
    ///
    /// ```
    /// use sealift_docker::{Engine, Settings};
    ///
    /// let host = Some("tcp://127.0.0.1:2375".to_owned());
    /// let engine = Engine::resolve(&Settings::default().with_host(host, "engine.host"))?;
    /// assert_eq!(engine.endpoint().address.to_string(), "tcp://127.0.0.1:2375");
    /// # Ok::<(), sealift_docker::ResolveError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Endpoint::resolve`] and [`Timeouts::resolve`].
    pub fn resolve(settings: &Settings) -> Result<Self, ResolveError> {
        Ok(Self::new(Endpoint::resolve(settings)?, Timeouts::resolve(settings)?))
    }

    /// Returns the engine's address and the setting that chose it.
    pub fn endpoint(&self) -> &Endpoint {
        &self.transport.endpoint
    }

    pub(crate) fn operation(&self, action: impl Into<String>, image: Option<&str>) -> Operation {
        Operation::new(action, image, &self.transport.endpoint.address)
    }

    /// Runs an ordinary call, which has one limit for its total time.
    pub(crate) async fn call<T>(
        &self,
        operation: &Operation,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Error> {
        let limit = self.transport.timeouts.call;
        self.transport.within(limit, call).await.map_err(|failure| operation.fail(failure))
    }
}
