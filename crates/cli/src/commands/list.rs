//! `sealift list`.

use std::collections::{BTreeSet, HashMap};

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use sealift_workflow::{ArchiveState, ListOptions, ListedArchive, Listing, list};

use crate::args::ListArguments;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::human;
use crate::output;
use crate::session::{Session, latest_options, reference};
use crate::table::{self, printable};

pub(crate) async fn run(arguments: ListArguments, session: &Session) -> Result<ExitCode, Failure> {
    let images =
        arguments.images.iter().map(|image| reference(image)).collect::<Result<Vec<_>, _>>()?;
    let options = ListOptions {
        images,
        only_latest: arguments.latest,
        latest: latest_options(arguments.latest_by, arguments.platform.as_deref())?,
    };
    let store = session.store()?;
    let listing = list(&store, &options, &session.run()).await?;
    if session.global.json {
        output::json(&listing.archives);
    } else if listing.archives.is_empty() {
        if !session.global.quiet {
            let root = printable(&store.root().display().to_string());
            show_empty(&root, &options, &listing, session.global.verbose);
        }
    } else {
        output::text(&table(&listing.archives, Timestamp::now()));
        if session.global.verbose {
            show_others(&listing);
        }
    }
    for error in &listing.errors {
        failure::show(error);
    }
    Ok(listing.errors.first().map_or(ExitCode::DONE, |error| ExitCode::of(error.kind())))
}

const LATEST: Style = AnsiColor::Green.on_default();
const DIRTY: Style = AnsiColor::Yellow.on_default();
const FLAWED: Style = AnsiColor::Red.on_default();

pub(crate) fn table(archives: &[ListedArchive], now: Timestamp) -> String {
    let with_platform = has_several_platforms(archives);
    let mut header = vec!["IMAGE", "VERSION", "ID", "SIZE", "SAVED", ""];
    if with_platform {
        header.insert(2, "PLATFORM");
    }
    let rows: Vec<Vec<String>> =
        archives.iter().map(|archive| row(archive, with_platform, now)).collect();
    let images: BTreeSet<&str> = archives.iter().map(|archive| archive.image.as_str()).collect();
    let bytes = archives.iter().map(|archive| archive.size).sum();
    format!(
        "{}{}, {}, {}\n",
        table::align(&header, &rows),
        human::count(archives.len(), "archive"),
        human::count(images.len(), "image"),
        human::size(bytes)
    )
}

/// Returns `true` if one image and version is there for several platforms.
fn has_several_platforms(archives: &[ListedArchive]) -> bool {
    let mut platforms = HashMap::new();
    archives.iter().any(|archive| {
        archive.platform.as_ref().is_some_and(|platform| {
            let version = (&archive.image, &archive.version);
            *platforms.entry(version).or_insert(platform) != platform
        })
    })
}

fn row(archive: &ListedArchive, with_platform: bool, now: Timestamp) -> Vec<String> {
    let mut marks = Vec::new();
    if archive.latest {
        marks.push(format!("{LATEST}latest{LATEST:#}"));
    }
    if archive.dirty {
        marks.push(format!("{DIRTY}dirty{DIRTY:#}"));
    }
    if let Some(state) = state(archive.state) {
        marks.push(format!("{FLAWED}{state}{FLAWED:#}"));
    }
    if archive.format.as_str() != "zip" {
        marks.push(printable(archive.format.as_str()));
    }
    let mut row = vec![
        printable(&archive.image),
        printable(&archive.version),
        archive.id.to_string(),
        human::size(archive.size),
        human::age(archive.modified, now),
        marks.join(" "),
    ];
    if with_platform {
        let platform = archive.platform.as_ref().map(ToString::to_string);
        row.insert(2, printable(&platform.unwrap_or_default()));
    }
    row
}

/// Returns the word for what people should know of an archive.
fn state(state: ArchiveState) -> Option<&'static str> {
    match state {
        ArchiveState::Changed => Some("changed"),
        ArchiveState::Misnamed => Some("misnamed"),
        ArchiveState::NoImage => Some("no-image"),
        ArchiveState::Damaged => Some("damaged"),
        ArchiveState::Unreadable => Some("unreadable"),
        _ => None,
    }
}

fn show_empty(root: &str, options: &ListOptions, listing: &Listing, verbose: bool) {
    let left_out = &listing.left_out;
    if let Some(platform) = &options.latest.platform
        && !left_out.platforms.is_empty()
    {
        let there: Vec<String> = left_out.platforms.iter().map(ToString::to_string).collect();
        let there = printable(&there.join(", "));
        output::error_line(&format!("{root} has no archives for {platform}, only for {there}"));
        return;
    }
    if left_out.dirty > 0 {
        let dirty = human::count(left_out.dirty, "archive");
        output::error_line(&format!(
            "{root} has no releases, only {dirty} of dirty versions; leave --release out to list them"
        ));
        return;
    }
    let others = match listing.others.len() {
        0 => String::new(),
        count if verbose => format!(" ({})", human::count(count, "other file")),
        count => format!(" ({}; -v lists them)", human::count(count, "other file")),
    };
    output::error_line(&format!("no archives in {root}{others}"));
    if verbose {
        show_others(listing);
    }
    output::error_line("hint: run `sealift update IMAGE:VERSION` to save an image into it");
}

fn show_others(listing: &Listing) {
    for other in &listing.others {
        let path = printable(&other.path.display().to_string());
        output::error_line(&format!("{path}: {}", printable(&other.reason.to_string())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(image: &str, version: &str, format: &str, latest: bool) -> ListedArchive {
        ListedArchive {
            image: image.to_owned(),
            version: version.to_owned(),
            id: "0123456789ab".parse().unwrap(),
            format: format.into(),
            digest: None,
            archive: format!("{image}_{version}_0123456789ab.{format}").parse().unwrap(),
            path: "artifacts".into(),
            size: 140_600_000,
            modified: Timestamp::from_second(1_000_000_000).unwrap(),
            dirty: version == "dev",
            latest,
            platform: None,
            state: ArchiveState::Whole,
        }
    }

    #[test]
    fn a_list_has_aligned_columns_and_a_total() {
        let archives = [
            archive("api", "2.0.1.3", "zip", true),
            archive("web", "1.4.0.7", "docker", true),
            archive("web", "dev", "zip", false),
        ];
        let now = Timestamp::from_second(1_000_300_000).unwrap();
        let table = table(&archives, now);
        insta::assert_snapshot!(anstream::adapter::strip_str(&table), @"
        IMAGE  VERSION  ID            SIZE    SAVED
        api    2.0.1.3  0123456789ab  141 MB  3 days ago  latest
        web    1.4.0.7  0123456789ab  141 MB  3 days ago  latest docker
        web    dev      0123456789ab  141 MB  3 days ago  dirty
        3 archives, 2 images, 422 MB
        ");
    }

    #[test]
    fn platforms_and_flaws_are_shown_if_there_are_any() {
        let now = Timestamp::from_second(1_000_300_000).unwrap();
        let mut archives = [
            archive("web", "1.4.0.7", "zip", true),
            archive("web", "1.4.0.7", "docker", true),
            archive("web", "1.5", "zip", false),
        ];
        archives[0].platform = Some("linux/amd64".parse().unwrap());
        archives[1].platform = Some("linux/arm64".parse().unwrap());
        archives[2].state = ArchiveState::Misnamed;
        let table = table(&archives, now);
        insta::assert_snapshot!(anstream::adapter::strip_str(&table), @"
        IMAGE  VERSION  PLATFORM     ID            SIZE    SAVED
        web    1.4.0.7  linux/amd64  0123456789ab  141 MB  3 days ago  latest
        web    1.4.0.7  linux/arm64  0123456789ab  141 MB  3 days ago  latest docker
        web    1.5                   0123456789ab  141 MB  3 days ago  misnamed
        3 archives, 1 image, 422 MB
        ");
    }
}
