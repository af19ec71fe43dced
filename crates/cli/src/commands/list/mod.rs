//! `sealift list`.

mod arguments;
#[cfg(feature = "remote")]
mod published;

use sealift_workflow::filename::Printable;
use sealift_workflow::{ListOptions, Listing, list};

use crate::archive_table::{Row, totals};
use crate::arguments::place;
use crate::arguments::reference::references;
#[cfg(not(feature = "remote"))]
use crate::commands::left_out;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::format;
use crate::output;
use crate::session::Session;

pub(crate) use arguments::ListArguments;

pub(crate) async fn run(arguments: ListArguments, session: &Session) -> Result<ExitCode, Failure> {
    #[cfg(not(feature = "remote"))]
    if let (Some(_), _) = place::split(&arguments.images) {
        return left_out::run("list a published destination", "remote");
    }
    #[cfg(feature = "remote")]
    if let (Some(text), images) = place::split(&arguments.images) {
        return published::run(text, images, &arguments, session).await;
    }
    let listed = list_folder(&arguments, session).await;
    #[cfg(feature = "remote")]
    let listed = listed.map_err(|failure| place::with_hint(failure, &arguments.images));
    listed
}

async fn list_folder(arguments: &ListArguments, session: &Session) -> Result<ExitCode, Failure> {
    let options = ListOptions::default()
        .with_images(references(&session.images(&arguments.images).await?)?)
        .with_only_latest(arguments.latest)
        .with_latest(arguments.latest_by.options()?);
    let store = session.store()?;
    let mut listing = list(&store, &options, &session.run()).await?;
    let all = listing.archives.len();
    listing.archives.retain(|archive| archive.dirty || !arguments.dirty);
    arguments.sort.sort(&mut listing.archives);
    if session.global.json() {
        output::json(&listing);
    } else if all > 0 && listing.archives.is_empty() {
        session.notice(&format!(
            "there are no archives of dirty versions in {}",
            format::path(store.root())
        ));
    } else if listing.archives.is_empty() {
        if !session.global.quiet {
            let root = format::path(store.root());
            show_empty(&root, &options, &listing, session.global.verbose);
        }
    } else {
        let rows: Vec<Row<'_>> = listing.archives.iter().map(Row::from).collect();
        output::text(&arguments.table(&rows, &totals(&rows), session));
        if session.global.verbose {
            show_others(&listing);
        }
    }
    for error in &listing.errors {
        failure::show(error);
    }
    Ok(listing.errors.first().map_or(ExitCode::DONE, |error| ExitCode::of(error.kind())))
}

fn show_empty(root: &str, options: &ListOptions, listing: &Listing, verbose: bool) {
    let left_out = &listing.left_out;
    if let Some(platform) = &options.latest.platform
        && !left_out.platforms.is_empty()
    {
        let there: Vec<String> = left_out.platforms.iter().map(ToString::to_string).collect();
        let there = there.join(", ");
        let there = Printable(&there);
        output::error_line(&format!(
            "there are no archives for {platform} in {root}, only for {there}"
        ));
        return;
    }
    if left_out.dirty > 0 {
        let dirty = format::count(left_out.dirty, "archive");
        output::error_line(&format!(
            "there are no releases in {root}, only {dirty} of dirty versions; omit --release to list them"
        ));
        return;
    }
    let others = match listing.others.len() {
        0 => String::new(),
        count if verbose => format!(" ({})", format::count(count, "other file")),
        count => format!(" ({}; -v lists them)", format::count(count, "other file")),
    };
    output::error_line(&format!("no archives in {root}{others}"));
    if verbose {
        show_others(listing);
    }
    output::error_line("hint: run `sealift update IMAGE:VERSION` to save an image into it");
}

fn show_others(listing: &Listing) {
    for other in &listing.others {
        let path = format::path(&other.path);
        output::error_line(&format!("{path}: {}", Printable(&other.reason.to_string())));
    }
}
