//! The name and the version of an engine.

use sealift_oci::Platform;

use crate::api::engine::Engine;
use crate::error::Error;
use crate::failure::Failure;
use crate::wire::{bollard_client, limits};

/// The name and the version of an engine.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct EngineVersion {
    /// The name of the engine: `Docker` or `Podman`.
    pub name: String,
    /// The version of the engine.
    pub version: String,
    /// The newest version of the API that the engine supports.
    pub api_version: String,
    /// The operating system of the engine's host, in Go's terms.
    pub os: String,
    /// The processor architecture of the engine's host, in Go's terms.
    pub arch: String,
}

impl EngineVersion {
    /// Returns the platform whose images the engine runs without emulation. Engines do not report
    /// the variant of the processor.
    pub fn platform(&self) -> Platform {
        Platform { os: self.os.clone(), architecture: self.arch.clone(), variant: None }
    }
}

impl Engine {
    /// Sends a ping to the engine.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection. Nothing else changes.
    pub async fn ping(&self) -> Result<(), Error> {
        let operation = self.operation("reach", None);
        self.call(&operation, self.transport.ping()).await.map(drop)
    }

    /// Returns `true` if the engine is Podman. The engine is asked once.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection. Nothing else changes.
    pub async fn is_podman(&self) -> Result<bool, Error> {
        let operation = self.operation("reach", None);
        let api = self.transport.api().await.map_err(|failure| operation.fail(failure))?;
        Ok(api.is_podman)
    }

    /// Returns the name and the version of the engine.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection. Nothing else changes.
    pub async fn version(&self) -> Result<EngineVersion, Error> {
        let operation = self.operation("ask the version of", None);
        let answer = bollard_client::call(&self.transport, limits::ANSWER, |client| async move {
            client.version().await
        });
        let answer = answer.await.map_err(|failure| operation.fail(failure))?;
        if answer.version.is_none() && answer.api_version.is_none() {
            return Err(operation.fail(Failure::unintelligible("it contains no version", None)));
        }
        // Docker and Podman state their names in the list of their components.
        let first = answer.components.unwrap_or_default().into_iter().next();
        let name = match first.as_ref().map(|component| component.name.as_str()) {
            None => "unknown",
            Some("Engine") => "Docker",
            Some(name) => name.trim_end_matches(" Engine"),
        };
        let text = |text: Option<String>| text.unwrap_or_else(|| "unknown".to_owned());
        Ok(EngineVersion {
            name: name.to_owned(),
            version: text(answer.version),
            api_version: text(answer.api_version),
            os: text(answer.os),
            arch: text(answer.arch),
        })
    }
}
