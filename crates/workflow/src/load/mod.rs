//! Puts archives into an engine: select them, look what the engine has, send what it lacks.

mod confirm;
pub(crate) mod engine_load;
mod engine_platform;
pub(crate) mod fan_out;
pub(crate) mod file;
mod holdings;
mod known;
mod leave_out;
mod open_archives;
pub(crate) mod options;
mod outgoing;
mod put;
mod renamed;
pub(crate) mod report;
mod send;
mod there;
pub(crate) mod transfer;
mod upload;

use sealift_archive::VerifyOptions;
use sealift_catalog::{Entry, Knowledge};
use sealift_docker::Engine;
use sealift_filename::Reference;
use sealift_oci::Identity;
use sealift_store::Store;

use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::load::engine_platform::EnginePlatform;
use crate::load::open_archives::OpenArchives;
use crate::load::outgoing::{Origin, Outgoing};
use crate::load::put::{Put, inspect, put};
use crate::load::report::{ImageLoad, LoadedImage};
use crate::naming::naming_of;
use crate::run::Run;
use crate::select::examine::examine_all;
use crate::select::selection::{Selected, Selection, select};
use crate::select::{held_against_record, refuse_flawed};

/// Puts archives back into an engine, one after the other; one failing doesn't stop the others.
///
/// If an image is there for several platforms and none is chosen, the archive for the engine's own
/// platform is loaded.
///
/// An image that the engine has already is skipped. Of others, the layers that the engine has are not
/// sent. The engine is asked afterwards whether it has all of the image; if not, everything is sent
/// once, which [`Event::SentInFull`](crate::Event::SentInFull) reports. Only then the image is
/// tagged `image:tag`. [`LoadRequest::full`](crate::LoadRequest::full) sends everything at once.
///
/// What is sent is verified on the way, and what is not sent is covered by a valid record, or else
/// the archive is verified first: no damaged one becomes an image.
///
/// Once it is cancelled, the report contains the images that are in the engine; the others failed
/// with [`Error::Interrupted`].
///
/// # Cancel safety
///
/// When the future is dropped, the upload is broken off in a way that makes no image of it.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// If nothing at all can be done: the folder cannot be read, or no engine answers.
pub async fn load(
    engine: &Engine,
    store: &Store,
    selection: &Selection,
    run: &Run,
) -> Result<Vec<ImageLoad>, Error> {
    let (open, mut results) = (OpenArchives::default(), Vec::new());
    for selected in select(&EnginePlatform::of(engine), store, selection, run).await? {
        let load = load_selected(engine, store, selected, &open, false, run).await;
        match load.result {
            Err(error) if error.kind() == ErrorKind::Unreachable => return Err(error),
            _ => results.push(load),
        }
    }
    Ok(results)
}

async fn load_selected(
    engine: &Engine,
    store: &Store,
    (asked, entry): Selected,
    open: &OpenArchives,
    full: bool,
    run: &Run,
) -> ImageLoad {
    let result = match run.check_cancelled().and(entry) {
        Ok(entry) => match Box::pin(load_one(engine, store, &entry, open, full, run)).await {
            Err(error) => {
                let store = store.clone();
                // Also if the run is cancelled.
                Run::default()
                    .blocking(move |_| Err(held_against_record(&store, &entry, error)))
                    .await
            }
            loaded => loaded,
        },
        Err(error) => Err(error),
    };
    ImageLoad::new(asked, result)
}

async fn load_one(
    engine: &Engine,
    store: &Store,
    entry: &Entry,
    open: &OpenArchives,
    full: bool,
    run: &Run,
) -> Result<LoadedImage, Error> {
    let (archive, name) = (&entry.archive, entry.archive.name());
    let no_repository = || Error::NoRepository {
        archive: archive.clone(),
        image: format!("{}:{}", archive.image(), name.version()),
    };
    let image = archive.repository().ok_or_else(no_repository)?;
    let version = name.to_version();
    let tag = Reference::new(image.clone(), Some(version.clone())).map_err(|_| no_repository())?;
    let there = match inspect(engine, &tag, run).await? {
        Some(there) => Some((there, Box::pin(identity_of(store, entry, run)).await?)),
        None => None,
    };
    let outgoing = Outgoing {
        path: store.path_of(archive),
        shown: archive.to_string(),
        naming: naming_of(archive)?,
        reference: tag.clone(),
        verify: VerifyOptions::default(),
        origin: Origin::Folder(store.clone(), archive.clone(), open.share(archive)),
        full,
    };
    let Put { digest, transfer } = put(engine, outgoing, there, run).await?;
    Ok(LoadedImage {
        image,
        version,
        tag,
        id: name.id(),
        digest,
        archive: Some(archive.clone()),
        path: store.path_of(archive),
        format: name.format(),
        loaded: transfer.is_some(),
        size: entry.stat.size,
        transfer,
    })
}

/// Returns which image an archive holds; the archive is read only if no record states it.
async fn identity_of(store: &Store, entry: &Entry, run: &Run) -> Result<Identity, Error> {
    if let Some(identity) = entry.identity() {
        return Ok(identity.clone());
    }
    let (reader, archive) = (store.clone(), entry.archive.clone());
    let examined = run.blocking(move |run| examine_all(&reader, &[archive], run)).await?;
    let read = examined.first().unwrap_or(entry);
    refuse_flawed(store, read)?;
    read.identity().cloned().ok_or_else(|| {
        let path = store.path_of(&entry.archive);
        let reason = match &read.knowledge {
            Some(Knowledge::NoImage { reason }) => reason.clone(),
            _ => "it is gone".to_owned(),
        };
        let source = sealift_archive::Fault::NotAnImage { reason };
        sealift_archive::Error::Fault { input: path.into(), source }.into()
    })
}
