//! The current content of the folder, and the background verification of archives.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sealift_catalog::{Entry, Stat};
use sealift_filename::ArchivePath;
use sealift_store::{Error, ReadOptions, Store, in_parallel};

use crate::contents::Contents;
use crate::event::ServeEvent;
use crate::images::Images;
use crate::metrics::ArchiveCounts;
use crate::options::EventHandler;

/// The maximum age of a listing that is used to answer a request.
const MAX_AGE: Duration = Duration::from_secs(1);

/// The inverse of the largest share of time that is spent on listing: at most 1/20.
const SHARE: u32 = 20;

/// The number of archives whose records a thread reads at a time.
const CHUNK: usize = 64;

/// A folder of archives. It is listed again when a request arrives and the last listing is too old.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) contents: Contents,
    state: Mutex<State>,
    /// Held while the folder is listed, so that only one request lists it.
    listing: tokio::sync::Mutex<()>,
    /// Cancels the verification of archives.
    stop: Arc<AtomicBool>,
    on_event: EventHandler,
}

#[derive(Debug)]
struct State {
    images: Arc<Images>,
    listed: Option<Instant>,
    took: Duration,
    /// Archives that are not verified yet.
    unverified: Vec<ArchivePath>,
    /// Archives that this server verified. They are kept here because they get no records if the
    /// folder is read-only.
    verified: HashMap<ArchivePath, Entry>,
    /// Archives that cannot be served, with the state of their files and the reason.
    refused: BTreeMap<ArchivePath, (Stat, String)>,
    is_verifying: bool,
}

/// The archives that are not served, sorted by path.
#[derive(Debug, Default)]
pub(crate) struct Withheld {
    /// Archives that are not verified yet.
    pub(crate) waiting: Vec<ArchivePath>,
    /// Archives that cannot be served, with the reason, without a full stop.
    pub(crate) refused: Vec<(ArchivePath, String)>,
}

/// The required age of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    /// At most about one second old.
    Recent,
    /// As new as possible, because an older listing did not contain the requested object.
    Newest,
}

impl Folder {
    pub(crate) fn new(store: Store, on_event: EventHandler) -> Arc<Self> {
        let state = State {
            images: Arc::default(),
            listed: None,
            took: Duration::ZERO,
            unverified: Vec::new(),
            verified: HashMap::new(),
            refused: BTreeMap::new(),
            is_verifying: false,
        };
        Arc::new(Self {
            contents: Contents::new(store),
            state: Mutex::new(state),
            listing: tokio::sync::Mutex::default(),
            stop: Arc::default(),
            on_event,
        })
    }

    /// Cancels the verification of archives in the background.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Returns the number of archives that are not verified yet.
    pub(crate) fn unverified(&self) -> usize {
        self.lock().unverified.len()
    }

    /// Returns the archives that are not served.
    pub(crate) fn withheld(&self) -> Withheld {
        let state = self.lock();
        let refused = state.refused.iter();
        let refused = refused.map(|(path, (_, reason))| (path.clone(), reason.clone())).collect();
        // Archives can have been verified after the folder was listed.
        let is_waiting = |path: &&ArchivePath| {
            !state.refused.contains_key(*path) && !state.verified.contains_key(*path)
        };
        let waiting = state.unverified.iter().filter(is_waiting).cloned().collect();
        Withheld { waiting, refused }
    }

    /// Returns the numbers of archives in the last listing.
    pub(crate) fn counts(&self) -> ArchiveCounts {
        let state = self.lock();
        ArchiveCounts {
            served: state.images.entries().len(),
            waiting: state.unverified.len(),
            refused: state.refused.len(),
        }
    }

    /// Returns the images in the folder, and lists it again if the last listing is too old.
    ///
    /// Only one request lists the folder at a time. Requests that arrive meanwhile wait, and use
    /// its result.
    pub(crate) async fn images(self: &Arc<Self>, age: Age) -> Result<Arc<Images>, Error> {
        if let Some(images) = self.listed(age) {
            return Ok(images);
        }
        let _listing = match self.listing.try_lock() {
            Ok(listing) => listing,
            Err(_) => {
                let listing = self.listing.lock().await;
                if let Some(images) = self.listed(Age::Recent) {
                    return Ok(images);
                }
                listing
            }
        };
        let folder = Arc::clone(self);
        let listed = tokio::task::spawn_blocking(move || folder.list()).await;
        let (images, unverified) = match listed {
            Ok(listed) => listed?,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => (Arc::default(), Vec::new()),
            },
        };
        self.verify(unverified);
        Ok(images)
    }

    /// Returns the last listing if it is new enough.
    fn listed(&self, age: Age) -> Option<Arc<Images>> {
        let state = self.lock();
        let age_limit = match age {
            Age::Recent => MAX_AGE.max(state.took * SHARE),
            Age::Newest => state.took * SHARE,
        };
        let is_new = state.listed.is_some_and(|listed| listed.elapsed() <= age_limit);
        is_new.then(|| Arc::clone(&state.images))
    }

    /// Lists the folder. Returns the images, and the archives to verify.
    fn list(&self) -> Result<(Arc<Images>, Vec<Entry>), Error> {
        let begin = Instant::now();
        let store = self.contents.store();
        // Each record is a separate file, so they are read in parallel.
        let archives = store.scan()?.archives;
        let chunks: Vec<&[ArchivePath]> = archives.chunks(CHUNK).collect();
        let entries = in_parallel(&chunks, None, |chunk| Ok::<_, Error>(store.entries(chunk)))?;
        let (known, unknown): (Vec<Entry>, Vec<Entry>) = entries
            .into_iter()
            .flatten()
            .map(|entry| self.with_knowledge(entry))
            .partition(|entry| entry.knowledge.is_some());
        let flawed: Vec<(ArchivePath, (Stat, String))> = known
            .iter()
            .filter_map(|entry| {
                Some((entry.archive.clone(), (entry.stat, entry.flaw()?.to_string())))
            })
            .collect();
        let images = Arc::new(Images::new(known));
        self.contents.forget_others(&images);
        let mut state = self.lock();
        state.verified.retain(|path, _| images.archive(path).is_some());
        let mut before = std::mem::take(&mut state.refused);
        let mut unverified = Vec::new();
        for entry in unknown {
            match before.remove(&entry.archive) {
                Some((stat, reason)) if stat == entry.stat => {
                    state.refused.insert(entry.archive, (stat, reason));
                }
                _ => unverified.push(entry),
            }
        }
        state.refused.extend(flawed);
        state.unverified = unverified.iter().map(|entry| entry.archive.clone()).collect();
        state.images = Arc::clone(&images);
        state.listed = Some(begin);
        state.took = begin.elapsed();
        Ok((images, unverified))
    }

    /// Adds the result of the verification to an entry, if its file has not changed.
    fn with_knowledge(&self, entry: Entry) -> Entry {
        if entry.knowledge.is_some() {
            return entry;
        }
        match self.lock().verified.get(&entry.archive) {
            Some(verified) if verified.stat == entry.stat => verified.clone(),
            _ => entry,
        }
    }

    /// Verifies archives in the background. Valid ones are served from then on.
    fn verify(self: &Arc<Self>, unverified: Vec<Entry>) {
        if unverified.is_empty() || std::mem::replace(&mut self.lock().is_verifying, true) {
            return;
        }
        let folder = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            for entry in unverified {
                if folder.stop.load(Ordering::Relaxed) {
                    break;
                }
                folder.verify_one(entry);
            }
            let mut state = folder.lock();
            state.is_verifying = false;
            state.listed = None;
        });
    }

    fn verify_one(&self, before: Entry) {
        let options = ReadOptions::default().with_cancel(&self.stop);
        let found =
            self.contents.store().examined_entries(std::slice::from_ref(&before.archive), &options);
        // Cancelled.
        let Ok(found) = found else { return };
        for entry in found {
            let reason = match entry.flaw() {
                Some(flaw) => flaw.to_string(),
                None if entry.image().is_some() => {
                    self.lock().verified.insert(entry.archive.clone(), entry);
                    continue;
                }
                None => "it cannot be read".to_owned(),
            };
            let refused = (before.stat, reason.clone());
            self.lock().refused.insert(entry.archive.clone(), refused);
            (self.on_event)(ServeEvent::Refused { archive: entry.archive, reason });
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
