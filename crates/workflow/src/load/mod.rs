//! Puts archives back into an engine.

pub(crate) mod file;
mod select;
mod send;

use std::path::PathBuf;

use sealift_archive::{Renamer, VerifyOptions};
use sealift_docker::{Engine, EngineImage};
use sealift_filename::{ArchiveFormat, ArchivePath, ImageId};
use sealift_oci::{Digest, Identity, Platform};
use sealift_store::{Entry, Knowledge, LatestOptions, Query, Store};
use serde::Serialize;

use crate::error::{Error, ErrorKind};
use crate::load::select::select;
use crate::load::send::{Outgoing, has, has_digest_of, send};
use crate::naming::naming_of;
use crate::prove::prove;
use crate::run::Run;
use crate::same_config::shows_the_same;
use crate::select::learn::learn_all;
use crate::select::{held_against_record, refuse_flawed};

/// Which archives to load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Those that are asked for.
    Queries(Vec<Query>),
    /// The latest of every image.
    Latest(LatestOptions),
    /// The newest build of every tag, for one platform if one is given.
    All(Option<Platform>),
}

/// How it went for one archive.
#[derive(Debug)]
pub struct ImageLoad {
    /// What was asked for: `image:tag`, or an archive's path.
    pub asked: String,
    /// What became of it.
    pub result: Result<LoadedImage, Error>,
}

/// An image that the engine has now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoadedImage {
    /// The image.
    pub image: String,
    /// The version.
    pub version: String,
    /// The `image:tag` that it has in the engine.
    pub tag: String,
    /// The id in the archive's name.
    pub id: ImageId,
    /// The full digest of the image's config.
    pub digest: Digest,
    /// The archive's name, relative to the folder, if it is in one.
    #[serde(skip)]
    pub archive: Option<ArchivePath>,
    /// The path of the archive, with the folder in front.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The archive's format.
    pub format: ArchiveFormat,
    /// Whether it was loaded now; else the engine had it.
    pub loaded: bool,
    /// The size of the archive's file in bytes.
    pub size: u64,
}

/// Puts archives back into an engine, one after the other; one failing doesn't stop the others.
///
/// If an image is there for several platforms and none is chosen, the archive for the engine's own platform
/// is loaded.
///
/// Archives are proven while they are sent, and their end is held back until they are: no damaged one
/// becomes an image. What the engine has already is skipped. Afterwards the engine is asked whether it has
/// the image, and it is tagged `image:tag`, whatever the engine made of the name.
///
/// Once it is cancelled, the report says what is in the engine; the others failed with [`Error::Interrupted`].
///
/// # Cancel safety
///
/// When the future is dropped, the upload is broken off in a way that makes no image of it.
///
/// # Errors
///
/// Where nothing at all can be done: the folder can't be read, no engine answers.
pub async fn load(
    engine: &Engine,
    store: &Store,
    selection: &Selection,
    run: &Run,
) -> Result<Vec<ImageLoad>, Error> {
    let chosen = select(engine, store, selection, run).await?;
    let mut results = Vec::new();
    for (asked, entry) in chosen {
        let result = match entry {
            _ if run.cancel().is_cancelled() => Err(Error::Interrupted),
            Ok(entry) => load_one(engine, store, &entry, run)
                .await
                .map_err(|error| held_against_record(store, &entry, error)),
            Err(error) => Err(error),
        };
        match result {
            Err(error) if error.kind() == ErrorKind::Unreachable => return Err(error),
            result => results.push(ImageLoad { asked, result }),
        }
    }
    Ok(results)
}

async fn load_one(
    engine: &Engine,
    store: &Store,
    entry: &Entry,
    run: &Run,
) -> Result<LoadedImage, Error> {
    refuse_flawed(store, entry)?;
    let archive = &entry.archive;
    let name = archive.name();
    let no_repository = || Error::NoRepository {
        archive: archive.clone(),
        image: format!("{}:{}", archive.image(), name.version()),
    };
    let repository = archive.repository().ok_or_else(no_repository)?;
    let tag = name.to_version().to_tag().map_err(|_| no_repository())?;
    let reference = format!("{repository}:{tag}");
    let loaded = |loaded, digest| LoadedImage {
        image: repository.to_string(),
        version: name.version().to_owned(),
        tag: reference.clone(),
        id: name.id(),
        digest,
        archive: Some(archive.clone()),
        path: store.path_of(archive),
        format: name.format(),
        loaded,
        size: entry.stat.size,
    };

    // On the heap: a load is deep, and a thread's stack is small.
    let asked = Box::pin(async { Ok(engine.inspect(&reference).await?) });
    if let Some(there) = run.wait_for(asked).await?
        && let Some(digest) = found_there(&there, store, entry, run).await?
    {
        return Ok(loaded(false, digest));
    }
    let naming = naming_of(archive)?.qualified();
    let outgoing = Outgoing {
        path: store.path_of(archive),
        shown: archive.to_string(),
        renamer: Renamer::new(naming, VerifyOptions::default()),
        reference: reference.clone(),
    };
    let identity = send(engine, outgoing, run).await?;
    Ok(loaded(true, identity.config))
}

/// Gives which image an archive holds, reading it only where no record tells.
async fn identity_of(store: &Store, entry: &Entry, run: &Run) -> Result<Identity, Error> {
    if let Some(identity) = entry.identity() {
        return Ok(identity.clone());
    }
    let (reader, archive) = (store.clone(), entry.archive.clone());
    let learnt = run.blocking(move |run| learn_all(&reader, &[archive], run)).await?;
    let read = learnt.first().unwrap_or(entry);
    refuse_flawed(store, read)?;
    read.identity().cloned().ok_or_else(|| {
        let path = store.path_of(&entry.archive);
        let reason = match &read.knowledge {
            Some(Knowledge::NoImage { reason }) => reason.clone(),
            _ => "it is gone".to_owned(),
        };
        let source = sealift_archive::Fault::NotAnImage { reason };
        sealift_archive::Error::Fault { path, source }.into()
    })
}

/// Returns the digest of an archive's image if an image in the engine is the same, so that it needn't be loaded.
async fn found_there(
    there: &EngineImage,
    store: &Store,
    entry: &Entry,
    run: &Run,
) -> Result<Option<Digest>, Error> {
    let identity = identity_of(store, entry, run).await?;
    let (path, label) = (store.path_of(&entry.archive), entry.archive.to_string());
    let is_same = is_there(there, &identity, path, label, VerifyOptions::default(), run).await?;
    Ok(is_same.then_some(identity.config))
}

/// Returns `true` if an image in the engine is the one in an archive.
///
/// If no digest tells, all that the engine shows has to agree. For that the archive is read once more, which is
/// still less than to load it; only if layers and platform agree, so that it may be the same.
pub(crate) async fn is_there(
    there: &EngineImage,
    identity: &Identity,
    path: PathBuf,
    label: String,
    options: VerifyOptions,
    run: &Run,
) -> Result<bool, Error> {
    if has_digest_of(there, identity) {
        return Ok(true);
    }
    if !has(there, identity) {
        return Ok(false);
    }
    let contents = run.blocking(move |run| prove(&path, options, &label, run)).await?.contents;
    Ok(shows_the_same(
        &there.config,
        there.created.as_deref(),
        contents.settings(),
        contents.identity().created.as_deref(),
    ))
}
