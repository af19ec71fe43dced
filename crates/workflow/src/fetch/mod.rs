//! Fetches published archives into a folder: only those that are missing, and of those only the
//! blocks that are missing.

mod archive;
pub(crate) mod archive_place;
pub(crate) mod download;
mod local_blocks;
pub(crate) mod options;
pub(crate) mod report;
mod seen_config;
mod segments;
mod there;
mod transfer;
pub(crate) mod wanted;

use sealift_store::Store;

use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::event::Event;
use crate::fetch::archive::{fetch_archive, plan_archive};
use crate::fetch::options::FetchOptions;
use crate::fetch::report::{FetchPlan, FetchReport, FetchedImage, ImageFetch, PlannedFetch};
use crate::fetch::seen_config::SeenConfig;
use crate::fetch::there::find_there;
use crate::fetch::wanted::{Wanted, wanted};
use crate::published::place::PublishedPlace;
use crate::run::Run;

/// Fetches published images into a folder.
///
/// The config of the place names their archives. An archive that the folder has is not requested.
/// Of others, the blocks that any archive or unfinished archive in the folder has are copied, and
/// the rest is requested in ranges, if the place has a block index of the archive and knows ranges;
/// otherwise the archive is requested as a whole. It becomes visible after all of it was verified
/// and has the SHA-256 that the config states.
///
/// What was received of an archive before an interruption or a failure stays in the folder
/// `.sealift`, and the next call continues it.
///
/// The folder remembers the config. One that is unchanged is not sent again, and one that is older
/// than it is refused.
///
/// If a signature is required, it is verified before anything else, also that of an unchanged
/// config, as of now. The folder remembers it, so that [`verify`](crate::verify()) and loads can
/// require one as well.
///
/// `on_result` receives each result as soon as it is known. One image failing does not stop the
/// others. Once it is cancelled, the others failed with [`Error::Interrupted`].
///
/// # Cancel safety
///
/// When the future is dropped, the work stops soon after. Each archive is then either published in
/// the folder, or unfinished.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// If the config cannot be read, is older than the last one, or lacks an image that was named; or
/// if the folder cannot be read. What goes wrong with one archive is in its result.
pub async fn fetch(
    store: &Store,
    place: &PublishedPlace,
    options: &FetchOptions,
    on_result: impl Fn(&ImageFetch) + Send + Sync,
    run: &Run,
) -> Result<FetchReport, Error> {
    let config = SeenConfig::read(place, store, options, run).await?;
    let wanted = wanted(&config.config.images, options, &config.described.url)?;
    let (keeper, config) = (store.clone(), config);
    let config = run
        .blocking(move |_| {
            config.remember(&keeper)?;
            Ok(config)
        })
        .await?;
    let there = find_there(store, &wanted, run).await?;
    let mut images = Vec::new();
    let mut is_swept = false;
    // Archives that are there are shown first: they take no time.
    let order = |found: &Option<FetchedImage>| found.is_none();
    let mut wanted: Vec<(Wanted, Option<FetchedImage>)> = wanted.into_iter().zip(there).collect();
    wanted.sort_by_key(|(_, found)| order(found));
    for (one, _) in wanted.iter().filter(|(_, found)| found.is_none()) {
        run.report(Event::Waiting { image: one.tag.to_string() });
    }
    for (one, found) in wanted {
        let result = match (run.check_cancelled(), found) {
            (Err(error), _) => Err(error),
            (Ok(()), Some(there)) => Ok(there),
            (Ok(()), None) => {
                if !std::mem::replace(&mut is_swept, true) {
                    let sweeper = store.clone();
                    run.blocking(move |_| Ok(sweeper.sweep()?)).await?;
                }
                Box::pin(fetch_archive(store, place, &one, run)).await
            }
        };
        let is_fatal = result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unreachable);
        let Wanted { tag, version, entry, .. } = one;
        let image = ImageFetch { tag, version, archive: entry.path, result };
        on_result(&image);
        images.push(image);
        if is_fatal {
            break;
        }
    }
    Ok(FetchReport { config: config.described, images })
}

/// Decides what a fetch would do, and changes nothing. The config and the block indexes of missing
/// archives are requested.
///
/// # Cancel safety
///
/// When the future is dropped, reading stops soon after. Nothing but records is written.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// Those of [`fetch`], and if a block index cannot be requested.
pub async fn plan_fetch(
    store: &Store,
    place: &PublishedPlace,
    options: &FetchOptions,
    run: &Run,
) -> Result<FetchPlan, Error> {
    let config = SeenConfig::read(place, store, options, run).await?;
    let wanted = wanted(&config.config.images, options, &config.described.url)?;
    let there = find_there(store, &wanted, run).await?;
    let mut images = Vec::new();
    for (one, found) in wanted.into_iter().zip(there) {
        let to_fetch = match found {
            Some(_) => None,
            None => Some(plan_archive(store, place, &one, run).await?),
        };
        images.push(PlannedFetch {
            image: one.image,
            version: one.version,
            path: store.path_of(&one.entry.path),
            archive: one.entry.path,
            size: one.entry.size,
            to_fetch,
        });
    }
    Ok(FetchPlan { config: config.described, images })
}
