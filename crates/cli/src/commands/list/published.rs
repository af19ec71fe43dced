//! `sealift list DEST`.

use sealift_workflow::filename::Printable;
use sealift_workflow::{FetchOptions, PublishedListing, list_published};

use crate::archive_table::Row;
use crate::arguments::pattern::{expand, is_pattern};
use crate::arguments::place;
use crate::arguments::reference::references;
use crate::commands::list::arguments::ListArguments;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::format;
use crate::output;
use crate::session::Session;

pub(super) async fn run(
    text: &str,
    images: &[String],
    arguments: &ListArguments,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let release = arguments.latest_by.release_alone()?;
    let place = place::open(text)?;
    let has_patterns = images.iter().any(|image| is_pattern(image));
    let named: &[String] = if has_patterns { &[] } else { images };
    let options = FetchOptions::default().with_images(references(named)?).with_release(release);
    let mut listing = list_published(&place, &options, &session.run()).await?;
    if has_patterns {
        let paths: Vec<_> = listing.images.iter().map(|entry| entry.path.clone()).collect();
        let url = Printable(&listing.url).to_string();
        let wanted = references(&expand(images, &paths, &url)?)?;
        listing.images.retain(|entry| {
            wanted.iter().any(|image| {
                entry.path.repository().as_ref() == Some(image.repository())
                    && image.version().is_none_or(|version| *version == entry.version)
            })
        });
    }
    listing.images.retain(|entry| entry.dirty || !arguments.dirty);
    arguments.sort.sort(&mut listing.images);
    if session.global.json() {
        output::json(&listing);
    } else if listing.images.is_empty() {
        session.notice(&empty(&listing, arguments.dirty));
    } else {
        let rows: Vec<Row<'_>> = listing.images.iter().map(Row::from).collect();
        output::text(&arguments.table(&rows, &totals(&listing), session));
    }
    Ok(ExitCode::DONE)
}

fn empty(listing: &PublishedListing, only_dirty: bool) -> String {
    let url = Printable(&listing.url);
    match listing.left_out {
        0 if only_dirty => format!("{url} contains no archives of dirty versions"),
        0 => format!("{url} contains no archives"),
        count => {
            let dirty = format::count(count, "archive");
            format!(
                "{url} contains no releases, only {dirty} of dirty versions; omit --release to list them"
            )
        }
    }
}

/// Returns the line of totals, with the number of the publication.
fn totals(listing: &PublishedListing) -> String {
    let size = listing.images.iter().map(|entry| entry.size).fold(0, u64::saturating_add);
    format!(
        "{}, {}, publication {} of {}\n",
        format::count(listing.images.len(), "archive"),
        format::size(size),
        listing.sequence,
        Printable(&listing.url),
    )
}
