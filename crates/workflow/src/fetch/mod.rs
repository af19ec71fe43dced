//! Fetches published archives into a folder. Only missing archives are fetched, and of each only
//! the missing blocks.

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
/// The config of the place lists the archives. Archives that are already in the folder are not
/// requested. If the place has a block index for a missing archive and its server supports ranges,
/// blocks that any archive in the folder already contains are copied, also from unfinished
/// archives, and only the rest is requested. Otherwise the complete archive is requested. An
/// archive becomes visible after all of it was verified and its SHA-256 is the one in the config.
///
/// After an interruption or a failure, the received bytes stay in the folder `.sealift`. The next
/// call continues from there.
///
/// The folder remembers the config. An unchanged config is not transferred again, and one with a
/// lower sequence number is refused.
///
/// If a signature is required, it is verified first, even if the config is unchanged. The folder
/// remembers the signature, so that [`verify`](crate::verify()) and loads can require one as well.
///
/// `on_result` receives each result as soon as it is available. If one image fails, the others are
/// still fetched. After a cancellation, the remaining images fail with [`Error::Interrupted`].
///
/// # Cancel safety
///
/// If the future is dropped, the work stops soon after. Each archive is then either published in
/// the folder or unfinished.
///
/// # Panics
///
/// Panics outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// Returns an error if the config cannot be read, is older than the remembered one, or does not
/// contain a named image; or if the folder cannot be read. Errors that concern one archive are in
/// its result.
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
    // Archives that are in the folder come first, because they take no time.
    let order = |found: &Option<FetchedImage>| found.is_none();
    let mut wanted: Vec<(Wanted, Option<FetchedImage>)> = wanted.into_iter().zip(there).collect();
    wanted.sort_by_key(|(_, found)| order(found));
    let missing = wanted.iter().filter(|(_, found)| found.is_none());
    let waiting = run.waiting(missing.map(|(one, _)| one.tag.to_string()));
    for (one, found) in wanted {
        waiting.end(&one.tag.to_string());
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

/// Returns what [`fetch`] would do, without fetching archives. Only the config and the block
/// indexes of missing archives are requested.
///
/// # Cancel safety
///
/// If the future is dropped, reading stops soon after. Only records are written.
///
/// # Panics
///
/// Panics outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// Returns the errors of [`fetch`], and an error if a block index cannot be requested.
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
