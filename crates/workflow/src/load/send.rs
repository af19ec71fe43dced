//! An archive on its way into an engine, until the engine has it under its name.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::stream;
use sealift_archive::{Contents, ProvenReader, Renamer};
use sealift_docker::{Engine, EngineImage, IdKind, Loaded};
use sealift_oci::{Digest, Identity};
use tokio::sync::mpsc;

use crate::engine_image::digest_of_id;
use crate::error::Error;
use crate::event::Work;
use crate::pump::Pump;
use crate::run::Activity;
use crate::run::Run;
use crate::same_config::shows_the_same;

/// How many buffers may wait between the disk and the engine.
const PIECES: usize = 4;

/// An archive that is sent to an engine.
pub(crate) struct Outgoing {
    /// Where its bytes are.
    pub(crate) path: PathBuf,
    /// What it is called in messages.
    pub(crate) shown: String,
    /// Gives it its name. With the registry, so that Podman makes no second tag below `localhost/`.
    pub(crate) renamer: Renamer,
    /// The `image:tag` that the engine shall have.
    pub(crate) reference: String,
}

/// Streams an archive into the engine and verifies it on the way; then makes sure that the engine has the image
/// under its name.
pub(crate) async fn send(
    engine: &Engine,
    outgoing: Outgoing,
    run: &Run,
) -> Result<Identity, Error> {
    let Outgoing { path, shown, renamer, reference } = outgoing;
    let not_loaded = || Error::NotLoaded {
        archive: shown.clone(),
        image: reference.clone(),
        endpoint: engine.endpoint().to_string(),
    };
    let sent = stream_to(engine, path, renamer, &reference, run).await?;
    let (answer, contents) = sent.ok_or_else(not_loaded)?;
    match name_image(engine, &answer, &contents, &reference).await? {
        true => Ok(contents.identity().clone()),
        false => Err(not_loaded()),
    }
}

/// Returns `None` if the engine has answered before it had everything.
async fn stream_to(
    engine: &Engine,
    path: PathBuf,
    renamer: Renamer,
    reference: &str,
    run: &Run,
) -> Result<Option<(Loaded, Contents)>, Error> {
    let (sender, receiver) = mpsc::channel(PIECES);
    let label = reference.to_owned();
    let reader = run.blocking(move |run| read(&path, renamer, &label, &sender, run));
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
    let (read, answer) = run.wait_for(both).await?;
    match (read, answer) {
        // A damaged archive is the cause of a load that was broken off, not the other way round.
        (Err(error), _) => Err(error),
        (Ok(_), Err(error)) => Err(error.into()),
        // The activity goes on until the engine has answered.
        (Ok(sent), Ok(answer)) => Ok(sent.map(|(contents, _activity)| (answer, contents))),
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

/// Reads an archive into the channel; returns its contents once everything is verified, or none if nobody
/// wanted the rest. The activity is for the caller, who knows when the engine has answered.
fn read(
    path: &Path,
    renamer: Renamer,
    label: &str,
    sender: &mpsc::Sender<Piece>,
    run: &Run,
) -> Result<Option<(Contents, Activity)>, Error> {
    let reader = ProvenReader::open_through(path, renamer)?;
    let mut pump = Pump::start(reader, label, Work::Loading, run);
    while let Some(bytes) = pump.next()? {
        if sender.blocking_send(Piece::Bytes(bytes)).is_err() {
            return Ok(None);
        }
    }
    let _ = sender.blocking_send(Piece::End);
    Ok(pump.source.contents().cloned().map(|contents| (contents, pump.activity)))
}

/// Makes sure that the engine has the image, under its name.
async fn name_image(
    engine: &Engine,
    answer: &Loaded,
    contents: &Contents,
    reference: &str,
) -> Result<bool, Error> {
    let is_there =
        |image: Option<EngineImage>| image.is_some_and(|image| is_sent(&image, contents));
    if is_there(engine.inspect(reference).await?) {
        return Ok(true);
    }
    let config = contents.identity().config.to_string();
    let names = answer.references.iter().chain(&answer.ids).chain(std::iter::once(&config));
    for name in names {
        if is_there(engine.inspect(name).await?) {
            let (repository, tag) = reference.rsplit_once(':').unwrap_or((reference, "latest"));
            engine.tag(name, repository, tag).await?;
            return Ok(is_there(engine.inspect(reference).await?));
        }
    }
    Ok(false)
}

/// Returns `true` if an image that was just loaded is the one that was sent. Images without layers all have the
/// same layers, so that their settings and times of creation are compared, too.
fn is_sent(image: &EngineImage, contents: &Contents) -> bool {
    let identity = contents.identity();
    let is_shown = || {
        shows_the_same(
            &image.config,
            image.created.as_deref(),
            contents.settings(),
            identity.created.as_deref(),
        )
    };
    has(image, identity)
        && (has_digest_of(image, identity) || !identity.diff_ids.is_empty() || is_shown())
}

/// Returns `true` if an image in the engine has a digest of this one, or, if the engine shows none that was sent,
/// the same layers and platform.
pub(crate) fn has(image: &EngineImage, identity: &Identity) -> bool {
    let is_same_layers = || {
        image.platform.matches(&identity.platform)
            && image.diff_ids == identity.diff_ids.iter().map(Digest::to_string).collect::<Vec<_>>()
    };
    has_digest_of(image, identity) || (image.id_kind == IdKind::Descriptor && is_same_layers())
}

/// Tells whether an image in the engine has the config of this one, or one of its manifests.
pub(crate) fn has_digest_of(image: &EngineImage, identity: &Identity) -> bool {
    let id = digest_of_id(&image.id);
    if image.id_kind == IdKind::Config {
        return id == Some(identity.config);
    }
    let manifests = image.manifests.iter().filter_map(|manifest| manifest.digest.parse().ok());
    manifests.chain(id).any(|digest| identity.manifests.contains(&digest))
}
