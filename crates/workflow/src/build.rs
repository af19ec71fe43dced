//! Builds an image.

use sealift_docker::{BuildRequest, Built, Engine};

use crate::{Context, Error, Event};

/// Builds an image as `docker build` does; what the engine says on the way goes to the reporter.
///
/// # Cancel safety
///
/// When the future is dropped, the request is broken off, and the engine gives the build up.
///
/// # Errors
///
/// Where the build fails, in the engine's words.
pub async fn build(
    engine: &Engine,
    request: BuildRequest,
    context: &Context,
) -> Result<Built, Error> {
    let mut on_event = |event| context.report(Event::Build(event));
    context.wait_for(async { Ok(engine.build(request, &mut on_event).await?) }).await
}
