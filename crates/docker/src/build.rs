//! Builds an image.

use crate::context::BuildContext;
use crate::{BuildEvent, BuildRequest, Builder, Engine, Error, Failure, classic_build};

/// An image that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Built {
    /// Its full id, as the engine shows it.
    pub id: String,
}

impl Engine {
    /// Builds an image. The context is streamed; what the engine says is given as events.
    ///
    /// # Errors
    ///
    /// If the context can't be sent; if a step fails, with its last lines.
    pub async fn build(
        &self,
        request: BuildRequest,
        on_event: &mut (dyn FnMut(BuildEvent) + Send),
    ) -> Result<Built, Error> {
        let operation = self.operation(format!("build `{}` in", request.tag), Some(&request.tag));
        let run = self.run_build(&request, on_event).await;
        let id = run.map_err(|failure| match failure {
            // What is wrong with the context says so itself.
            Failure::Upload { source } => match source.downcast::<crate::ContextError>() {
                Ok(error) => operation.fail(*error),
                Err(source) => operation.fail(Failure::Upload { source }),
            },
            failure => operation.fail(failure),
        })?;
        let nothing_built =
            || operation.fail(Failure::unintelligible("it ends without the id of an image", None));
        let id = id.ok_or_else(nothing_built)?;
        // What the output names may be the short form of an id.
        let image = self.inspect(&id).await?.ok_or_else(nothing_built)?;
        Ok(Built { id: image.id })
    }

    async fn run_build(
        &self,
        request: &BuildRequest,
        on_event: &mut (dyn FnMut(BuildEvent) + Send),
    ) -> Result<Option<String>, Failure> {
        let context = BuildContext::new(request)?;
        match self.choose_builder(request).await? {
            #[cfg(feature = "buildkit")]
            Builder::BuildKit => {
                Box::pin(crate::buildkit::build(&self.transport, request, context, on_event)).await
            }
            _ => Box::pin(classic_build::build(&self.transport, request, context, on_event)).await,
        }
    }

    /// Settles which builder does it: never [`Builder::Auto`].
    async fn choose_builder(&self, request: &BuildRequest) -> Result<Builder, Failure> {
        let dialect = self.transport.dialect().await?;
        let refuse = |reason: String| Err(Failure::Builder { builder: request.builder, reason });
        let is_built_in = cfg!(feature = "buildkit");
        match (request.builder, request.only_classic()) {
            (Builder::Auto, None) if dialect.prefers_buildkit && is_built_in => {
                Ok(Builder::BuildKit)
            }
            (Builder::Auto | Builder::Classic, _) => Ok(Builder::Classic),
            (Builder::BuildKit, Some(what)) => {
                refuse(format!("it takes no heed of {what}, which the classic builder does"))
            }
            (Builder::BuildKit, None) if !is_built_in => {
                refuse("this program was built without the feature `buildkit`".to_owned())
            }
            (Builder::BuildKit, None) if dialect.is_podman => {
                refuse("Podman has its own builder and no other".to_owned())
            }
            (Builder::BuildKit, None) => Ok(Builder::BuildKit),
        }
    }
}
