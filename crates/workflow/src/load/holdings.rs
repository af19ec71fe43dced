//! The images that an engine has, as far as a load needs them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use sealift_docker::{Address, Engine, IdKind, ImageSummary};
use sealift_filename::{Reference, Repository};
use sealift_oci::Digest;
use tokio::time::Instant;

use crate::load::leave_out::{Held, StoreKind};

/// The maximum number of inspected images of the same repository.
const OF_REPOSITORY: usize = 16;
/// The maximum number of other inspected images, if those do not suffice.
const OTHERS: usize = 48;
/// The number of concurrent inspect requests.
const AT_ONCE: usize = 8;
/// The time limit for asking the engine. When it expires, more layers than necessary are sent,
/// which always works.
const LIMIT: Duration = Duration::from_secs(10);

/// A cache of one engine's images during a load, so that several archives need only one list.
#[derive(Debug, Default)]
pub(crate) struct EngineMemory(Mutex<EngineImages>);

#[derive(Debug, Default)]
struct EngineImages {
    listing: Option<Arc<ListedImages>>,
    /// The inspected images by id.
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

    /// Clears the cache, after another process has changed the engine's images.
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
        // An image that was removed in the meantime or cannot be inspected is skipped.
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

/// The images of an engine.
#[derive(Debug)]
pub(crate) struct Holdings<'a> {
    pub(crate) store: StoreKind,
    memory: &'a EngineMemory,
    listing: Arc<ListedImages>,
    /// The indices of the images in the list. Images that probably share layers come first.
    order: Vec<usize>,
    /// The number of images of the same repository, which are at the start of `order`.
    of_repository: usize,
}

impl<'a> Holdings<'a> {
    /// Asks an engine for the list of its images. Returns `None` if the list is empty, if the
    /// engine does not answer in time, or if it cannot report afterwards whether an image is
    /// complete.
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

    /// Returns the manifests of the images in a containerd store, if the engine lists them.
    pub(crate) fn manifests(&self) -> Vec<Digest> {
        let listed = self.listing.summaries.iter().flat_map(manifests_of);
        let remembered = self.memory.lock();
        listed.chain(remembered.loaded.iter().flat_map(|image| image.manifests.clone())).collect()
    }

    /// Returns the engine's images. Images for which `is_known` returns `true` are not inspected.
    /// Others are inspected until `is_enough` returns `true`.
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
            // An empty list of manifests means that the image is incomplete.
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

/// Returns the number of concurrent requests. Each ssh connection needs three processes and a
/// handshake, so over ssh one connection is reused.
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
