//! The calls whose answers have models in bollard: it speaks over our transport.

use std::io;
use std::sync::Arc;

use bollard::{BollardRequest, Docker};

use crate::Failure;
use crate::transport::Transport;

/// Our own limits hold for every call, so bollard's must never be the first to fire; in seconds.
const NEVER: u64 = 365 * 24 * 3600;

/// Makes a client for one call.
pub(crate) fn client(transport: &Arc<Transport>) -> Result<Docker, Failure> {
    let transport = Arc::clone(transport);
    let send = move |request: BollardRequest| {
        let transport = Arc::clone(&transport);
        async move { respond(&transport, request).await }
    };
    Docker::connect_with_custom_transport(
        send,
        Some("http://localhost"),
        NEVER,
        bollard::API_DEFAULT_VERSION,
    )
    .map_err(into_failure)
}

async fn respond(
    transport: &Transport,
    request: BollardRequest,
) -> Result<hyper::Response<hyper::body::Incoming>, bollard::errors::Error> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let (response, line) = transport.send(request, &path).await.map_err(io::Error::other)?;
    // The body is read by bollard, which has no place for the line: it goes when the call is over.
    let limit = transport.timeouts.call;
    tokio::spawn(async move {
        tokio::time::sleep(limit).await;
        drop(line);
    });
    Ok(response)
}

/// Gives back our own failure where it went through bollard, and judges bollard's.
pub(crate) fn into_failure(error: bollard::errors::Error) -> Failure {
    use bollard::errors::Error;
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
