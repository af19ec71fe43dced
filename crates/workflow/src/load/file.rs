//! Puts an archive into an engine that is in no folder.

use std::path::Path;

use sealift_archive::{Container, Naming, Renamer, VerifyOptions};
use sealift_docker::Engine;
use sealift_filename::{ArchiveFormat, ImageId, Reference};
use sealift_oci::Platform;

use crate::add::{names, several_names};
use crate::error::Error;
use crate::load::LoadedImage;
use crate::load::is_there;
use crate::load::send::{Outgoing, send};
use crate::prove::{ProvenFile, prove};
use crate::run::Run;
use crate::spool::spool;

/// What an archive is called in the engine, and which image of it is meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoadFileOptions {
    /// The name, if the one in the archive is not wanted or not there.
    pub name: Option<Reference>,
    /// Of an image for several platforms take the one for this platform.
    pub platform: Option<Platform>,
}

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
    let verify = VerifyOptions { deep: false, platform: options.platform.clone() };
    let (from, reading, shown) = (path.clone(), verify.clone(), label.clone());
    let read = run.blocking(move |run| prove(&from, reading, &shown, run)).await;
    let ProvenFile { contents, container, .. } = read.map_err(|error| error.about_file(file))?;
    let identity = contents.identity();

    let mut names = names(identity, options.name.as_ref(), file)?;
    let (repository, version) = match names.len() {
        1 => names.remove(0),
        _ => return Err(several_names(&names, file, "")),
    };
    let naming = Naming::new(&repository, &version)
        .map_err(|error| Error::Usage { message: error.to_string() })?;
    let reference = naming.to_string();
    let loaded = |loaded| -> Result<LoadedImage, Error> {
        let size = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
        let id = identity.config.short();
        let id: ImageId =
            id.parse().map_err(|_| Error::Usage { message: format!("{id} is no image id") })?;
        Ok(LoadedImage {
            image: repository.to_string(),
            version: version.to_string(),
            tag: reference.clone(),
            id,
            digest: identity.config,
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
    };

    // On the heap: a load is deep, and a thread's stack is small.
    let asked = Box::pin(async { Ok(engine.inspect(&reference).await?) });
    if let Some(there) = run.wait_for(asked).await? {
        let same = is_there(&there, identity, path.clone(), label, verify.clone(), run).await;
        if same.map_err(|error| error.about_file(file))? {
            return loaded(false);
        }
    }
    let outgoing = Outgoing {
        path: path.clone(),
        shown: file.display().to_string(),
        renamer: Renamer::new(naming.qualified(), verify).only(&contents),
        reference: reference.clone(),
    };
    send(engine, outgoing, run).await.map_err(|error| error.about_file(file))?;
    loaded(true)
}
