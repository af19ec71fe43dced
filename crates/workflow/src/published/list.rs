//! Listing of published archives.

use crate::error::Error;
use crate::fetch::options::FetchOptions;
use crate::fetch::wanted::wanted;
use crate::published::place::PublishedPlace;
use crate::published::report::PublishedListing;
use crate::run::Run;

/// Lists the archives in the config of a place. Only the config is requested.
///
/// Of the options, only the images and [`release`](FetchOptions::release) are used.
///
/// # Cancel safety
///
/// This function is cancel safe.
///
/// # Panics
///
/// Panics outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// Returns an error if there is no config, if it cannot be read, or if it does not contain a
/// selected image.
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
