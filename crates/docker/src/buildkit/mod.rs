//! Builds an image with BuildKit, over the engine's own build endpoint.
//!
//! A session goes along with the request: a second connection, on which the engine asks back, by gRPC, for the
//! Dockerfile, for what it lacks of the context, and for credentials of registries.

mod file_sync;
mod folder;
mod grpc;
mod session;
mod trace;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;

use crate::answer::{Line, reported};
use crate::build_request::Dialect;
use crate::context::BuildContext;
use crate::failure::BoxError;
use crate::transport::Transport;
use crate::upload::{Upload, upload};
use crate::{BuildEvent, BuildRequest, Failure};
use file_sync::FileSync;
use session::Session;
use trace::Trace;

/// Builds an image, and gives its id if the engine names one.
pub(crate) async fn build(
    transport: &Transport,
    request: &BuildRequest,
    context: BuildContext,
    on_event: &mut (dyn FnMut(BuildEvent) + Send),
) -> Result<Option<String>, Failure> {
    let files = Arc::new(FileSync::new(context));
    let session = Session::open(transport, Arc::clone(&files), request.credentials.clone()).await?;
    let mut query = request.query(files.dockerfile_name(), Dialect::BuildKit);
    query.add("remote", "client-session").add("session", session.id());
    let mut trace = Trace::default();
    let mut on_line = |line: Line| match (reported(&line), line) {
        (Some((message, code)), _) => {
            trace.flush(on_event);
            let failed = std::mem::take(&mut trace).failed(message, code);
            Err(Failure::Step(Box::new(failed)))
        }
        (None, Line::Json(line)) => trace.note(&line, on_event),
        (None, Line::Text(_)) => Ok(()),
    };
    let nothing = stream::empty::<Result<Bytes, BoxError>>();
    let built = upload(transport, Upload::to(&query.on("/build")), nothing, &mut on_line).await;
    // What is wrong with the context says so itself; the engine only knows that it didn't get it.
    if let Some(error) = files.take_failure() {
        return Err(Failure::Context(error));
    }
    built?;
    trace.flush(on_event);
    Ok(trace.into_id())
}
