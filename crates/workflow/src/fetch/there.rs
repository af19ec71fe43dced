//! Archives that are in the folder already.

use sealift_catalog::Entry;
use sealift_filename::ArchivePath;
use sealift_store::Store;

use crate::error::Error;
use crate::fetch::report::FetchedImage;
use crate::fetch::wanted::Wanted;
use crate::run::Run;
use crate::select::examine::with_read_options;
use crate::stored_archive::{StoredArchive, StoredContent};

/// Returns for each wanted image the archive that the folder has of it.
///
/// An archive that has the wanted name is there if it holds the same image. That its file differs,
/// since another program compressed it, does not matter: as with [`add`](crate::add()), it stays
/// as it is.
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
    /// Describes a wanted image whose archive is in the folder.
    pub(crate) fn there(store: &Store, wanted: &Wanted, content: StoredContent) -> Self {
        let (image, version) = (wanted.image.clone(), wanted.version.clone());
        Self {
            file: StoredArchive::new(store, image, version, wanted.entry.path.clone(), content),
            fetched: false,
            transfer: None,
        }
    }
}
