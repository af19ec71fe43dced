//! The manifests and blobs of archives.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sealift_archive::{
    Archive, ArchiveIndex, ArchiveReader, Block, BlockTable, ExamineOptions, GzipLayer,
};
use sealift_catalog::{Entry, Stat};
use sealift_filename::ArchivePath;
use sealift_oci::{Descriptor, Digest, Index};
use sealift_store::{Error, Store};

use crate::cache::Cache;
use crate::images::Images;

/// The memory limit for indexes and manifests of archives, in bytes.
const HELD: usize = 8 << 20;

/// The manifests and blobs of the archives in a folder.
///
/// Digests and sizes of all archives are kept in memory, and the indexes of those that were read
/// last. Files are open only while requests read them, so that the disk space of a removed archive
/// is released soon.
#[derive(Debug)]
pub(crate) struct Contents {
    store: Store,
    known: Mutex<HashMap<ArchivePath, (Stat, Arc<Content>)>>,
    held: Mutex<Cache<Arc<Held>>>,
    /// Archives whose index is being read. Only one request reads an index, which can take
    /// megabytes.
    reading: Mutex<HashMap<ArchivePath, Arc<Mutex<()>>>>,
}

/// The digests and sizes of the objects in an archive.
#[derive(Debug)]
struct Content {
    manifest: Descriptor,
    config: Digest,
    /// The digest and the size of each layer as it is stored.
    layers: Vec<(Digest, u64)>,
}

/// The data that is needed to read an archive.
#[derive(Debug)]
struct Held {
    index: ArchiveIndex,
    content: Arc<Content>,
    manifest_json: Vec<u8>,
}

/// A manifest or index, with its descriptor.
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
    Layer(Arc<Layer>),
}

/// A layer in an archive.
#[derive(Debug)]
pub(crate) struct Layer {
    archive: Archive,
    digest: Digest,
    pub(crate) size: u64,
}

/// The digests that identify the content of an archive.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    /// The digest of the manifest.
    pub(crate) manifest: Digest,
    /// The digest and the size of each layer as it is stored.
    pub(crate) layers: Vec<(Digest, u64)>,
}

impl Layer {
    /// Returns a reader that starts at an offset of the layer.
    pub(crate) fn reader(&self, start: u64) -> Option<ArchiveReader<File>> {
        let mut reader = self.archive.layer(&self.digest)?;
        reader.seek(SeekFrom::Start(start)).ok()?;
        Some(reader)
    }

    /// Returns the layer as a gzip stream, if its zip has independent blocks and the stream is
    /// smaller. Returns `None` on read errors, which [`reader`](Self::reader) reports.
    pub(crate) fn gzip(&self) -> Option<GzipLayer<File>> {
        let gzip = self.archive.gzip_layer(&self.digest).ok().flatten();
        gzip.filter(|gzip| gzip.size() < self.size)
    }
}

impl Contents {
    pub(crate) fn new(store: Store) -> Self {
        let held = Mutex::new(Cache::new(HELD));
        Self { store, known: Mutex::default(), held, reading: Mutex::default() }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Removes the data of archives that are not among these images.
    pub(crate) fn forget_others(&self, images: &Images) {
        lock(&self.known).retain(|path, _| images.archive(path).is_some());
        lock(&self.held).retain(|path| images.archive(path).is_some());
    }

    /// Returns the manifest of one archive, or an index of several.
    pub(crate) fn manifest(&self, builds: &[&Entry]) -> Result<Option<ManifestDocument>, Error> {
        match builds {
            [] => Ok(None),
            [build] => {
                let held = self.held(build)?;
                let (descriptor, json) =
                    (held.content.manifest.clone(), held.manifest_json.clone());
                Ok(Some(ManifestDocument { descriptor, json }))
            }
            builds => {
                let index = self.index(builds)?;
                let (descriptor, json) = (index.descriptor(), index.to_json());
                Ok(Some(ManifestDocument { descriptor, json }))
            }
        }
    }

    /// Returns the index of archives for several platforms. Its bytes depend only on the manifests
    /// and platforms, because entries are sorted.
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

    /// Returns the manifest or index of an image with this digest.
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
            // An archive that was just removed must not hide another one with this manifest.
            if self.content(entry).is_ok_and(|content| content.manifest.digest == digest) {
                return self.manifest(&[entry]);
            }
        }
        Ok(None)
    }

    /// Returns the config or layer of an image with this digest.
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
                return Ok(Some(Blob::Config(self.open(entry)?.config()?)));
            }
            if let Some((digest, size)) = content.layers.iter().find(|(of, _)| *of == digest) {
                let layer = Layer { archive: self.open(entry)?, digest: *digest, size: *size };
                return Ok(Some(Blob::Layer(Arc::new(layer))));
            }
        }
        Ok(None)
    }

    /// Returns the block table of an archive, if it is a zip with independent blocks.
    pub(crate) fn blocks(&self, entry: &Entry) -> Result<Option<BlockTable>, Error> {
        Ok(self.held(entry)?.index.blocks().cloned())
    }

    /// Returns the digests of the manifest and layers of an archive.
    pub(crate) fn parts(&self, entry: &Entry) -> Result<Parts, Error> {
        let content = self.content(entry)?;
        Ok(Parts { manifest: content.manifest.digest, layers: content.layers.clone() })
    }

    /// Returns the digests and sizes of the objects in an archive. The archive itself is read only
    /// if its record contains no index, and only once.
    fn content(&self, entry: &Entry) -> Result<Arc<Content>, Error> {
        if let Some((stat, content)) = lock(&self.known).get(&entry.archive)
            && *stat == entry.stat
        {
            return Ok(Arc::clone(content));
        }
        Ok(Arc::clone(&self.held(entry)?.content))
    }

    /// Returns the index and manifest of an archive, from the cache if possible.
    fn held(&self, entry: &Entry) -> Result<Arc<Held>, Error> {
        let path = &entry.archive;
        if let Some(held) = lock(&self.held).get(path, &entry.stat) {
            return Ok(held);
        }
        let reading = Arc::clone(lock(&self.reading).entry(path.clone()).or_default());
        let _reading = lock(&reading);
        if let Some(held) = lock(&self.held).get(path, &entry.stat) {
            return Ok(held);
        }
        let held = self.read(entry);
        lock(&self.reading).remove(path);
        let held = Arc::new(held?);
        lock(&self.known).insert(path.clone(), (entry.stat, Arc::clone(&held.content)));
        lock(&self.held).insert(path, entry.stat, Arc::clone(&held), held.cost());
        Ok(held)
    }

    fn read(&self, entry: &Entry) -> Result<Held, Error> {
        let archive = self.store.open_archive(&entry.archive, &ExamineOptions::default())?;
        let stat = self.store.stat(&entry.archive)?;
        if stat != entry.stat || Some(archive.identity()) != entry.identity() {
            return Err(self.changed(entry));
        }
        let layers = archive.layers().iter().map(|span| (span.digest, span.size)).collect();
        let (manifest, config) = (archive.manifest_descriptor()?, archive.identity().config);
        let content = Arc::new(Content { manifest, config, layers });
        let manifest_json = archive.manifest_json()?;
        Ok(Held { index: archive.index().clone(), content, manifest_json })
    }

    /// Opens an archive, unless it has changed.
    fn open(&self, entry: &Entry) -> Result<Archive, Error> {
        let held = self.held(entry)?;
        let (file, stat) = self.store.open_file(&entry.archive)?;
        if stat != entry.stat {
            return Err(self.changed(entry));
        }
        let path = self.store.path_of(&entry.archive);
        Ok(Archive::for_one_pass(file, held.index.clone(), path)?)
    }

    fn changed(&self, entry: &Entry) -> Error {
        Error::Changed { path: self.store.path_of(&entry.archive) }
    }
}

impl Held {
    /// Returns the approximate size in memory, in bytes.
    fn cost(&self) -> usize {
        let blocks = self.index.blocks().map_or(0, BlockTable::len);
        self.manifest_json.len() + blocks * size_of::<Block>() + (1 << 10)
    }
}

/// Sorts the entries for which `is_likely` returns `true` to the front.
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
