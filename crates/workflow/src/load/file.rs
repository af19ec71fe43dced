//! Puts an archive into an engine that is in no folder.

use std::path::Path;

use sealift_archive::{Container, Naming, VerifyOptions};
use sealift_docker::Engine;
use sealift_filename::ArchiveFormat;

use crate::error::Error;
use crate::image_names::names_of;
use crate::load::archive::Archive;
use crate::load::options::LoadFileOptions;
use crate::load::put::{Put, inspect, put};
use crate::load::report::LoadedImage;
use crate::reading::{VerifiedFile, verify_file};
use crate::run::Run;
use crate::spool::spool;

/// Puts an archive that is in no folder into an engine, in any form that [`add`](crate::add()) reads. The file may be a
/// pipe.
///
/// The archive is verified before it is sent and again on the way. The engine has the image under one name
/// afterwards, that of the archive or of the options. An image that it has already is not sent.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// If the file is no whole image, if its tags do not make one name, and for everything that
/// [`load`](crate::load()) returns for an image.
///
/// # Cancel safety
///
/// When the future is dropped, the upload is broken off in a way that makes no image of it.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O and time enabled.
pub async fn load_file(
    engine: &Engine,
    file: &Path,
    options: &LoadFileOptions,
    run: &Run,
) -> Result<LoadedImage, Error> {
    let (from, label) = (file.to_owned(), file.display().to_string());
    let spooled = run.blocking(move |run| spool(None, &from, run)).await;
    let spooled = spooled?;
    let path = spooled.path().to_owned();
    let verify = VerifyOptions::new().with_platform(options.platform.clone());
    let (from, reading, shown) = (path.clone(), verify.clone(), label.clone());
    let read = run.blocking(move |run| verify_file(&from, reading, &shown, run)).await;
    let VerifiedFile { contents, container, .. } = read.map_err(|error| error.about_file(file))?;
    let identity = contents.identity().clone();

    let mut names = names_of(&identity, options.name.as_ref(), file)?;
    if names.len() != 1 {
        return Err(Error::SeveralNames { file: file.to_owned(), names, allows_every: false });
    }
    let tag = names.remove(0);
    let (image, version) = (tag.repository().clone(), tag.version_or_latest());
    let id = identity.config.image_id();
    let archive = Archive {
        path: path.clone(),
        shown: label,
        naming: Naming::new(&image, &version)?,
        reference: tag.clone(),
        verify,
        contents: Some(contents),
    };
    let there = inspect(engine, &tag, run).await?.map(|there| (there, identity));
    let Put { loaded, digest } =
        put(engine, archive, there, run).await.map_err(|error| error.about_file(file))?;
    let size = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
    Ok(LoadedImage {
        image,
        version,
        tag,
        id,
        digest,
        archive: None,
        path: file.to_owned(),
        format: match container {
            Container::Tar => ArchiveFormat::Docker,
            Container::Zip => ArchiveFormat::Zip,
            other => other.to_string().trim_end_matches(" stream").into(),
        },
        loaded,
        size,
    })
}
