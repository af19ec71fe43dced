//! Upload of an archive without the layers that the engine already has.

use std::collections::HashSet;
use std::sync::Arc;

use sealift_archive::{Archive, ImageTar, ImageTarOptions, LayerSpan};
use sealift_docker::{Engine, Failure, IdKind};
use sealift_oci::Digest;

use crate::error::Error;
use crate::event::Event;
use crate::load::confirm::{Expected, name, remove_incomplete, whole};
use crate::load::holdings::Holdings;
use crate::load::leave_out::{Held, KnownManifests, Plan, StoreKind, is_known, plan, size_of};
use crate::load::outgoing::Outgoing;
use crate::load::renamed::send_renamed;
use crate::load::transfer::Transfer;
use crate::load::upload::{SentBytes, upload};
use crate::reading::CountedTar;
use crate::run::Run;

/// The size of missing layers, in bytes, below which no further images are inspected.
const NEARLY_ALL: u64 = 1 << 20;

/// Sends an image to an engine without the layers that the engine already has. If the image is not
/// complete afterwards, sends all layers. The image is tagged only after it is known to be
/// complete.
///
/// Returns the digest of the image's config.
pub(crate) async fn send(
    engine: &Engine,
    archive: &Outgoing,
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
        let (identity, sent) = Box::pin(send_renamed(engine, archive, run)).await?;
        return Ok((identity.config, Transfer::of_all(&sent, identity.diff_ids.len(), None)));
    };
    let layers: Vec<&LayerSpan> = layers.iter().collect();
    let (config, manifest) = (opened.identity().config, opened.manifest_descriptor()?.digest);
    let sending = Sending {
        engine,
        archive,
        opened,
        expected: Expected { config, manifest },
        sent: Arc::default(),
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
    let fallback = match layers_there {
        0 => Box::pin(sending.in_full(run)).await,
        _ => Box::pin(sending.in_part(plan.options(), run)).await,
    };
    if !matches!(fallback, Ok(None)) {
        archive.memory.forget();
    }
    let fallback = fallback?;
    let diff_ids = layers.iter().map(|layer| layer.diff_id).collect();
    archive.memory.add(Held { diff_ids, manifests: vec![manifest] });
    let transfer = match fallback {
        None if layers_there == 0 => sending.transfer_of_all(layers.len(), None),
        Some(reason) => sending.transfer_of_all(layers.len(), Some(reason)),
        None => Transfer {
            bytes_sent: sending.sent.plain(),
            compressed_to: sending.sent.packed(),
            bytes_left_out: size_of(layers.iter().filter(is_there)),
            layers_sent: layers.len() - layers_there,
            layers_there,
            fallback: None,
        },
    };
    Ok((config, transfer))
}

/// Requests the list of the engine's images, and plans the layers to leave out.
async fn plan_for(engine: &Engine, archive: &Outgoing, layers: &[&LayerSpan], run: &Run) -> Plan {
    let Some(holdings) = Holdings::ask(engine, &archive.reference, &archive.memory).await else {
        return Plan::default();
    };
    let mut known = KnownManifests::new();
    let is_containerd = holdings.store == StoreKind::Containerd;
    if let Some((store, records)) = archive.folder().filter(|_| is_containerd) {
        let diff_ids: Vec<Digest> = layers.iter().map(|layer| layer.diff_id).collect();
        let manifests: HashSet<Digest> = holdings.manifests().into_iter().collect();
        let find = move |run: &Run| records.known_manifests(&store, &diff_ids, &manifests, run);
        // Without this information, `plan` guesses.
        known = run.blocking(find).await.unwrap_or_default();
    }
    let planned = |images: &[_]| plan(holdings.store, layers, images, &known);
    let is_enough = |images: &[_]| {
        let left_out = planned(images).left_out;
        size_of(layers.iter().filter(|layer| !left_out.contains(&layer.digest))) < NEARLY_ALL
    };
    planned(&holdings.look(engine, |image| is_known(image, &known), is_enough).await)
}

/// An upload of an archive to an engine.
struct Sending<'a> {
    engine: &'a Engine,
    archive: &'a Outgoing,
    opened: Arc<Archive>,
    expected: Expected,
    sent: Arc<SentBytes>,
}

/// The result of an upload and the checks after it.
enum Attempt {
    /// The engine has the complete image under its name.
    Named,
    /// The engine does not have the complete image.
    NotWhole(Error),
}

impl Sending<'_> {
    /// Sends the archive without some layers. If the image is not complete afterwards, sends all
    /// layers and returns the reason.
    async fn in_part(&self, options: ImageTarOptions, run: &Run) -> Result<Option<String>, Error> {
        let was_there = run.wait_for(Box::pin(self.is_known())).await?;
        let result = Box::pin(self.in_part_or_full(options, run)).await;
        // A containerd store keeps what it received, even if layers are missing.
        if result.is_err() && !was_there {
            Box::pin(remove_incomplete(self.engine, self.expected)).await;
        }
        result
    }

    async fn in_part_or_full(
        &self,
        options: ImageTarOptions,
        run: &Run,
    ) -> Result<Option<String>, Error> {
        match Box::pin(self.attempt(options, run)).await? {
            Attempt::Named => Ok(None),
            Attempt::NotWhole(error) => Box::pin(self.again(&error, run)).await.map(Some),
        }
    }

    /// Sends all layers, and repeats it once if a containerd store has lost a part of them. This
    /// happens after an aborted upload of the same layers, because the store may collect them as
    /// garbage during this upload.
    async fn in_full(&self, run: &Run) -> Result<Option<String>, Error> {
        match Box::pin(self.attempt(ImageTarOptions::new(), run)).await? {
            Attempt::Named => Ok(None),
            Attempt::NotWhole(error) if self.has_lost_a_part(&error).await => {
                Box::pin(self.again(&error, run)).await.map(Some)
            }
            Attempt::NotWhole(error) => Err(error),
        }
    }

    /// Sends all layers after a failed attempt, and returns the reason of the failure.
    async fn again(&self, error: &Error, run: &Run) -> Result<String, Error> {
        let reason = match error {
            Error::Engine(error) => error.failure().to_string(),
            _ => "the engine does not have the complete image".to_owned(),
        };
        let image = self.archive.reference.to_string();
        run.report(Event::SentInFull { image, reason: reason.clone() });
        match Box::pin(self.attempt(ImageTarOptions::new(), run)).await? {
            Attempt::Named => Ok(reason),
            Attempt::NotWhole(error) => Err(error),
        }
    }

    /// Returns `true` if a containerd store has lost a part of a complete upload.
    async fn has_lost_a_part(&self, error: &Error) -> bool {
        if let Error::Engine(error) = error {
            let message = error.failure().engine_message();
            return message.is_some_and(|message| message.contains("not found"));
        }
        let listed = self.engine.list_all().await;
        listed.is_ok_and(|images| images.iter().any(|it| it.id_kind == IdKind::Descriptor))
    }

    /// Sends a tar without a name, checks that the engine has the complete image, and tags it.
    async fn attempt(&self, options: ImageTarOptions, run: &Run) -> Result<Attempt, Error> {
        let not_loaded = || self.archive.not_loaded(self.engine);
        match self.stream(options, run).await {
            Ok(true) => {}
            Ok(false) => return Ok(Attempt::NotWhole(not_loaded())),
            Err(Error::Engine(error)) if may_lack_a_part(error.failure()) => {
                return Ok(Attempt::NotWhole(error.into()));
            }
            Err(error) => return Err(error),
        }
        let Some(id) = self.whole(run).await? else {
            return Ok(Attempt::NotWhole(not_loaded()));
        };
        run.check_cancelled()?;
        let named = name(self.engine, id, self.expected, &self.archive.reference).await;
        let error = match named {
            Ok(true) => return Ok(Attempt::Named),
            Ok(false) => not_loaded(),
            Err(error) => error,
        };
        // If another process has removed the image in the meantime, sending it again helps.
        // Otherwise it does not.
        match self.whole(run).await? {
            Some(_) => Err(error),
            None => Ok(Attempt::NotWhole(error)),
        }
    }

    /// Uploads the tar. Returns `false` if the engine answered before it received everything.
    async fn stream(&self, options: ImageTarOptions, run: &Run) -> Result<bool, Error> {
        let (opened, label) = (Arc::clone(&self.opened), self.archive.reference.to_string());
        let sent = upload(self.engine, Arc::clone(&self.sent), run, move |pipe, run| {
            let tar = CountedTar::new(ImageTar::new(&opened, &options)?);
            Ok(pipe.pump(tar, &label, run)?.map(|(_, activity)| activity))
        });
        // The activity ends only after the engine has answered.
        sent.await.map(|sent| sent.is_some())
    }

    async fn whole(&self, run: &Run) -> Result<Option<Digest>, Error> {
        run.wait_for(Box::pin(whole(self.engine, self.expected))).await
    }

    /// Returns `true` if the engine has the image's manifest, even if layers are missing.
    async fn is_known(&self) -> Result<bool, Error> {
        Ok(self.engine.inspect(&self.expected.manifest.to_string()).await?.is_some())
    }

    fn transfer_of_all(&self, layers: usize, fallback: Option<String>) -> Transfer {
        Transfer::of_all(&self.sent, layers, fallback)
    }
}

/// Returns `true` if an engine may have refused an upload because a layer was left out. Returns
/// `false` if a complete upload would fail as well: the disk is full, or a proxy forbids the
/// request or limits its size.
fn may_lack_a_part(failure: &Failure) -> bool {
    let is_full = |message: &str| {
        ["no space left on device", "disk quota exceeded"].iter().any(|it| message.contains(it))
    };
    match failure {
        Failure::Refused { status, message } => {
            !matches!(status, 401 | 403 | 413 | 507) && !is_full(message)
        }
        Failure::Reported { message } | Failure::NotFound { message } => !is_full(message),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn refused(status: u16) -> Failure {
        Failure::Refused { status, message: "no".to_owned() }
    }

    fn reported(message: &str) -> Failure {
        Failure::Reported { message: message.to_owned() }
    }

    #[test_case(&reported("invalid manifest, layers length mismatch") => true; "the classic store")]
    #[test_case(&Failure::NotFound { message: "content digest: not found".into() } => true; "containerd")]
    #[test_case(&refused(500) => true; "Podman")]
    #[test_case(&reported("write /layer.tar: no space left on device") => false; "a full disk")]
    #[test_case(&refused(401) => false; "a missing login")]
    #[test_case(&refused(403) => false; "a proxy forbids the request")]
    #[test_case(&refused(413) => false; "a proxy limits the size")]
    #[test_case(&Failure::TooLong { what: "answer", limit: 1 } => false; "an answer too long")]
    fn all_layers_are_sent_only_if_that_may_help(failure: &Failure) -> bool {
        may_lack_a_part(failure)
    }
}
