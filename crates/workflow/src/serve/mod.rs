//! Serves the folder over HTTP.

mod documents;
pub(crate) mod options;
pub(crate) mod report;

use sealift_serve::{Error as ServerError, ServeEvent, ServedRequest, Server, ServerOptions};
use sealift_store::Store;

use crate::error::Error;
use crate::event::Event;
use crate::run::Run;
use crate::serve::documents::documents;
use crate::serve::options::ServeOptions;
use crate::serve::report::Serving;

/// Serves a folder over HTTP until it is cancelled: as a read-only registry, from which engines
/// pull, and as files, from which `fetch` fetches.
///
/// Only archives with a valid record are served. The others are verified in the background, and so
/// are those that appear later; one that cannot be served is reported as [`Event::LeftOut`].
///
/// `on_start` is called when the server listens, and `on_request` after each answer.
///
/// Once it is cancelled, running answers have ten seconds to end; then the function returns.
///
/// # Cancel safety
///
/// When the future is dropped, all connections end at once. Nothing but records is written.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// If the folder cannot be read, or if nobody can listen at the address.
pub async fn serve(
    store: &Store,
    options: &ServeOptions,
    on_start: impl FnOnce(&Serving) + Send,
    on_request: impl Fn(&ServedRequest) + Send + Sync + 'static,
    run: &Run,
) -> Result<(), Error> {
    let reporter = run.clone();
    let on_event = move |event| match event {
        ServeEvent::Request(request) => on_request(&request),
        ServeEvent::Refused { archive, reason } => {
            reporter.report(Event::LeftOut { archive, reason });
        }
        _ => {}
    };
    let server = ServerOptions::default().with_documents(documents).with_on_event(on_event);
    let server = Server::bind(store.clone(), options.address, server).await?;
    on_start(&Serving::of(&server));
    server.run(run.cancel().cancelled()).await;
    Ok(())
}

impl From<ServerError> for Error {
    fn from(error: ServerError) -> Self {
        match error {
            ServerError::Listen { address, source } => Self::Listen { address, source },
            ServerError::Store(error) => Self::Store(error),
            other => Self::Output(std::io::Error::other(other)),
        }
    }
}
