//! A bucket that is opened.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::{Response, http::request};
use object_store::{BackoffConfig, ObjectStore, RetryConfig};

use crate::bucket::transport::Transport;
use crate::http::client::Client;
use crate::settings::Settings;

/// How often object_store repeats a request.
const TRIES: usize = 6;
/// Until when a request is repeated. A signature is valid for 15 minutes.
const PATIENCE: Duration = Duration::from_secs(300);
/// The longest pause before a repetition.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Where credentials come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CredentialSource {
    /// The settings have them.
    Known,
    /// The role of the machine, if it has one.
    Machine,
    /// There are none, and requests are not signed.
    None,
}

/// A bucket that requests are sent to.
#[derive(Debug, Clone)]
pub(super) struct Store {
    pub(super) objects: Arc<dyn ObjectStore>,
    /// Requests are not signed, because there are no credentials.
    pub(super) anonymous: bool,
}

/// What it takes to open a bucket.
#[derive(Debug, Clone)]
pub(super) struct Opener {
    client: Client,
    backoff: Duration,
}

impl Opener {
    pub(super) fn new(client: Client, settings: &Settings) -> Self {
        Self { client, backoff: settings.backoff() }
    }

    /// Returns the length of the first pause before a repetition.
    pub(super) fn backoff(&self) -> Duration {
        self.backoff
    }

    pub(super) fn connector(&self) -> Transport {
        Transport::new(self.client.clone())
    }

    /// Returns when requests are repeated: after 408, 429, 5xx and broken connections.
    pub(super) fn retry(&self) -> RetryConfig {
        let backoff = BackoffConfig {
            init_backoff: self.backoff,
            max_backoff: LONGEST_PAUSE.max(self.backoff),
            base: 2.0,
        };
        RetryConfig { backoff, max_retries: TRIES, retry_timeout: PATIENCE }
    }

    /// Sends a request without a body, once. `None` if there is no answer in time.
    pub(super) async fn ask(
        &self,
        request: request::Builder,
        limit: Duration,
    ) -> Option<Response<Incoming>> {
        let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
        let answer = self.client.send(request.body(body).ok()?);
        tokio::time::timeout(limit, answer).await.ok()?.ok()
    }
}
