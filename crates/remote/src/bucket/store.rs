//! An open bucket.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::{Response, http::request};
use object_store::{BackoffConfig, ObjectStore, RetryConfig};

use crate::bucket::transport::Transport;
use crate::http::client::Client;
use crate::settings::Settings;

/// The number of repetitions of a request by object_store.
const TRIES: usize = 6;
/// The time after which a request is not repeated any more. A signature is valid for 15 minutes.
const PATIENCE: Duration = Duration::from_secs(300);
/// The maximum length of a pause before a repetition.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// The source of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CredentialSource {
    /// The settings contain credentials.
    Known,
    /// The role of the machine provides them, if it has one.
    Machine,
    /// There are none, and requests are not signed.
    None,
}

/// A bucket to which requests can be sent.
#[derive(Debug, Clone)]
pub(super) struct Store {
    pub(super) objects: Arc<dyn ObjectStore>,
    /// Whether requests are not signed, because there are no credentials.
    pub(super) anonymous: bool,
}

/// The client and the settings with which buckets are opened.
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

    /// Returns the rules for repetitions: after 408, 429, 5xx and lost connections.
    pub(super) fn retry(&self) -> RetryConfig {
        let backoff = BackoffConfig {
            init_backoff: self.backoff,
            max_backoff: LONGEST_PAUSE.max(self.backoff),
            base: 2.0,
        };
        RetryConfig { backoff, max_retries: TRIES, retry_timeout: PATIENCE }
    }

    /// Sends a request without a body once. Returns `None` if there is no answer within the time
    /// limit.
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
