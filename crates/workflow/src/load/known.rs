//! The layers of the manifests in an engine, found in the records of the folder.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use sealift_catalog::Entry;
use sealift_filename::ArchivePath;
use sealift_oci::Digest;
use sealift_store::Store;

use crate::error::Error;
use crate::load::leave_out::KnownManifests;
use crate::run::Run;

/// The maximum number of archives opened for one image. Each takes about a millisecond.
const LIMIT: usize = 200;

/// The records of a folder, read once for all images and engines of a load.
#[derive(Default)]
pub(crate) struct FolderRecords {
    entries: Mutex<Option<Arc<Vec<Entry>>>>,
    archives: Mutex<HashMap<ArchivePath, Option<Arc<NamedLayers>>>>,
}

/// The stored digests of the layers in an archive's manifest.
struct NamedLayers {
    /// The digests that engines can report for the image. An engine that lists no manifests reports
    /// the digest of the index.
    shown: Vec<Digest>,
    layers: HashSet<Digest>,
}

impl FolderRecords {
    /// Searches the archives of a folder for the manifests of an engine's images. Only archives
    /// with valid records that share a layer with the image are considered.
    pub(crate) fn known_manifests(
        &self,
        store: &Store,
        diff_ids: &[Digest],
        manifests: &HashSet<Digest>,
        run: &Run,
    ) -> Result<KnownManifests, Error> {
        let mut known = KnownManifests::new();
        let entries = self.entries(store)?;
        let may_help = entries.iter().filter_map(|entry| {
            let identity = entry.identity()?;
            let shares = identity.diff_ids.iter().any(|diff_id| diff_ids.contains(diff_id));
            let mut own = identity.manifests.iter().chain(&identity.indexes);
            // For an archive without a manifest, the canonical manifest is computed below.
            let is_there =
                identity.manifests.is_empty() || own.any(|digest| manifests.contains(digest));
            (shares && is_there).then_some(&entry.archive)
        });
        for archive in may_help.take(LIMIT) {
            run.check_cancelled()?;
            let Some(named) = self.layers_of(store, archive) else { continue };
            for digest in named.shown.iter().filter(|digest| manifests.contains(digest)) {
                known.insert(*digest, named.layers.clone());
            }
        }
        Ok(known)
    }

    fn entries(&self, store: &Store) -> Result<Arc<Vec<Entry>>, Error> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entries) = &*entries {
            return Ok(Arc::clone(entries));
        }
        let read = Arc::new(store.entries(&store.scan()?.archives));
        Ok(Arc::clone(entries.insert(read)))
    }

    /// Returns the layers of an archive, or `None` if it has no valid record or was removed.
    fn layers_of(&self, store: &Store, archive: &ArchivePath) -> Option<Arc<NamedLayers>> {
        let lock = || self.archives.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(named) = lock().get(archive) {
            return named.clone();
        }
        let read = || {
            let opened = store.open_recorded(archive).ok()??;
            let manifest = opened.manifest_descriptor().ok()?.digest;
            let layers = opened.image_layers().ok()?.iter().map(|layer| layer.digest).collect();
            let shown = opened.identity().indexes.iter().copied().chain([manifest]).collect();
            Some(Arc::new(NamedLayers { shown, layers }))
        };
        let named = read();
        lock().insert(archive.clone(), named.clone());
        named
    }
}
