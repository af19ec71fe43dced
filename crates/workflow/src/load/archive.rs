//! Loading of an archive from the folder into an engine.

use std::sync::Arc;

use sealift_archive::VerifyOptions;
use sealift_catalog::{Entry, Knowledge};
use sealift_docker::Engine;
use sealift_filename::Reference;
use sealift_oci::Identity;
use sealift_store::Store;

use crate::error::Error;
use crate::load::holdings::EngineMemory;
use crate::load::loaded_image::LoadedImage;
use crate::load::open_archives::OpenArchives;
use crate::load::outgoing::{Origin, Outgoing};
use crate::load::put::{Put, inspect, put};
use crate::naming::naming_of;
use crate::run::Run;
use crate::select::examine::examine_all;
use crate::select::{held_against_record, refuse_flawed};

/// Loads an archive from the folder into an engine. If the archive turns out to contradict its
/// record, the record is removed.
pub(crate) async fn load_selected(
    engine: &Engine,
    store: &Store,
    entry: Result<Entry, Error>,
    shared: (&OpenArchives, &Arc<EngineMemory>),
    full: bool,
    run: &Run,
) -> Result<LoadedImage, Error> {
    match run.check_cancelled().and(entry) {
        Ok(entry) => match Box::pin(load_one(engine, store, &entry, shared, full, run)).await {
            Err(error) => {
                let store = store.clone();
                // A new run, because the record must be removed even if this one is cancelled.
                Run::default()
                    .blocking(move |_| Err(held_against_record(&store, &entry, error)))
                    .await
            }
            loaded => loaded,
        },
        Err(error) => Err(error),
    }
}

async fn load_one(
    engine: &Engine,
    store: &Store,
    entry: &Entry,
    (open, memory): (&OpenArchives, &Arc<EngineMemory>),
    full: bool,
    run: &Run,
) -> Result<LoadedImage, Error> {
    let (archive, name) = (&entry.archive, entry.archive.name());
    let no_repository = || Error::NoRepository {
        archive: archive.clone(),
        image: format!("{}:{}", archive.image(), name.version()),
    };
    open.signatures.check(store, archive, run).await?;
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
        origin: Origin::Folder {
            store: store.clone(),
            archive: archive.clone(),
            shared: open.share(archive),
            records: Arc::clone(&open.records),
        },
        full,
        memory: Arc::clone(memory),
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

/// Returns the identity of an archive's image. The archive is read only if it has no record.
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
            _ => "it no longer exists".to_owned(),
        };
        let source = sealift_archive::Fault::NotAnImage { reason };
        sealift_archive::Error::Fault { input: path.into(), source }.into()
    })
}
