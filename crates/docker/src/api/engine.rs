//! An engine, and what all calls to it share.

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
/// It connects when it is first used, and opens a new connection for each request. Clones share
/// what is known about the engine, such as the version of its API.
///
/// All methods need a tokio runtime with I/O and time enabled; outside of one they panic.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) transport: Arc<Transport>,
    /// The kind of ids that the engine shows in answers without descriptors.
    pub(crate) id_kind: Arc<OnceCell<IdKind>>,
}

impl Engine {
    /// Creates an engine. No connection is made yet.
    #[must_use]
    pub fn new(endpoint: Endpoint, timeouts: Timeouts) -> Self {
        let transport = Arc::new(Transport::new(endpoint, timeouts));
        Self { transport, id_kind: Arc::default() }
    }

    /// Creates the engine that the settings choose, with their time limits. No connection is made
    /// yet.
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
    /// Those of [`Endpoint::resolve`] and [`Timeouts::resolve`].
    pub fn resolve(settings: &Settings) -> Result<Self, ResolveError> {
        Ok(Self::new(Endpoint::resolve(settings)?, Timeouts::resolve(settings)?))
    }

    /// Returns where the engine is, and which setting chose it.
    pub fn endpoint(&self) -> &Endpoint {
        &self.transport.endpoint
    }

    pub(crate) fn operation(&self, action: impl Into<String>, image: Option<&str>) -> Operation {
        Operation::new(action, image, &self.transport.endpoint.address)
    }

    /// Runs an ordinary call, which has one time limit in total.
    pub(crate) async fn call<T>(
        &self,
        operation: &Operation,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Error> {
        let limit = self.transport.timeouts.call;
        self.transport.within(limit, call).await.map_err(|failure| operation.fail(failure))
    }
}
