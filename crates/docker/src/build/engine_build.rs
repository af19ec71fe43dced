//! Builds an image.

use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use sealift_oci::Digest;

use crate::api::engine::Engine;
use crate::api::id_kind::IdKind;
use crate::build::builder::Builder;
use crate::build::classic;
use crate::build::context::BuildContext;
use crate::build::event::BuildEvent;
use crate::build::log::Outcome;
use crate::build::notices::Notices;
use crate::build::request::BuildRequest;
use crate::error::Error;
use crate::failure::Failure;

/// An image that was built.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Built {
    /// The id of the image, as the engine shows it.
    pub id: Digest,
    /// The digest of the image's config, from which archives take their id. It is the same as `id`
    /// except on a containerd store, where only BuildKit reports it.
    pub config: Option<Digest>,
}

impl Engine {
    /// Builds an image, and passes the engine's reports to `on_event`.
    ///
    /// The context is streamed while it is read.
    ///
    /// # Errors
    ///
    /// A failed step is a [`Failure::Step`] with the last lines of its output. A context that
    /// cannot be sent is a [`Failure::Context`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future interrupts the request, and the engine ends the build. Finished steps
    /// remain in the engine's cache.
    pub async fn build(
        &self,
        request: BuildRequest,
        on_event: &mut (dyn FnMut(BuildEvent) + Send),
    ) -> Result<Built, Error> {
        let operation = match request.tags.first() {
            Some(tag) => self.operation(format!("build `{tag}` in"), Some(tag)),
            None => self.operation("build an image in", None),
        };
        // Engines treat an empty name as if no name were given.
        if request.tags.iter().any(String::is_empty) {
            let reason = "it is empty";
            return Err(operation.fail(Failure::BadReference { reference: String::new(), reason }));
        }
        let run = self.run_and_report(&request, on_event).await;
        let outcome = run.map_err(|failure| match failure {
            // An error of the context is complete by itself.
            Failure::Upload { source } => {
                match source.downcast::<crate::build::context_error::ContextError>() {
                    Ok(error) => operation.fail(*error),
                    Err(source) => operation.fail(Failure::Upload { source }),
                }
            }
            failure => operation.fail(failure),
        })?;
        let nothing_built =
            || operation.fail(Failure::unintelligible("it contains no image id", None));
        let id = outcome.id.ok_or_else(nothing_built)?;
        // The output may contain only a short form of the id.
        let image = self.inspect(&id).await?.ok_or_else(nothing_built)?;
        let config = match image.id_kind {
            IdKind::Config => Some(image.id),
            IdKind::Descriptor => outcome.config,
        };
        Ok(Built { id: image.id, config })
    }

    /// Runs a build, and reports events of the threads that read the context in addition to those
    /// of the engine.
    async fn run_and_report(
        &self,
        request: &BuildRequest,
        on_event: &mut (dyn FnMut(BuildEvent) + Send),
    ) -> Result<Outcome, Failure> {
        let (notices, mut noticed) = Notices::new();
        let on_event = Mutex::new(on_event);
        let report = |event| {
            let mut on_event = on_event.lock().unwrap_or_else(PoisonError::into_inner);
            on_event(event);
        };
        let mut of_engine = report;
        let built = {
            let mut build = pin!(self.run_build(request, notices, &mut of_engine));
            loop {
                tokio::select! {
                    biased;
                    Some(event) = noticed.recv() => report(event),
                    built = &mut build => break built,
                }
            }
        };
        while let Ok(event) = noticed.try_recv() {
            report(event);
        }
        built
    }

    async fn run_build(
        &self,
        request: &BuildRequest,
        notices: Notices,
        on_event: &mut (dyn FnMut(BuildEvent) + Send),
    ) -> Result<Outcome, Failure> {
        let context = BuildContext::new(request, notices)?;
        match self.choose_builder(request).await? {
            #[cfg(feature = "buildkit")]
            Builder::BuildKit => {
                Box::pin(crate::build::buildkit::build(&self.transport, request, context, on_event))
                    .await
            }
            _ => Box::pin(classic::build(&self.transport, request, context, on_event)).await,
        }
    }

    /// Chooses the builder. The result is never [`Builder::Auto`].
    async fn choose_builder(&self, request: &BuildRequest) -> Result<Builder, Failure> {
        let api = self.transport.api().await?;
        let refuse = |reason: String| Err(Failure::Builder { builder: request.builder, reason });
        match (request.builder, request.only_classic()) {
            (Builder::Classic, _) | (Builder::Auto, Some(_)) => Ok(Builder::Classic),
            (Builder::Auto, None) if !api.prefers_buildkit => Ok(Builder::Classic),
            (Builder::BuildKit, Some(what)) => {
                refuse(format!("BuildKit ignores {what}; use the classic builder"))
            }
            (Builder::BuildKit, None) if api.is_podman => {
                refuse("Podman does not support BuildKit".to_owned())
            }
            // The classic builder is no substitute: the result must not depend on a feature of the
            // crate.
            (Builder::Auto | Builder::BuildKit, None) if !cfg!(feature = "buildkit") => {
                refuse("this program was built without the feature `buildkit`".to_owned())
            }
            (Builder::Auto | Builder::BuildKit, None) => Ok(Builder::BuildKit),
        }
    }
}
