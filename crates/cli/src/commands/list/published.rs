//! `sealift list DEST`.

use anstyle::{AnsiColor, Style};
use sealift_workflow::filename::{Printable, Reference};
use sealift_workflow::{FetchOptions, ImageConfig, PublishedListing, list_published};

use crate::arguments::place;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::format;
use crate::output;
use crate::session::Session;
use crate::table;

const DIRTY: Style = AnsiColor::Yellow.on_default();

pub(super) async fn run(
    text: &str,
    images: Vec<Reference>,
    release: bool,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let place = place::open(text)?;
    let options = FetchOptions::default().with_images(images).with_release(release);
    let listing = list_published(&place, &options, &session.run()).await?;
    if session.global.json {
        output::json(&listing);
    } else if listing.images.is_empty() {
        session.notice(&empty(&listing));
    } else {
        output::text(&table_of(&listing));
    }
    Ok(ExitCode::DONE)
}

fn empty(listing: &PublishedListing) -> String {
    let url = Printable(&listing.url);
    match listing.left_out {
        0 => format!("{url} names no archives"),
        count => {
            let dirty = format::count(count, "archive");
            format!(
                "{url} names no releases, only {dirty} of dirty versions; leave --release out to list them"
            )
        }
    }
}

/// Returns the archives as a table, with a line about the publication below it.
fn table_of(listing: &PublishedListing) -> String {
    let rows: Vec<Vec<String>> = listing.images.iter().map(row).collect();
    let size = listing.images.iter().map(|entry| entry.size).fold(0, u64::saturating_add);
    let header = ["IMAGE", "VERSION", "ID", "PLATFORM", "SIZE", ""];
    format!(
        "{}{}, {}, publication {} of {}\n",
        table::align(&header, &rows),
        format::count(listing.images.len(), "archive"),
        format::size(size),
        listing.sequence,
        Printable(&listing.url),
    )
}

fn row(entry: &ImageConfig) -> Vec<String> {
    let mut marks = Vec::new();
    if entry.dirty {
        marks.push(format!("{DIRTY}dirty{DIRTY:#}"));
    }
    if entry.archfmt.as_str() != "zip" {
        marks.push(Printable(entry.archfmt.as_str()).to_string());
    }
    let image = entry.path.repository();
    let image = image.map_or_else(|| entry.path.image().to_owned(), |image| image.to_string());
    vec![
        Printable(&image).to_string(),
        Printable(entry.version.as_str()).to_string(),
        entry.id.to_string(),
        Printable(&entry.platform.to_string()).to_string(),
        format::size(entry.size),
        marks.join(" "),
    ]
}
