//! Loading of an archive outside of the folder into engines.
//!
//! The archive is verified before it is sent, and again while it is sent. Afterwards the engine has
//! the image under one name, either the name in the archive or the requested one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealift_archive::{Archive, Container, Contents, Naming, VerifyOptions};
use sealift_docker::Engine;
use sealift_filename::{ArchiveFormat, Reference};

use crate::error::Error;
use crate::image_names::names_of;
use crate::load::holdings::EngineMemory;
use crate::load::loaded_image::LoadedImage;
use crate::load::outgoing::{Origin, Outgoing};
use crate::load::put::{Put, inspect, put};
use crate::load::request::LoadRequest;
use crate::reading::{VerifiedFile, verify_file};
use crate::run::Run;
use crate::spool::{Spooled, spool};

/// An archive outside of the folder that was verified completely, for any number of engines.
pub(crate) struct PreparedFile {
    /// The path that the caller named.
    file: PathBuf,
    /// The file with the bytes.
    spooled: Spooled,
    size: u64,
    /// The image's name in the engine.
    tag: Reference,
    naming: Naming,
    verify: VerifyOptions,
    contents: Contents,
    opened: Arc<Archive>,
    container: Container,
    full: bool,
}

impl PreparedFile {
    /// Verifies the archive. A pipe is first copied to a temporary file.
    pub(crate) async fn prepare(
        file: &Path,
        request: &LoadRequest,
        run: &Run,
    ) -> Result<Self, Error> {
        let from = file.to_owned();
        let spooled = run.blocking(move |run| spool(None, &from, run)).await?;
        let verify = VerifyOptions::new().with_platform(request.platform.clone());
        let (path, reading) = (spooled.path().to_owned(), verify.clone());
        let label = file.display().to_string();
        let read = run.blocking(move |run| {
            let verified = verify_file(&path, reading, &label, run)?;
            let failed = |source| sealift_archive::Error::Io {
                operation: "open",
                input: path.as_path().into(),
                source,
            };
            let source = File::open(&path).map_err(failed)?;
            let size = source.metadata().map_err(failed)?.len();
            let opened = Archive::for_one_pass(source, &verified.contents, path)?;
            Ok((verified, Arc::new(opened), size))
        });
        let (VerifiedFile { contents, container, .. }, opened, size) =
            read.await.map_err(|error| error.about_file(file))?;
        let mut names = names_of(contents.identity(), request.name.as_ref(), file)?;
        if names.len() != 1 {
            return Err(Error::SeveralNames { file: file.to_owned(), names, allows_every: false });
        }
        let tag = names.remove(0);
        let naming = Naming::new(tag.repository(), &tag.version_or_latest())?;
        let file = file.to_owned();
        let full = request.full;
        Ok(Self { file, spooled, size, tag, naming, verify, contents, opened, container, full })
    }

    /// Loads the archive into an engine.
    pub(crate) async fn load(
        &self,
        engine: &Engine,
        memory: &Arc<EngineMemory>,
        run: &Run,
    ) -> Result<LoadedImage, Error> {
        let identity = self.contents.identity();
        let archive = Outgoing {
            path: self.spooled.path().to_owned(),
            shown: self.file.display().to_string(),
            naming: self.naming.clone(),
            reference: self.tag.clone(),
            verify: self.verify.clone(),
            origin: Origin::File(Arc::clone(&self.opened), Box::new(self.contents.clone())),
            full: self.full,
            memory: Arc::clone(memory),
        };
        let there = inspect(engine, &self.tag, run).await?.map(|there| (there, identity.clone()));
        let put = put(engine, archive, there, run).await;
        let Put { digest, transfer } = put.map_err(|error| error.about_file(&self.file))?;
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
            loaded: transfer.is_some(),
            transfer,
            size: self.size,
        })
    }

    /// Returns the path that the caller named, as text.
    pub(crate) fn asked(&self) -> String {
        self.file.display().to_string()
    }
}
