//! Description of one archive.

pub(crate) mod report;

use sealift_archive::LayerSpan;
use sealift_catalog::{Entry, Query};
use sealift_filename::{ArchiveFormat, ArchivePath};
use sealift_oci::Digest;
use sealift_store::Store;

use crate::error::Error;
use crate::naming::repository_of;
use crate::open_archive::open_archive;
use crate::run::Run;
use crate::select::{find, held_against_record};
use crate::show::report::{HistoryStep, ShownArchive, ShownLayer};
use crate::stored_archive::{StoredArchive, StoredContent};

/// Describes the archive that matches a query: its image, layers and history, and the other
/// archives in the folder with the same layers.
///
/// The image's config is read and compared with its digest. An archive without a valid record is
/// verified completely. Other archives are compared by their records.
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
/// Returns the errors of [`path`](crate::path()), and an error if the archive is damaged or its
/// config cannot be read.
pub async fn show(store: &Store, query: &Query, run: &Run) -> Result<ShownArchive, Error> {
    let entry = find(store, query, run).await?;
    let store = store.clone();
    run.blocking(move |run| {
        let shown = describe(&store, &entry, run);
        shown.map_err(|error| held_against_record(&store, &entry, error))
    })
    .await
}

fn describe(store: &Store, entry: &Entry, run: &Run) -> Result<ShownArchive, Error> {
    let path = &entry.archive;
    let archive = open_archive(store, path, path.as_str(), run)?;
    // Opening has recorded the archive if it had no record.
    let unknown = || Error::UnknownContent { archive: path.clone() };
    let entry = store.entry(path).ok_or_else(unknown)?;
    let known = entry.image().ok_or_else(unknown)?;
    let config = archive.config()?;
    // The verification of the archive has parsed the config. Fields that are only displayed can be
    // missing or invalid.
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap_or_default();
    let layers: Vec<LayerSpan> = archive.image_layers()?.into_iter().cloned().collect();
    let identity = archive.identity();
    let mut shared = shared_layers(store, path, &layers, run)?;
    let layers = layers.into_iter().map(|layer| ShownLayer {
        shared_with: shared.remove(0),
        digest: layer.digest,
        diff_id: layer.diff_id,
        media_type: layer.media_type,
        size: layer.size,
    });
    Ok(ShownArchive {
        file: StoredArchive::new(
            store,
            repository_of(path)?,
            path.name().to_version(),
            path.clone(),
            StoredContent { digest: identity.config, size: entry.stat.size, sha256: known.sha256 },
        ),
        manifest: archive.manifest_descriptor()?.digest,
        plain_size: known.plain_size,
        platform: identity.platform.normalized(),
        created: identity.created.clone(),
        saved: entry.saved(),
        settings: config.get("config").cloned().unwrap_or_default(),
        layers: layers.collect(),
        history: HistoryStep::list(&config),
    })
}

/// Returns the other archives that contain each layer, according to their records. The same image
/// in the other format is not included.
fn shared_layers(
    store: &Store,
    path: &ArchivePath,
    layers: &[LayerSpan],
    run: &Run,
) -> Result<Vec<Vec<ArchivePath>>, Error> {
    let mut shared = vec![Vec::new(); layers.len()];
    let other = match path.name().format() {
        ArchiveFormat::Zip => path.to_docker(),
        _ => path.to_zip(),
    };
    for archive in store.scan()?.archives {
        run.check_cancelled()?;
        if archive == *path || archive == other {
            continue;
        }
        // An archive that cannot be opened is skipped.
        let Ok(Some(opened)) = store.open_recorded(&archive) else { continue };
        let has = |diff_id: Digest| opened.layers().iter().any(|span| span.diff_id == diff_id);
        for (layer, archives) in layers.iter().zip(&mut shared) {
            if has(layer.diff_id) {
                archives.push(archive.clone());
            }
        }
    }
    Ok(shared)
}
