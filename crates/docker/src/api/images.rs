//! Lists, tags and removes images.

use bollard::query_parameters::{ListImagesOptions, RemoveImageOptions, TagImageOptions};

use crate::api::engine::Engine;
use crate::api::image::ImageSummary;
use crate::api::reference::checked;
use crate::discover::api_version::ApiVersion;
use crate::error::Error;
use crate::failure::Failure;
use crate::wire::{bollard_client, limits};

impl Engine {
    /// Returns all images that have a name or on which no other image is based.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection. Nothing else changes.
    pub async fn list(&self) -> Result<Vec<ImageSummary>, Error> {
        self.list_by(None).await
    }

    /// Returns all images, including those without a name and those on which other images are
    /// based, with the manifests that the engine has.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection. Nothing else changes.
    pub async fn list_all(&self) -> Result<Vec<ImageSummary>, Error> {
        let mut options = ListImagesOptions { all: true, ..ListImagesOptions::default() };
        let operation = self.operation("list the images of", None);
        let api = self.transport.api().await.map_err(|failure| operation.fail(failure))?;
        options.manifests =
            api.version.is_some_and(|version| version >= ApiVersion::WITH_MANIFESTS);
        self.list_by(Some(options)).await
    }

    /// Returns `true` if [`list_all`](Self::list_all) shows which images of a containerd store are
    /// complete, because the list contains manifests or contains complete images only. Otherwise
    /// layers of a listed image can be missing.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection. Nothing else changes.
    pub async fn shows_complete_images(&self) -> Result<bool, Error> {
        let operation = self.operation("ask for the API of", None);
        let api = self.transport.api().await.map_err(|failure| operation.fail(failure))?;
        let is_stated = api.version.is_some_and(|version| version >= ApiVersion::WITH_MANIFESTS);
        let is_listed_if_complete =
            api.newest.is_some_and(|newest| newest <= ApiVersion::LISTS_ONLY_COMPLETE);
        Ok(is_stated || is_listed_if_complete)
    }

    async fn list_by(
        &self,
        options: Option<ListImagesOptions>,
    ) -> Result<Vec<ImageSummary>, Error> {
        let operation = self.operation("list the images of", None);
        let images = bollard_client::call(&self.transport, limits::LIST, |client| async move {
            client.list_images(options).await
        });
        let images = images.await.map_err(|failure| operation.fail(failure))?;
        let mut summaries = Vec::with_capacity(images.len());
        for image in images {
            let descriptor = image.descriptor.as_ref();
            let id_kind = self.id_kind(descriptor.is_some_and(|it| it.digest.is_some())).await;
            let summary = ImageSummary::read(image, id_kind);
            summaries.push(summary.map_err(|failure| operation.fail(failure))?);
        }
        Ok(summaries)
    }

    /// Adds a name to an image.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection. The name may have been added already.
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

    /// Removes a name of an image; removing the last name also removes the image. Returns `true` if
    /// the name existed.
    ///
    /// # Errors
    ///
    /// Engines refuse to remove an image that a container uses.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection. The name may have been removed already.
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
}
