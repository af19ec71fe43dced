//! Builds an image with BuildKit, over the engine's own build endpoint.
//!
//! The build request has a session in addition: a second connection, on which the engine is the
//! client. It requests the Dockerfile, the files of the context that it does not have, and logins
//! to registries, by gRPC.
//!
//! The session does not use bollard: its sessions serve credentials and receive results, but cannot
//! serve a folder, so every build would send the complete context. The message types are from
//! `bollard-buildkit-proto`.

mod file_sync;
mod folder;
mod grpc;
mod session;
mod step;
mod trace;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;

use crate::build::buildkit::file_sync::FileSync;
use crate::build::buildkit::session::Session;
use crate::build::buildkit::trace::Trace;
use crate::build::context::BuildContext;
use crate::build::log::{OnEvent, Outcome, follow};
use crate::build::request::{BuildApi, BuildRequest};
use crate::failure::{BoxError, Failure};
use crate::wire::transport::Transport;
use crate::wire::upload::Upload;

/// Builds an image, and returns what the engine reports about it.
pub(crate) async fn build(
    transport: &Transport,
    request: &BuildRequest,
    context: BuildContext,
    on_event: &mut OnEvent<'_>,
) -> Result<Outcome, Failure> {
    let files = Arc::new(FileSync::new(context));
    let session = Session::open(transport, Arc::clone(&files), request.credentials.clone()).await?;
    let mut query = request.query(files.dockerfile_name(), BuildApi::BuildKit);
    query.add("remote", "client-session").add("session", session.id());
    let nothing = stream::empty::<Result<Bytes, BoxError>>();
    let path = query.on("/build");
    let built = follow::<Trace, _, _>(transport, Upload::to(&path), nothing, on_event).await;
    // An error of the context is complete by itself. The engine can only report that the context
    // did not arrive.
    if let Some(error) = files.take_failure() {
        return Err(Failure::Context(error));
    }
    built
}
