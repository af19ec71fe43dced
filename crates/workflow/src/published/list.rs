//! Lists what was published.

use crate::error::Error;
use crate::fetch::options::FetchOptions;
use crate::fetch::wanted::wanted;
use crate::published::place::PublishedPlace;
use crate::published::report::PublishedListing;
use crate::run::Run;

/// Lists the archives that the config at a place names. Nothing but the config is requested.
///
/// Of the options, the images and [`release`](FetchOptions::release) count.
///
/// # Cancel safety
///
/// When the future is dropped, nothing has changed.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// If there is no config, it cannot be read, or it lacks an image that was named.
pub async fn list_published(
    place: &PublishedPlace,
    options: &FetchOptions,
    run: &Run,
) -> Result<PublishedListing, Error> {
    let read = run.wait_for(place.read_existing_config()).await?;
    let url = place.shown_config();
    let chosen = |options: &FetchOptions| wanted(&read.config.images, options, &url);
    let all = chosen(&options.clone().with_release(false))?.len();
    let images: Vec<_> = chosen(options)?.into_iter().map(|one| one.entry).collect();
    let left_out = all - images.len();
    Ok(PublishedListing { sequence: read.config.sequence, images, left_out, url })
}
