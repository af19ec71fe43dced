//! `sealift list`.

use std::collections::BTreeSet;

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use sealift_workflow::{ListOptions, ListedArchive, Listing, list};

use crate::args::ListArguments;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::human;
use crate::output;
use crate::session::{Session, latest_options, repository};
use crate::table::{self, printable};

pub(crate) async fn run(arguments: ListArguments, session: &Session) -> Result<ExitCode, Failure> {
    let images =
        arguments.images.iter().map(|image| repository(image)).collect::<Result<Vec<_>, _>>()?;
    let options = ListOptions {
        images,
        only_latest: arguments.latest,
        latest: latest_options(arguments.latest_by, arguments.platform.as_deref())?,
    };
    let store = session.store()?;
    let listing = list(&store, &options, &session.context()).await?;
    if session.global.json {
        output::json(&listing.archives);
        return Ok(ExitCode::DONE);
    }
    let root = printable(&store.root().display().to_string());
    if listing.archives.is_empty() {
        if !session.global.quiet {
            show_empty(&root, &listing, session.global.verbose);
        }
        return Ok(ExitCode::DONE);
    }
    output::text(&table(&listing.archives, Timestamp::now()));
    if session.global.verbose {
        show_others(&listing);
    }
    Ok(ExitCode::DONE)
}

const LATEST: Style = AnsiColor::Green.on_default();
const DIRTY: Style = AnsiColor::Yellow.on_default();

pub(crate) fn table(archives: &[ListedArchive], now: Timestamp) -> String {
    let rows: Vec<Vec<String>> = archives.iter().map(|archive| row(archive, now)).collect();
    let images: BTreeSet<&str> = archives.iter().map(|archive| archive.image.as_str()).collect();
    let bytes = archives.iter().map(|archive| archive.size).sum();
    format!(
        "{}{}, {}, {}\n",
        table::align(&["IMAGE", "VERSION", "ID", "SIZE", "SAVED", ""], &rows),
        human::count(archives.len(), "archive"),
        human::count(images.len(), "image"),
        human::size(bytes)
    )
}

fn row(archive: &ListedArchive, now: Timestamp) -> Vec<String> {
    let mut marks = Vec::new();
    if archive.latest {
        marks.push(format!("{LATEST}latest{LATEST:#}"));
    }
    if archive.dirty {
        marks.push(format!("{DIRTY}dirty{DIRTY:#}"));
    }
    if archive.format.as_str() != "zip" {
        marks.push(printable(archive.format.as_str()));
    }
    vec![
        printable(&archive.image),
        printable(&archive.version),
        archive.id.to_string(),
        human::size(archive.size),
        human::age(archive.modified, now),
        marks.join(" "),
    ]
}

fn show_empty(root: &str, listing: &Listing, verbose: bool) {
    let others = match listing.others.len() {
        0 => String::new(),
        count if verbose => format!(" ({})", human::count(count, "other file")),
        count => format!(" ({}; -v lists them)", human::count(count, "other file")),
    };
    output::error_line(&format!("{root} is empty: no archive names in it{others}"));
    if verbose {
        show_others(listing);
    }
    output::error_line("hint: sealift update IMAGE:VERSION saves an image into it");
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
}
