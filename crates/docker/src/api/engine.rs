//! An engine, and what can be asked of it.

use std::sync::Arc;

use bollard::query_parameters::{ListImagesOptions, RemoveImageOptions, TagImageOptions};
use hyper::Request;
use sealift_oci::Platform;

use crate::api::image::{EngineImage, ImageSummary};
use crate::api::platform;
use crate::api::query::Query;
use crate::api::reference::checked;
use crate::api::save::SaveStream;
use crate::discover::api_version::ApiVersion;
use crate::discover::endpoint::Endpoint;
use crate::discover::timeouts::Timeouts;
use crate::error::Error;
use crate::error::Operation;
use crate::failure::Failure;
use crate::wire::bollard_client;
use crate::wire::limits;
use crate::wire::transport::{Transport, nothing};

/// A container engine. It connects when it is first asked something, and for each request anew.
///
/// Clones share what was learnt about the engine, as the version of its API.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) transport: Arc<Transport>,
}

/// Which engine answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineVersion {
    /// What it calls itself: `Docker`, `Podman`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The version of its API.
    pub api_version: String,
    /// The operating system it runs on.
    pub os: String,
    /// The processor it runs on.
    pub arch: String,
}

impl Engine {
    /// Makes an engine of an address; nothing is asked of it yet.
    pub fn new(endpoint: Endpoint, timeouts: Timeouts) -> Self {
        Self { transport: Arc::new(Transport::new(endpoint, timeouts)) }
    }

    /// Gives where the engine is, and who says so.
    pub fn endpoint(&self) -> &Endpoint {
        &self.transport.endpoint
    }

    /// Asks whether the engine is there.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection. Nothing else changes.
    ///
    /// # Errors
    ///
    /// If it doesn't answer.
    pub async fn ping(&self) -> Result<(), Error> {
        let operation = self.operation("reach", None);
        let ping = self.transport.within(self.transport.timeouts.call, self.transport.ping());
        ping.await.map(drop).map_err(|failure| operation.fail(failure))
    }

    /// Asks which engine it is.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection. Nothing else changes.
    ///
    /// # Errors
    ///
    /// If it doesn't answer.
    pub async fn version(&self) -> Result<EngineVersion, Error> {
        let operation = self.operation("ask the version of", None);
        let answer = self.call(operation, self.transport.get_object("/version")).await?;
        let text = |key: &str| answer[key].as_str().unwrap_or("unknown").to_owned();
        // Docker and Podman name themselves in the list of their parts.
        let name = answer["Components"][0]["Name"].as_str().unwrap_or("unknown");
        let name = if name == "Engine" { "Docker" } else { name.trim_end_matches(" Engine") };
        Ok(EngineVersion {
            name: name.to_owned(),
            version: text("Version"),
            api_version: text("ApiVersion"),
            os: text("Os"),
            arch: text("Arch"),
        })
    }

    /// Shows an image, or none if the engine doesn't have it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection. Nothing else changes.
    ///
    /// # Errors
    ///
    /// If the engine doesn't answer, or doesn't tell.
    pub async fn inspect(&self, reference: &str) -> Result<Option<EngineImage>, Error> {
        let operation = self.operation(format!("inspect `{reference}` in"), Some(reference));
        let answer = self.call(operation.clone(), async {
            let path = format!("/images/{}/json", checked(reference)?);
            let version = self.transport.dialect().await?.version;
            let mut query = Query::default();
            if version.is_some_and(|version| version >= ApiVersion::WITH_MANIFESTS) {
                query.add_flag("manifests", true);
            }
            self.transport.get_object(&query.on(&path)).await
        });
        match answer.await {
            Ok(answer) => {
                let id_kind = self.id_kind(answer["Descriptor"]["digest"].is_string()).await;
                let image = EngineImage::read(&answer, id_kind);
                image.map(Some).map_err(|failure| operation.fail(failure))
            }
            Err(error) if error.kind() == crate::error::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lists all images that have a name or are no part of another.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection. Nothing else changes.
    ///
    /// # Errors
    ///
    /// If the engine doesn't answer.
    pub async fn list(&self) -> Result<Vec<ImageSummary>, Error> {
        let operation = self.operation("list the images of", None);
        let images = bollard_client::call(&self.transport, limits::LIST, |client| async move {
            client.list_images(None::<ListImagesOptions>).await
        });
        let images = images.await.map_err(|failure| operation.fail(failure))?;
        let mut summaries = Vec::with_capacity(images.len());
        for image in images {
            let descriptor = image.descriptor.as_ref();
            let id_kind = self.id_kind(descriptor.is_some_and(|it| it.digest.is_some())).await;
            summaries.push(ImageSummary::new(image, id_kind));
        }
        Ok(summaries)
    }

    /// Gives an image another name.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection. The image may have the name already.
    ///
    /// # Errors
    ///
    /// If the engine doesn't have the image, or refuses the name.
    pub async fn tag(&self, source: &str, repository: &str, tag: &str) -> Result<(), Error> {
        let action = format!("tag `{source}` as `{repository}:{tag}` in");
        let operation = self.operation(action, Some(source));
        let source = checked(source).map_err(|failure| operation.fail(failure))?;
        let options =
            TagImageOptions { repo: Some(repository.to_owned()), tag: Some(tag.to_owned()) };
        let tagged = bollard_client::call(&self.transport, limits::ANSWER, |client| async move {
            client.tag_image(source, Some(options)).await
        });
        tagged.await.map_err(|failure| operation.fail(failure))
    }

    /// Removes an image's name, and with the last name the image. Tells whether it was there.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection. The name may be gone already.
    ///
    /// # Errors
    ///
    /// If the engine refuses, as it does for an image that a container uses.
    pub async fn remove(&self, reference: &str) -> Result<bool, Error> {
        let operation = self.operation(format!("remove `{reference}` from"), Some(reference));
        let reference = checked(reference).map_err(|failure| operation.fail(failure))?;
        let removed = bollard_client::call(&self.transport, limits::ANSWER, |client| async move {
            client.remove_image(reference, None::<RemoveImageOptions>, None).await
        });
        match removed.await {
            Ok(_) => Ok(true),
            Err(Failure::NotFound { .. }) => Ok(false),
            Err(failure) => Err(operation.fail(failure)),
        }
    }

    /// Asks for an image as an archive, by `name:tag`: by its id alone the names would be lost.
    ///
    /// Of an image for several platforms it brings all that are there, or only the one that is given. Engines
    /// know about that where they [list](EngineImage::manifests) the manifests.
    ///
    /// It waits for the engine's answer, but not for the archive, which classic stores prepare as a whole
    /// before its first byte.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection, which ends the engine's work on the save.
    ///
    /// # Errors
    ///
    /// If the engine doesn't have the image, or refuses.
    pub async fn save(
        &self,
        reference: &str,
        platform: Option<&Platform>,
    ) -> Result<SaveStream, Error> {
        let operation = self.operation(format!("save `{reference}` from"), Some(reference));
        let opened = self.transport.while_alive(async {
            let mut query = Query::default();
            query.add_some("platform", platform.map(platform::to_json).as_deref());
            let path = query.on(&format!("/images/{}/get", checked(reference)?));
            let (response, line) = self.transport.send(Request::new(nothing()), &path).await?;
            Ok((self.transport.accept(response).await?, line))
        });
        let (response, line) = opened.await.map_err(|failure| operation.fail(failure))?;
        SaveStream::new(Arc::clone(&self.transport), response, line, operation)
    }

    pub(crate) fn operation(&self, action: impl Into<String>, image: Option<&str>) -> Operation {
        Operation::new(action, image, &self.transport.endpoint.address)
    }

    /// Makes an ordinary call, which has one limit for the whole of it.
    async fn call<T>(
        &self,
        operation: Operation,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Error> {
        let limit = self.transport.timeouts.call;
        self.transport.within(limit, call).await.map_err(|failure| operation.fail(failure))
    }
}
