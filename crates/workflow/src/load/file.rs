//! Puts an archive into an engine that is in no folder.

use std::path::{Path, PathBuf};

use sealift_archive::{Container, Contents, Naming, VerifyOptions};
use sealift_docker::Engine;
use sealift_filename::{ArchiveFormat, Reference};

use crate::error::Error;
use crate::image_names::names_of;
use crate::load::archive::Archive;
use crate::load::options::LoadFileOptions;
use crate::load::put::{Put, inspect, put};
use crate::load::report::LoadedImage;
use crate::reading::{VerifiedFile, verify_file};
use crate::run::Run;
use crate::spool::{Spooled, spool};

/// Puts an archive that is in no folder into an engine, in any form that [`add`](crate::add()) reads. The file may be a
/// pipe.
///
/// The archive is verified before it is sent and again on the way. The engine has the image under one name
/// afterwards, that of the archive or of the options. An image that it has already is not sent.
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
    let prepared = PreparedFile::prepare(file, options, run).await?;
    prepared.load(engine, run).await
}

/// An archive in no folder that was read to its end and verified, for any number of engines.
pub(crate) struct PreparedFile {
    /// What the caller named.
    file: PathBuf,
    /// Where the bytes are.
    spooled: Spooled,
    size: u64,
    /// The name in the engine.
    tag: Reference,
    naming: Naming,
    verify: VerifyOptions,
    contents: Contents,
    container: Container,
}

impl PreparedFile {
    /// Spools a pipe, and verifies the archive.
    pub(crate) async fn prepare(
        file: &Path,
        options: &LoadFileOptions,
        run: &Run,
    ) -> Result<Self, Error> {
        let from = file.to_owned();
        let spooled = run.blocking(move |run| spool(None, &from, run)).await?;
        let verify = VerifyOptions::new().with_platform(options.platform.clone());
        let (path, reading) = (spooled.path().to_owned(), verify.clone());
        let label = file.display().to_string();
        let read = run.blocking(move |run| {
            let verified = verify_file(&path, reading, &label, run)?;
            let size = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
            Ok((verified, size))
        });
        let (VerifiedFile { contents, container, .. }, size) =
            read.await.map_err(|error| error.about_file(file))?;
        let mut names = names_of(contents.identity(), options.name.as_ref(), file)?;
        if names.len() != 1 {
            return Err(Error::SeveralNames { file: file.to_owned(), names, allows_every: false });
        }
        let tag = names.remove(0);
        let naming = Naming::new(tag.repository(), &tag.version_or_latest())?;
        let file = file.to_owned();
        Ok(Self { file, spooled, size, tag, naming, verify, contents, container })
    }

    /// Puts the archive into an engine.
    pub(crate) async fn load(&self, engine: &Engine, run: &Run) -> Result<LoadedImage, Error> {
        let identity = self.contents.identity();
        let archive = Archive {
            path: self.spooled.path().to_owned(),
            shown: self.file.display().to_string(),
            naming: self.naming.clone(),
            reference: self.tag.clone(),
            verify: self.verify.clone(),
            contents: Some(self.contents.clone()),
        };
        let there = inspect(engine, &self.tag, run).await?.map(|there| (there, identity.clone()));
        let put = put(engine, archive, there, run).await;
        let Put { loaded, digest } = put.map_err(|error| error.about_file(&self.file))?;
        Ok(LoadedImage {
            image: self.tag.repository().clone(),
            version: self.tag.version_or_latest(),
            tag: self.tag.clone(),
            id: identity.config.image_id(),
            digest,
            archive: None,
            path: self.file.clone(),
            format: match self.container {
                Container::Tar => ArchiveFormat::Docker,
                Container::Zip => ArchiveFormat::Zip,
                other => other.to_string().trim_end_matches(" stream").into(),
            },
            loaded,
            size: self.size,
        })
    }

    /// Returns the file as the caller named it.
    pub(crate) fn asked(&self) -> String {
        self.file.display().to_string()
    }
}
