//! Puts archives back into an engine.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::stream;
use sealift_archive::{Digest, Identity, Naming, Platform, ProvenReader, VerifyOptions};
use sealift_docker::{Engine, EngineImage, IdKind, Loaded};
use sealift_filename::{ArchiveFormat, ArchivePath, ImageId};
use sealift_store::{Entry, Knowledge, LatestOptions, Query, Store, is_same_platform};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::choose::refuse_flawed;
use crate::inspected::{digest_of_id, platform_of};
use crate::learn::learn_all;
use crate::naming::naming_of;
use crate::prove::prove;
use crate::pump::Pump;
use crate::select::select;
use crate::shown::shows_the_same;
use crate::{Context, Error, Work};

/// How many buffers may wait between the disk and the engine.
const PIECES: usize = 4;

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
    /// The archive's name, relative to the folder.
    #[serde(skip)]
    pub archive: ArchivePath,
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
    context: &Context,
) -> Result<Vec<ImageLoad>, Error> {
    let chosen = select(engine, store, selection, context).await?;
    let mut results = Vec::new();
    for (asked, entry) in chosen {
        let result = match entry {
            _ if context.cancel().is_cancelled() => Err(Error::Interrupted),
            Ok(entry) => load_one(engine, store, &entry, context).await,
            Err(error) => Err(error),
        };
        match result {
            Err(error) if error.kind() == crate::ErrorKind::Unreachable => return Err(error),
            result => results.push(ImageLoad { asked, result }),
        }
    }
    Ok(results)
}

async fn load_one(
    engine: &Engine,
    store: &Store,
    entry: &Entry,
    context: &Context,
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
        archive: archive.clone(),
        path: store.path_of(archive),
        format: name.format(),
        loaded,
        size: entry.stat.size,
    };

    // On the heap: a load is deep, and a thread's stack is small.
    let asked = Box::pin(async { Ok(engine.inspect(&reference).await?) });
    if let Some(there) = context.wait_for(asked).await?
        && let Some(digest) = found_there(&there, store, entry, context).await?
    {
        return Ok(loaded(false, digest));
    }
    let sent = send(engine, store, entry, &reference, context).await;
    context.finish(&reference);
    let (answer, identity) = sent?;
    if !name_image(engine, &answer, &identity, &reference, repository.as_str(), &tag).await? {
        return Err(Error::NotLoaded {
            archive: Box::new(archive.clone()),
            image: reference,
            endpoint: engine.endpoint().to_string(),
        });
    }
    Ok(loaded(true, identity.config))
}

/// Gives which image an archive holds, reading it only where no record tells.
async fn identity_of(store: &Store, entry: &Entry, context: &Context) -> Result<Identity, Error> {
    if let Some(identity) = entry.identity() {
        return Ok(identity.clone());
    }
    let (reader, archive) = (store.clone(), entry.archive.clone());
    let learnt = context.blocking(move |context| learn_all(&reader, &[archive], context)).await?;
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
///
/// Where no digest tells, all that the engine shows has to agree. For that the archive is read once more, which is
/// still less than to load it; only where layers and platform agree, so that it may be the same.
async fn found_there(
    there: &EngineImage,
    store: &Store,
    entry: &Entry,
    context: &Context,
) -> Result<Option<Digest>, Error> {
    let identity = identity_of(store, entry, context).await?;
    if has_digest_of(there, &identity) {
        return Ok(Some(identity.config));
    }
    if !has(there, &identity) {
        return Ok(None);
    }
    let (path, label) = (store.path_of(&entry.archive), entry.archive.to_string());
    let read = context
        .blocking(move |context| prove(&path, VerifyOptions::default(), &label, context))
        .await;
    context.finish(entry.archive.as_str());
    let proof = read?.proof;
    let is_same = shows_the_same(
        &there.config,
        there.created.as_deref(),
        &proof.settings,
        proof.identity.created.as_deref(),
    );
    Ok(is_same.then_some(identity.config))
}

/// Tells whether an image that was just loaded is the one that was sent: by its digests, by layers and platform
/// only where the engine shows none that was sent.
fn has(image: &EngineImage, identity: &Identity) -> bool {
    let is_same_layers = || {
        !image.diff_ids.is_empty()
            && is_same_platform(&platform_of(&image.platform), &identity.platform)
            && image.diff_ids == identity.diff_ids.iter().map(Digest::to_string).collect::<Vec<_>>()
    };
    has_digest_of(image, identity) || (image.id_kind == IdKind::Descriptor && is_same_layers())
}

/// Tells whether an image in the engine has the config of this one, or one of its manifests.
fn has_digest_of(image: &EngineImage, identity: &Identity) -> bool {
    let id = digest_of_id(&image.id);
    if image.id_kind == IdKind::Config {
        return id == Some(identity.config);
    }
    let manifests = image.manifests.iter().filter_map(|manifest| manifest.digest.parse().ok());
    manifests.chain(id).any(|digest| identity.manifests.contains(&digest))
}

/// Streams an archive into the engine, proving it on the way.
async fn send(
    engine: &Engine,
    store: &Store,
    entry: &Entry,
    reference: &str,
    context: &Context,
) -> Result<(Loaded, Identity), Error> {
    let (sender, receiver) = mpsc::channel(PIECES);
    let path = store.path_of(&entry.archive);
    let label = reference.to_owned();
    // With the registry, so that Podman makes no second tag below `localhost/`.
    let naming = naming_of(&entry.archive)?.qualified();
    let reader = context.blocking(move |context| read(&path, naming, &label, &sender, context));
    let body = stream::unfold(Some(receiver), |receiver| async move {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Piece::Bytes(bytes)) => Some((Ok(bytes), Some(receiver))),
            Some(Piece::End) => None,
            // The reader has given up: the request must not end as if all were well.
            None => Some((Err(BrokenOff), None)),
        }
    });
    let both = async { Ok(tokio::join!(reader, engine.load(body))) };
    let (read, answer) = context.wait_for(both).await?;
    match (read, answer) {
        // A damaged archive is the cause of a load that was broken off, not the other way round.
        (Err(error), _) => Err(error),
        (Ok(_), Err(error)) => Err(error.into()),
        (Ok(Some(identity)), Ok(answer)) => Ok((answer, identity)),
        (Ok(None), Ok(_)) => Err(Error::NotLoaded {
            archive: Box::new(entry.archive.clone()),
            image: reference.to_owned(),
            endpoint: engine.endpoint().to_string(),
        }),
    }
}

/// What goes from the reader to the engine.
enum Piece {
    Bytes(Bytes),
    /// Everything is proven and was sent.
    End,
}

/// Stands in the request's body where the rest of a damaged archive would.
#[derive(Debug, thiserror::Error)]
#[error("the archive is not sent to its end")]
struct BrokenOff;

/// Reads an archive into the channel; gives its identity once everything is proven, or none if nobody
/// wanted the rest.
fn read(
    path: &Path,
    naming: Naming,
    label: &str,
    sender: &mpsc::Sender<Piece>,
    context: &Context,
) -> Result<Option<Identity>, Error> {
    let reader = ProvenReader::open_as(path, naming)?;
    let mut pump = Pump::start(reader, label, Work::Loading, context);
    while let Some(bytes) = pump.next()? {
        if sender.blocking_send(Piece::Bytes(bytes)).is_err() {
            return Ok(None);
        }
    }
    let _ = sender.blocking_send(Piece::End);
    Ok(pump.source.proof().map(|proof| proof.identity.clone()))
}

/// Makes sure that the engine has the image, under its name.
async fn name_image(
    engine: &Engine,
    answer: &Loaded,
    identity: &Identity,
    reference: &str,
    repository: &str,
    tag: &str,
) -> Result<bool, Error> {
    let is_there = |image: Option<EngineImage>| image.is_some_and(|image| has(&image, identity));
    if is_there(engine.inspect(reference).await?) {
        return Ok(true);
    }
    let config = identity.config.to_string();
    let names = answer.references.iter().chain(&answer.ids).chain(std::iter::once(&config));
    for name in names {
        if is_there(engine.inspect(name).await?) {
            engine.tag(name, repository, tag).await?;
            return Ok(is_there(engine.inspect(reference).await?));
        }
    }
    Ok(false)
}
