//! Wanted archives that are already in the folder.

use sealift_catalog::Entry;
use sealift_filename::ArchivePath;
use sealift_store::Store;

use crate::error::Error;
use crate::fetch::report::FetchedImage;
use crate::fetch::wanted::Wanted;
use crate::run::Run;
use crate::select::examine::with_read_options;
use crate::stored_archive::{StoredArchive, StoredContent};

/// Returns, for each wanted image, its archive in the folder, or `None` if it is missing.
///
/// An archive counts if it has the wanted name and contains the same image. Its file may differ
/// from the published one, for example because another program compressed it. As with
/// [`add`](crate::add()), such a file stays unchanged.
pub(crate) async fn find_there(
    store: &Store,
    wanted: &[Wanted],
    run: &Run,
) -> Result<Vec<Option<FetchedImage>>, Error> {
    let reader = store.clone();
    let mut paths: Vec<ArchivePath> = wanted.iter().map(|one| one.entry.path.clone()).collect();
    paths.sort_unstable();
    let entries = run
        .blocking(move |run| {
            paths.retain(|path| reader.path_of(path).exists());
            with_read_options(run, |reading| Ok(reader.examined_entries(&paths, reading)?))
        })
        .await?;
    Ok(wanted.iter().map(|one| there(store, one, &entries)).collect())
}

fn there(store: &Store, wanted: &Wanted, entries: &[Entry]) -> Option<FetchedImage> {
    let entry = entries.iter().find(|entry| entry.archive == wanted.entry.path)?;
    let known = entry.image()?;
    let is_same = known.sha256 == wanted.entry.sha256
        || known.identity.config == wanted.entry.digest && !entry.is_misnamed();
    is_same.then(|| {
        let digest = known.identity.config;
        let content = StoredContent { digest, size: entry.stat.size, sha256: known.sha256 };
        FetchedImage::there(store, wanted, content)
    })
}

impl FetchedImage {
    /// Returns the description of a wanted image that the folder contains.
    pub(crate) fn there(store: &Store, wanted: &Wanted, content: StoredContent) -> Self {
        let (image, version) = (wanted.image.clone(), wanted.version.clone());
        Self {
            file: StoredArchive::new(store, image, version, wanted.entry.path.clone(), content),
            fetched: false,
            transfer: None,
        }
    }
}
