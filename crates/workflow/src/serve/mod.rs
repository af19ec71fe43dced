//! Serving of the folder over HTTP.

mod documents;
pub(crate) mod options;
pub(crate) mod report;

use sealift_serve::{
    Error as ServerError, ServeEvent, ServedRequest, Server, ServerOptions, passed_listeners,
};
use sealift_store::Store;

use crate::error::Error;
use crate::event::Event;
use crate::run::Run;
use crate::serve::documents::documents;
use crate::serve::options::{Listen, ServeOptions};
use crate::serve::report::Serving;

/// Serves a folder over HTTP until the run is cancelled: as a read-only registry, from which
/// engines pull, and as files for `fetch`.
///
/// Only archives with a valid record are served. Other archives, and those that are added later,
/// are verified in the background. An archive that cannot be served is reported as
/// [`Event::LeftOut`].
///
/// `on_start` is called when the server listens, and `on_request` after each answer.
///
/// After a cancellation, requests in progress have ten seconds to finish.
///
/// # Cancel safety
///
/// If the future is dropped, all connections are closed at once. Only records are written.
///
/// # Panics
///
/// Panics outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// Returns an error if the folder or a file of the options cannot be read, or if the server cannot
/// listen.
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
        ServeEvent::Reloaded { files } => reporter.report(Event::FilesReloaded { files }),
        ServeEvent::NotReloaded { reason } => reporter.report(Event::FilesNotReloaded { reason }),
        _ => {}
    };
    let mut server = ServerOptions::default().with_documents(documents).with_on_event(on_event);
    #[cfg(feature = "tls")]
    if let Some((certificate, key)) = &options.tls {
        server = server.with_tls(certificate, key);
    }
    if let Some(logins) = &options.auth {
        server = server.with_auth(logins);
    }
    let server = match &options.listen {
        Listen::Addresses(addresses) => Server::bind(store.clone(), addresses, server).await?,
        Listen::Passed => {
            Server::from_listeners(store.clone(), passed_listeners()?, server).await?
        }
    };
    on_start(&Serving::of(&server, options));
    server.run(run.cancel().cancelled()).await;
    Ok(())
}

impl From<ServerError> for Error {
    fn from(error: ServerError) -> Self {
        match error {
            ServerError::Listen { address, source } => Self::Listen { address, source },
            ServerError::Passed(source) => Self::PassedSockets(source),
            ServerError::UnusableFile(error) => Self::UnusableFile(error),
            ServerError::Store(error) => Self::Store(error),
            other => Self::Output(std::io::Error::other(other)),
        }
    }
}
