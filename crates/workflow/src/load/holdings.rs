//! What an engine has, as far as it matters for a load.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use sealift_docker::{Address, Engine, IdKind, ImageSummary};
use sealift_filename::{Reference, Repository};
use sealift_oci::Digest;
use tokio::time::Instant;

use crate::load::leave_out::{Held, StoreKind};

/// How many images of the same repository are looked at, …
const OF_REPOSITORY: usize = 16;
/// … and how many others, if those do not help.
const OTHERS: usize = 48;
/// How many are looked at at the same time.
const AT_ONCE: usize = 8;
/// For how long the engine is asked. Sending everything takes longer, but not for ever.
const LIMIT: Duration = Duration::from_secs(10);

/// What an engine has.
#[derive(Debug)]
pub(crate) struct Holdings {
    pub(crate) store: StoreKind,
    /// The images, those that most likely help first.
    summaries: Vec<ImageSummary>,
    /// How many of them are of the same repository.
    of_repository: usize,
}

impl Holdings {
    /// Asks an engine for the list of its images. Returns `None` if it has none or does not answer in
    /// time, or if it would not show afterwards whether an image is complete.
    pub(crate) async fn ask(engine: &Engine, reference: &Reference) -> Option<Self> {
        tokio::time::timeout(LIMIT, Self::ask_for_all(engine, reference)).await.ok()?
    }

    async fn ask_for_all(engine: &Engine, reference: &Reference) -> Option<Self> {
        let mut summaries = engine.list_all().await.ok()?;
        let store = match summaries.first()?.id_kind {
            IdKind::Descriptor if !engine.shows_complete_images().await.ok()? => return None,
            IdKind::Descriptor => StoreKind::Containerd,
            IdKind::Config if engine.is_podman().await.ok()? => StoreKind::Podman,
            IdKind::Config => StoreKind::Classic,
        };
        let is_other = |summary: &ImageSummary| !is_of(summary, reference.repository());
        summaries.sort_by_key(|summary| (is_other(summary), -summary.created_unix));
        let of_repository = summaries.partition_point(|summary| !is_other(summary));
        Some(Self { store, summaries, of_repository })
    }

    /// Returns the manifests of the images in a containerd store, as far as the engine lists them.
    pub(crate) fn manifests(&self) -> Vec<Digest> {
        self.summaries.iter().flat_map(manifests_of).collect()
    }

    /// Returns the images, of which those in `is_known` need not be looked at. Others are looked at
    /// until enough is known.
    pub(crate) async fn look(
        &self,
        engine: &Engine,
        is_known: impl Fn(&Held) -> bool,
        is_enough: impl Fn(&[Held]) -> bool,
    ) -> Vec<Held> {
        let deadline = Instant::now() + LIMIT;
        let held = |summary| Held { diff_ids: Vec::new(), manifests: manifests_of(summary) };
        let (mut images, mut unknown) = (Vec::new(), Vec::new());
        for (at, summary) in self.summaries.iter().enumerate() {
            // Its content is incomplete.
            if summary.manifests.as_ref().is_some_and(Vec::is_empty) {
                continue;
            }
            let image = held(summary);
            match is_known(&image) {
                true => images.push(image),
                false => unknown.push((at < self.of_repository, summary)),
            }
        }
        for of_repository in [true, false] {
            let limit = if of_repository { OF_REPOSITORY } else { OTHERS };
            let group = unknown.iter().filter(|(of, _)| *of == of_repository).take(limit);
            let mut found = stream::iter(group.map(|(_, summary)| summary.id).collect::<Vec<_>>())
                .map(|id| async move { engine.inspect(&id.to_string()).await })
                .buffer_unordered(at_once(engine));
            while !is_enough(&images) {
                let Ok(Some(image)) = tokio::time::timeout_at(deadline, found.next()).await else {
                    break;
                };
                // One that is gone meanwhile, or cannot be read, does not help.
                let Ok(Some(image)) = image else { continue };
                let manifests = match &image.manifests[..] {
                    [] => vec![image.id],
                    manifests => manifests.iter().map(|manifest| manifest.digest).collect(),
                };
                images.push(Held { diff_ids: image.diff_ids, manifests });
            }
        }
        images
    }
}

/// Every connection by ssh is three processes and a handshake; there, one connection is used again.
fn at_once(engine: &Engine) -> usize {
    match engine.endpoint().address {
        Address::Ssh { .. } => 1,
        _ => AT_ONCE,
    }
}

fn manifests_of(summary: &ImageSummary) -> Vec<Digest> {
    match &summary.manifests {
        Some(manifests) => manifests.iter().map(|manifest| manifest.digest).collect(),
        None => vec![summary.id],
    }
}

fn is_of(summary: &ImageSummary, repository: &Repository) -> bool {
    summary.repo_tags.iter().any(|tag| {
        let tag = tag.strip_prefix("localhost/").unwrap_or(tag);
        Reference::parse(tag).is_ok_and(|tag| tag.repository() == repository)
    })
}
