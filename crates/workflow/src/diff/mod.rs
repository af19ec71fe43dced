//! Comparison of two archives.

mod compare;
mod layer;
pub(crate) mod report;
pub(crate) mod tree;

use std::collections::BTreeSet;

use sealift_archive::{Archive, Fault, LayerSpan};
use sealift_catalog::{Entry, Query};
use sealift_oci::Digest;
use sealift_store::Store;
use serde_json::Value;

use crate::archive_file::ArchiveFile;
use crate::diff::compare::compare;
use crate::diff::layer::entries_of;
use crate::diff::report::{Differences, LayerChange, LayerDifference};
use crate::diff::tree::Tree;
use crate::error::Error;
use crate::event::Work;
use crate::open_archive::open_archive;
use crate::run::Run;
use crate::select::{find, held_against_record};

/// Compares the archives that match two queries: the settings, the layers, and the files by type,
/// content, permissions, owner and extended attributes. Times are not compared.
///
/// All layers are read and compared with their digests. Layers that both images have at the
/// beginning are read once. The names of all files are kept in memory, about 300 bytes for each
/// file.
///
/// # Cancel safety
///
/// If the future is dropped, reading stops soon after. Only records are written.
///
/// # Panics
///
/// Panics outside of a tokio runtime.
///
/// # Errors
///
/// Returns the errors of [`path`](crate::path()), and an error if an archive is damaged or a layer
/// is not a valid tar.
pub async fn diff(
    store: &Store,
    before: &Query,
    after: &Query,
    run: &Run,
) -> Result<Differences, Error> {
    let (before, after) = (find(store, before, run).await?, find(store, after, run).await?);
    let store = store.clone();
    run.blocking(move |run| {
        let (before, after) = (Side::open(&store, before, run)?, Side::open(&store, after, run)?);
        before.compare(&after, &store, run)
    })
    .await
}

/// One of the two archives.
struct Side {
    entry: Entry,
    archive: Archive,
    /// The layers, lowest first.
    layers: Vec<LayerSpan>,
}

impl Side {
    fn open(store: &Store, entry: Entry, run: &Run) -> Result<Self, Error> {
        let opened = open_archive(store, &entry.archive, entry.archive.as_str(), run);
        let opened = opened.and_then(|archive| {
            let layers: Vec<LayerSpan> = archive.image_layers()?.into_iter().cloned().collect();
            Ok((archive, layers))
        });
        match opened {
            Ok((archive, layers)) => Ok(Self { entry, archive, layers }),
            Err(error) => Err(held_against_record(store, &entry, error)),
        }
    }

    fn compare(&self, after: &Self, store: &Store, run: &Run) -> Result<Differences, Error> {
        let shared = self.layers.iter().zip(&after.layers);
        let shared = shared.take_while(|(old, new)| old.diff_id == new.diff_id).count();
        let mut base = Tree::default();
        self.read(&mut base, &self.layers[..shared], store, run)?;
        let mut old = base.clone();
        self.read(&mut old, &self.layers[shared..], store, run)?;
        after.read(&mut base, &after.layers[shared..], store, run)?;
        Ok(Differences {
            before: self.file(store),
            after: after.file(store),
            settings: different_settings(&self.config(store)?, &after.config(store)?),
            layers: different_layers(&self.layers, &after.layers),
            files: compare(&old, &base),
        })
    }

    /// Applies layers of this archive to a tree.
    fn read(
        &self,
        tree: &mut Tree,
        layers: &[LayerSpan],
        store: &Store,
        run: &Run,
    ) -> Result<(), Error> {
        if layers.is_empty() {
            return Ok(());
        }
        let bytes = layers.iter().map(|layer| layer.size).sum();
        let activity = run.activity(self.entry.archive.as_str(), Work::Reading, Some(bytes));
        let path = store.path_of(&self.entry.archive);
        for layer in layers {
            match entries_of(&self.archive, &path, layer, &activity, run) {
                Ok(entries) => tree.apply(entries),
                // A layer that is not a tar is not damaged: its digest is right.
                Err(error) if is_unsupported(&error) => return Err(error),
                Err(error) => return Err(held_against_record(store, &self.entry, error)),
            }
        }
        Ok(())
    }

    fn config(&self, store: &Store) -> Result<Value, Error> {
        let config = self.archive.config();
        let config =
            config.map_err(|error| held_against_record(store, &self.entry, error.into()))?;
        // The verification of the archive has parsed it already.
        Ok(serde_json::from_slice(&config).unwrap_or_default())
    }

    fn file(&self, store: &Store) -> ArchiveFile {
        let (archive, size) = (self.entry.archive.clone(), self.entry.stat.size);
        ArchiveFile::new(store.root(), archive, Some(self.archive.identity().config), size)
    }
}

fn is_unsupported(error: &Error) -> bool {
    let Error::Archive(error) = error else { return false };
    matches!(error.as_fault(), Some(Fault::Unsupported { .. }))
}

/// Returns the names of the settings that differ between two configs, and `platform` if the
/// platforms differ.
fn different_settings(before: &Value, after: &Value) -> Vec<String> {
    /// Returns a setting, or `None` if it is missing, null or empty. Builders use all three for the
    /// same meaning.
    fn value<'a>(config: &'a Value, name: &str) -> Option<&'a Value> {
        let value = config.get("config")?.get(name)?;
        let is_empty = match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(values) => values.is_empty(),
            Value::Object(values) => values.is_empty(),
            Value::Bool(value) => !value,
            Value::Number(_) => false,
        };
        (!is_empty).then_some(value)
    }
    let names = |config: &Value| -> Vec<String> {
        let settings = config.get("config").and_then(Value::as_object);
        settings.into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let all: BTreeSet<String> = names(before).into_iter().chain(names(after)).collect();
    let mut differ: Vec<String> =
        all.into_iter().filter(|name| value(before, name) != value(after, name)).collect();
    let platform = |config: &Value| {
        ["os", "architecture", "variant"].map(|key| config.get(key).cloned().unwrap_or_default())
    };
    if platform(before) != platform(after) {
        differ.push("platform".to_owned());
    }
    differ
}

/// Returns the layers of both images. A layer counts as shared even if its position differs.
fn different_layers(before: &[LayerSpan], after: &[LayerSpan]) -> Vec<LayerDifference> {
    let ids = |layers: &[LayerSpan]| layers.iter().map(|layer| layer.diff_id).collect();
    let (old, new): (BTreeSet<Digest>, BTreeSet<Digest>) = (ids(before), ids(after));
    let listed = |layer: &LayerSpan, change| LayerDifference {
        diff_id: layer.diff_id,
        size: layer.size,
        change,
    };
    let kept = before.iter().map(|layer| match new.contains(&layer.diff_id) {
        true => listed(layer, LayerChange::Same),
        false => listed(layer, LayerChange::Removed),
    });
    let added = after.iter().filter(|layer| !old.contains(&layer.diff_id));
    kept.chain(added.map(|layer| listed(layer, LayerChange::Added))).collect()
}
