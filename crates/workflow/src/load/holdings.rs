//! What an engine has, as far as it matters for a load.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// What is known of one engine's images during a load, so that it is asked once for all of them.
#[derive(Debug, Default)]
pub(crate) struct EngineMemory(Mutex<EngineImages>);

#[derive(Debug, Default)]
struct EngineImages {
    listing: Option<Arc<ListedImages>>,
    /// The images that were inspected, by their ids, and those that were loaded since.
    inspected: HashMap<Digest, Held>,
    loaded: Vec<Held>,
}

/// The list of an engine's images.
#[derive(Debug)]
struct ListedImages {
    store: StoreKind,
    summaries: Vec<ImageSummary>,
}

impl EngineMemory {
    /// Adds an image that was loaded.
    pub(crate) fn add(&self, image: Held) {
        self.lock().loaded.push(image);
    }

    /// Forgets everything, as somebody else has changed what the engine has.
    pub(crate) fn forget(&self) {
        *self.lock() = EngineImages::default();
    }

    fn lock(&self) -> MutexGuard<'_, EngineImages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn listing(&self, engine: &Engine) -> Option<Arc<ListedImages>> {
        let remembered = self.lock().listing.clone();
        if remembered.is_some() {
            return remembered;
        }
        let summaries = engine.list_all().await.ok()?;
        let store = match summaries.first()?.id_kind {
            IdKind::Descriptor if !engine.shows_complete_images().await.ok()? => return None,
            IdKind::Descriptor => StoreKind::Containerd,
            IdKind::Config if engine.is_podman().await.ok()? => StoreKind::Podman,
            IdKind::Config => StoreKind::Classic,
        };
        Some(Arc::clone(self.lock().listing.insert(Arc::new(ListedImages { store, summaries }))))
    }

    async fn inspect(&self, engine: &Engine, id: Digest) -> Option<Held> {
        if let Some(image) = self.lock().inspected.get(&id) {
            return Some(image.clone());
        }
        // One that is gone meanwhile, or cannot be read, does not help.
        let image = engine.inspect(&id.to_string()).await.ok()??;
        let manifests = match &image.manifests[..] {
            [] => vec![image.id],
            manifests => manifests.iter().map(|manifest| manifest.digest).collect(),
        };
        let image = Held { diff_ids: image.diff_ids, manifests };
        self.lock().inspected.insert(id, image.clone());
        Some(image)
    }
}

/// What an engine has.
#[derive(Debug)]
pub(crate) struct Holdings<'a> {
    pub(crate) store: StoreKind,
    memory: &'a EngineMemory,
    listing: Arc<ListedImages>,
    /// The places of the images in the list, those that most likely help first.
    order: Vec<usize>,
    /// How many of them are of the same repository.
    of_repository: usize,
}

impl<'a> Holdings<'a> {
    /// Asks an engine for the list of its images. Returns `None` if it has none or does not answer
    /// in time, or if it would not show afterwards whether an image is complete.
    pub(crate) async fn ask(
        engine: &Engine,
        reference: &Reference,
        memory: &'a EngineMemory,
    ) -> Option<Self> {
        let listing = tokio::time::timeout(LIMIT, memory.listing(engine)).await.ok()??;
        let is_other = |at: &usize| !is_of(&listing.summaries[*at], reference.repository());
        let mut order = Vec::from_iter(0..listing.summaries.len());
        order.sort_by_key(|at| (is_other(at), -listing.summaries[*at].created_unix));
        let of_repository = order.partition_point(|at| !is_other(at));
        Some(Self { store: listing.store, memory, listing, order, of_repository })
    }

    /// Returns the manifests of the images in a containerd store, as far as the engine lists them.
    pub(crate) fn manifests(&self) -> Vec<Digest> {
        let listed = self.listing.summaries.iter().flat_map(manifests_of);
        let remembered = self.memory.lock();
        listed.chain(remembered.loaded.iter().flat_map(|image| image.manifests.clone())).collect()
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
        let (mut images, mut unknown) = (self.memory.lock().loaded.clone(), Vec::new());
        for (place, at) in self.order.iter().enumerate() {
            let summary = &self.listing.summaries[*at];
            // Its content is incomplete.
            if summary.manifests.as_ref().is_some_and(Vec::is_empty) {
                continue;
            }
            let image = held(summary);
            match is_known(&image) {
                true => images.push(image),
                false => unknown.push((place < self.of_repository, summary)),
            }
        }
        for of_repository in [true, false] {
            let limit = if of_repository { OF_REPOSITORY } else { OTHERS };
            let group = unknown.iter().filter(|(of, _)| *of == of_repository).take(limit);
            let mut found = stream::iter(group.map(|(_, summary)| summary.id).collect::<Vec<_>>())
                .map(|id| self.memory.inspect(engine, id))
                .buffer_unordered(at_once(engine));
            while !is_enough(&images) {
                let Ok(Some(image)) = tokio::time::timeout_at(deadline, found.next()).await else {
                    break;
                };
                images.extend(image);
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
