//! The manifests and blobs of archives.

use std::collections::HashMap;
use std::io::{self, Seek as _, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use sealift_archive::{Archive, BlockTable, ExamineOptions};
use sealift_catalog::{Entry, Stat};
use sealift_filename::ArchivePath;
use sealift_oci::{Descriptor, Digest, Index};
use sealift_store::{Error, Store};

use crate::body::Sender;
use crate::images::Images;

/// The manifests and blobs of the archives in a folder.
///
/// An archive is opened once for all requests that read it at the same time. What its manifest and
/// its blobs are is remembered.
#[derive(Debug)]
pub(crate) struct Contents {
    store: Store,
    known: Mutex<HashMap<ArchivePath, (Stat, Arc<Content>)>>,
    open: Mutex<HashMap<ArchivePath, Weak<OpenArchive>>>,
}

/// What an archive contains.
#[derive(Debug)]
struct Content {
    manifest: Descriptor,
    config: Digest,
    /// The digest and the size of each layer as it is stored.
    layers: Vec<(Digest, u64)>,
}

/// An archive that requests read.
#[derive(Debug)]
struct OpenArchive {
    stat: Stat,
    archive: Archive,
}

/// A manifest or an index, and its bytes.
#[derive(Debug)]
pub(crate) struct ManifestDocument {
    pub(crate) descriptor: Descriptor,
    pub(crate) json: Vec<u8>,
}

/// A blob of an image.
#[derive(Debug)]
pub(crate) enum Blob {
    /// The image's config file.
    Config(Vec<u8>),
    /// A layer.
    Layer(Layer),
}

/// A layer in an archive.
#[derive(Debug)]
pub(crate) struct Layer {
    open: Arc<OpenArchive>,
    digest: Digest,
    pub(crate) size: u64,
}

impl Layer {
    /// Sends a part of the layer.
    pub(crate) fn send(&self, start: u64, size: u64, sender: &Sender) -> io::Result<()> {
        let reader = self.open.archive.layer(&self.digest);
        let mut reader = reader.ok_or(io::ErrorKind::NotFound)?;
        reader.seek(SeekFrom::Start(start))?;
        sender.send(&mut reader, size)
    }
}

impl Contents {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, known: Mutex::default(), open: Mutex::default() }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Forgets the archives that are not there any more.
    pub(crate) fn forget_others(&self, images: &Images) {
        lock(&self.known).retain(|path, _| images.archive(path).is_some());
        lock(&self.open).retain(|_, open| open.strong_count() > 0);
    }

    /// Returns the manifest of an archive, or the index of several ones.
    pub(crate) fn manifest(&self, builds: &[&Entry]) -> Result<Option<ManifestDocument>, Error> {
        match builds {
            [] => Ok(None),
            [build] => {
                let json = self.open(build)?.archive.manifest_json()?;
                let descriptor = self.content(build)?.manifest.clone();
                Ok(Some(ManifestDocument { descriptor, json }))
            }
            builds => {
                let index = self.index(builds)?;
                let (descriptor, json) = (index.descriptor(), index.to_json());
                Ok(Some(ManifestDocument { descriptor, json }))
            }
        }
    }

    /// Returns the index of archives for several platforms. It depends on nothing but their
    /// manifests.
    fn index(&self, builds: &[&Entry]) -> Result<Index, Error> {
        let mut manifests = Vec::new();
        for build in builds {
            let platform = build.platform();
            let order = platform.as_ref().map(ToString::to_string);
            let manifest = self.content(build)?.manifest.clone();
            let manifest = match platform {
                Some(platform) => manifest.with_platform(platform),
                None => manifest,
            };
            manifests.push((order, manifest.digest, manifest));
        }
        manifests.sort_by(|left, right| (&left.0, left.1).cmp(&(&right.0, right.1)));
        let manifests = manifests.into_iter().map(|(_, _, manifest)| manifest);
        Ok(manifests.fold(Index::new(), Index::with_manifest))
    }

    /// Returns the manifest or the index of an image that has a digest.
    pub(crate) fn manifest_of_digest(
        &self,
        images: &Images,
        name: &str,
        digest: Digest,
    ) -> Result<Option<ManifestDocument>, Error> {
        for builds in images.indexed(name) {
            if let Ok(index) = self.index(&builds)
                && index.descriptor().digest == digest
            {
                return self.manifest(&builds);
            }
        }
        let states = |entry: &Entry| {
            entry.identity().is_some_and(|identity| identity.manifests.contains(&digest))
        };
        for entry in likely_first(images.of_image(name), states) {
            // One that was removed meanwhile hides no other.
            if self.content(entry).is_ok_and(|content| content.manifest.digest == digest) {
                return self.manifest(&[entry]);
            }
        }
        Ok(None)
    }

    /// Returns a blob of an image.
    pub(crate) fn blob(
        &self,
        images: &Images,
        name: &str,
        digest: Digest,
    ) -> Result<Option<Blob>, Error> {
        let states = |entry: &Entry| {
            entry.identity().is_some_and(|identity| {
                identity.config == digest || identity.diff_ids.contains(&digest)
            })
        };
        for entry in likely_first(images.of_image(name), states) {
            let Ok(content) = self.content(entry) else { continue };
            if content.config == digest {
                return Ok(Some(Blob::Config(self.open(entry)?.archive.config()?)));
            }
            if let Some((digest, size)) = content.layers.iter().find(|(of, _)| *of == digest) {
                let layer = Layer { open: self.open(entry)?, digest: *digest, size: *size };
                return Ok(Some(Blob::Layer(layer)));
            }
        }
        Ok(None)
    }

    /// Returns the blocks of a zip, if it has independent ones.
    pub(crate) fn blocks(&self, entry: &Entry) -> Result<Option<BlockTable>, Error> {
        Ok(self.open(entry)?.archive.index().blocks().cloned())
    }

    /// Returns what an archive contains. Only its record is read, except for the first time if that
    /// has no index.
    fn content(&self, entry: &Entry) -> Result<Arc<Content>, Error> {
        if let Some((stat, content)) = lock(&self.known).get(&entry.archive)
            && *stat == entry.stat
        {
            return Ok(Arc::clone(content));
        }
        let open = self.open(entry)?;
        let archive = &open.archive;
        let layers = archive.layers().iter().map(|span| (span.digest, span.size)).collect();
        let (manifest, config) = (archive.manifest_descriptor()?, archive.identity().config);
        let content = Arc::new(Content { manifest, config, layers });
        lock(&self.known).insert(entry.archive.clone(), (open.stat, Arc::clone(&content)));
        Ok(content)
    }

    /// Opens an archive, unless another request reads it.
    fn open(&self, entry: &Entry) -> Result<Arc<OpenArchive>, Error> {
        let there = lock(&self.open).get(&entry.archive).and_then(Weak::upgrade);
        if let Some(open) = there.filter(|open| open.stat == entry.stat) {
            return Ok(open);
        }
        let archive = self.store.open_archive(&entry.archive, &ExamineOptions::default())?;
        let stat = self.store.stat(&entry.archive)?;
        if stat != entry.stat || Some(archive.identity()) != entry.identity() {
            return Err(Error::Changed { path: self.store.path_of(&entry.archive) });
        }
        let open = Arc::new(OpenArchive { stat, archive });
        lock(&self.open).insert(entry.archive.clone(), Arc::downgrade(&open));
        Ok(open)
    }
}

/// Returns those first that are likely to be the right ones.
fn likely_first<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    is_likely: impl Fn(&Entry) -> bool,
) -> impl Iterator<Item = &'a Entry> {
    let (likely, others): (Vec<_>, Vec<_>) = entries.partition(|entry| is_likely(entry));
    likely.into_iter().chain(others)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
