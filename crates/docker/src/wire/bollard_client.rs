//! Runs the calls for which bollard's options and models suffice, over this crate's transport.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bollard::{BollardRequest, Docker};

use crate::failure::Failure;
use crate::wire::connection::ActiveConnection;
use crate::wire::meter::{AnswerLimit, Exceeded};
use crate::wire::transport::Transport;

/// A timeout in seconds that is never reached, because this crate's own limits apply to every call.
const NEVER: u64 = 365 * 24 * 3600;

/// Creates a client for one call, runs the call, and closes its connection.
///
/// bollard reads an answer to its end regardless of its length, so the connection fails after
/// `limit` bytes.
pub(crate) async fn call<T, F>(
    transport: &Arc<Transport>,
    limit: u64,
    request: impl FnOnce(Docker) -> F,
) -> Result<T, Failure>
where
    F: Future<Output = Result<T, bollard::errors::Error>>,
{
    // The connection must stay open until the body of the answer is read, and bollard cannot hold
    // it.
    let active: Arc<Mutex<Option<ActiveConnection>>> = Arc::default();
    let slot = Arc::clone(&active);
    let way = Arc::clone(transport);
    let send = move |mut request: BollardRequest| {
        request.extensions_mut().insert(AnswerLimit(limit));
        let (way, slot) = (Arc::clone(&way), Arc::clone(&slot));
        async move {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
            let (response, active) = way.send(request, &path).await.map_err(io::Error::other)?;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(active);
            Ok(response)
        }
    };
    let client = Docker::connect_with_custom_transport(
        send,
        Some("http://localhost"),
        NEVER,
        bollard::API_DEFAULT_VERSION,
    )
    .map_err(into_failure)?;
    let answer = async { request(client).await.map_err(into_failure) };
    let answer = transport.within(transport.timeouts.call, answer).await;
    drop(active);
    answer
}

/// Returns this crate's own failure if bollard passed it on, or else converts bollard's error.
fn into_failure(error: bollard::errors::Error) -> Failure {
    use bollard::errors::Error;
    if let Some(limit) = exceeded(&error) {
        return Failure::TooLong { what: "answer", limit };
    }
    match error {
        Error::DockerResponseServerError { status_code, message } => {
            Failure::from_status(status_code, message.trim().to_owned())
        }
        Error::IOError { err } => match err.downcast::<Failure>() {
            Ok(failure) => failure,
            Err(error) => Failure::Broken { after: 0, source: error.into() },
        },
        Error::HyperResponseError { err } => Failure::Broken { after: 0, source: err.into() },
        error => Failure::unintelligible(error.to_string(), None),
    }
}

/// Returns the limit if the answer exceeded it.
fn exceeded(error: &(dyn std::error::Error + 'static)) -> Option<u64> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(Exceeded { limit }) = error.downcast_ref() {
            return Some(*limit);
        }
        // The `source` of an I/O error is the source of the error inside it, not that error itself.
        let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(Exceeded { limit }) = carried.and_then(|inner| inner.downcast_ref()) {
            return Some(*limit);
        }
        next = error.source();
    }
    None
}
