//! An archive on its way into an engine, without the layers that the engine has.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sealift_archive::{Archive as OpenedArchive, ImageTar, ImageTarOptions, LayerSpan};
use sealift_docker::{ArchiveSender, Engine, archive_body};
use sealift_oci::Digest;

use crate::error::Error;
use crate::event::{Event, Work};
use crate::load::archive::Archive;
use crate::load::confirm::{Expected, name, whole};
use crate::load::holdings::Holdings;
use crate::load::known::known_manifests;
use crate::load::leave_out::{KnownManifests, Plan, StoreKind, is_known, plan, size_of};
use crate::load::renamed::send_renamed;
use crate::load::transfer::Transfer;
use crate::reading::{CountedTar, Reading};
use crate::run::{Activity, Run};

/// How many buffers may wait between the disk and the engine.
const PIECES: usize = 4;

/// Other images are not looked at for less than this number of bytes.
const NEARLY_ALL: u64 = 1 << 20;

/// Sends an image to an engine without the layers that the engine has. If the engine has not got a
/// whole image then, sends everything. The image is named only after it is known to be whole.
///
/// Returns the digest of its config.
pub(crate) async fn send(
    engine: &Engine,
    archive: &Archive,
    run: &Run,
) -> Result<(Digest, Transfer), Error> {
    let opened = archive.open(run).await?;
    let reading = Arc::clone(&opened);
    let layers = run.blocking(move |_| {
        Ok(match reading.image_layers() {
            Ok(layers) => Some(layers.into_iter().cloned().collect::<Vec<LayerSpan>>()),
            Err(error) if error.kind() == sealift_archive::ErrorKind::Unsupported => None,
            Err(error) => return Err(error.into()),
        })
    });
    let Some(layers) = layers.await? else {
        let (identity, bytes_sent) = Box::pin(send_renamed(engine, archive, run)).await?;
        let layers_sent = identity.diff_ids.len();
        return Ok((identity.config, Transfer::of_all(bytes_sent, layers_sent, None)));
    };
    let layers: Vec<&LayerSpan> = layers.iter().collect();
    let (config, manifest) = (opened.identity().config, opened.manifest_descriptor()?.digest);
    let sending = Sending {
        engine,
        archive,
        opened,
        expected: Expected { config, manifest },
        bytes_sent: Arc::default(),
    };
    let plan = match archive.full {
        true => Plan::default(),
        false => {
            let planned = Box::pin(async { Ok(plan_for(engine, archive, &layers, run).await) });
            run.wait_for(planned).await?
        }
    };
    let is_there = |layer: &&&LayerSpan| plan.left_out.contains(&layer.digest);
    let layers_there = layers.iter().filter(is_there).count();
    let mut fallback = None;
    if layers_there > 0 {
        match Box::pin(sending.attempt(plan.options(), run)).await {
            Ok(()) => {
                let transfer = Transfer {
                    bytes_sent: sending.bytes_sent.load(Ordering::Relaxed),
                    bytes_left_out: size_of(layers.iter().filter(is_there)),
                    layers_sent: layers.len() - layers_there,
                    layers_there,
                    fallback: None,
                };
                return Ok((config, transfer));
            }
            Err(error) => {
                let reason = reason_to_send_all(&error).ok_or(error)?;
                let image = archive.reference.to_string();
                run.report(Event::SentInFull { image, reason: reason.clone() });
                fallback = Some(reason);
            }
        }
    }
    Box::pin(sending.attempt(ImageTarOptions::new(), run)).await?;
    let bytes_sent = sending.bytes_sent.load(Ordering::Relaxed);
    Ok((config, Transfer::of_all(bytes_sent, layers.len(), fallback)))
}

/// Finds out what the engine has, and plans what is left out.
async fn plan_for(engine: &Engine, archive: &Archive, layers: &[&LayerSpan], run: &Run) -> Plan {
    let Some(holdings) = Holdings::ask(engine, &archive.reference).await else {
        return Plan::default();
    };
    let mut known = KnownManifests::new();
    if let Some(store) = archive.store().filter(|_| holdings.store == StoreKind::Containerd) {
        let store = store.clone();
        let diff_ids: Vec<Digest> = layers.iter().map(|layer| layer.diff_id).collect();
        let manifests: HashSet<Digest> = holdings.manifests().into_iter().collect();
        let found =
            run.blocking(move |run| known_manifests(&store, &diff_ids, &manifests, run)).await;
        // What is not known is guessed.
        known = found.unwrap_or_default();
    }
    let planned = |images: &[_]| plan(holdings.store, layers, images, &known);
    let is_enough = |images: &[_]| {
        let left_out = planned(images).left_out;
        size_of(layers.iter().filter(|layer| !left_out.contains(&layer.digest))) < NEARLY_ALL
    };
    planned(&holdings.look(engine, |image| is_known(image, &known), is_enough).await)
}

/// Returns the reason why it may help to send everything, if it may.
fn reason_to_send_all(error: &Error) -> Option<String> {
    match error {
        Error::NotLoaded { .. } => Some("the engine lacks a part of the image".to_owned()),
        Error::Engine(error)
            if matches!(
                error.kind(),
                sealift_docker::ErrorKind::Refused | sealift_docker::ErrorKind::NotFound
            ) =>
        {
            Some(error.failure().to_string())
        }
        _ => None,
    }
}

/// An archive on its way into an engine.
struct Sending<'a> {
    engine: &'a Engine,
    archive: &'a Archive,
    opened: Arc<OpenedArchive>,
    expected: Expected,
    bytes_sent: Arc<AtomicU64>,
}

impl Sending<'_> {
    /// Sends a tar without a name, makes sure that the engine has the whole image, and names it.
    async fn attempt(&self, options: ImageTarOptions, run: &Run) -> Result<(), Error> {
        self.stream(options, run).await?;
        let (engine, expected) = (self.engine, self.expected);
        let not_loaded = || self.archive.not_loaded(engine);
        let id = whole(engine, expected).await?.ok_or_else(not_loaded)?;
        match name(engine, id, expected, &self.archive.reference).await? {
            true => Ok(()),
            false => Err(not_loaded()),
        }
    }

    async fn stream(&self, options: ImageTarOptions, run: &Run) -> Result<(), Error> {
        let (sender, body) = archive_body(PIECES);
        let (opened, bytes_sent) = (Arc::clone(&self.opened), Arc::clone(&self.bytes_sent));
        let label = self.archive.reference.to_string();
        let reader =
            run.blocking(move |run| pump(&opened, &options, &label, &bytes_sent, sender, run));
        let both = async { Ok(tokio::join!(reader, self.engine.load(body))) };
        match run.wait_for(both).await? {
            // A damaged archive is the cause of a load that was broken off, not the other way round.
            (Err(error), _) => Err(error),
            (Ok(_), Err(error)) => Err(error.into()),
            // The activity goes on until the engine has answered.
            (Ok(sent), Ok(_)) => sent.map(drop).ok_or_else(|| self.archive.not_loaded(self.engine)),
        }
    }
}

/// Sends a tar, or returns `None` if nobody wanted the rest. The body is not finished after an error,
/// so that the engine refuses it. The activity is for the caller, who knows when the engine has
/// answered.
fn pump(
    opened: &OpenedArchive,
    options: &ImageTarOptions,
    label: &str,
    bytes_sent: &AtomicU64,
    sender: ArchiveSender,
    run: &Run,
) -> Result<Option<Activity>, Error> {
    let tar = CountedTar::new(ImageTar::new(opened, options)?);
    let mut reading = Reading::start(tar, label, Work::Loading, run);
    while let Some(bytes) = reading.next()? {
        bytes_sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if sender.blocking_send(bytes).is_err() {
            return Ok(None);
        }
    }
    sender.blocking_finish();
    Ok(Some(reading.activity))
}
