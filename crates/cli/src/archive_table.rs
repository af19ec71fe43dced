//! The table of archives that `sealift list` and `sealift` print.

use std::collections::{BTreeSet, HashMap};

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use sealift_workflow::ListedArchive;
use sealift_workflow::catalog::ArchiveState;
use sealift_workflow::filename::Printable;

use crate::format;
use crate::table;

const LATEST: Style = AnsiColor::Green.on_default();
const DIRTY: Style = AnsiColor::Yellow.on_default();
const FLAWED: Style = AnsiColor::Red.on_default();

/// Returns the archives as a table, with a line of totals below it.
pub(crate) fn table(archives: &[ListedArchive], now: Timestamp) -> String {
    let with_platform = has_several_platforms(archives);
    let mut header = vec!["IMAGE", "VERSION", "ID", "SIZE", "SAVED", ""];
    if with_platform {
        header.insert(2, "PLATFORM");
    }
    let rows: Vec<Vec<String>> =
        archives.iter().map(|archive| row(archive, with_platform, now)).collect();
    let images: BTreeSet<String> = archives.iter().map(|archive| archive.file.image()).collect();
    let bytes = archives.iter().map(|archive| archive.file.size).sum();
    format!(
        "{}{}, {}, {}\n",
        table::align(&header, &rows),
        format::count(archives.len(), "archive"),
        format::count(images.len(), "image"),
        format::size(bytes)
    )
}

/// Returns `true` if one image and version is there for several platforms.
fn has_several_platforms(archives: &[ListedArchive]) -> bool {
    let mut platforms = HashMap::new();
    archives.iter().any(|archive| {
        archive.platform.as_ref().is_some_and(|platform| {
            let version = (archive.file.image(), archive.file.version());
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
    if archive.file.format().as_str() != "zip" {
        marks.push(Printable(archive.file.format().as_str()).to_string());
    }
    let mut row = vec![
        Printable(&archive.file.image()).to_string(),
        Printable(archive.file.version().as_str()).to_string(),
        archive.file.id().to_string(),
        format::size(archive.file.size),
        format::age(archive.modified, now),
        marks.join(" "),
    ];
    if with_platform {
        let platform = archive.platform.as_ref().map(ToString::to_string);
        row.insert(2, Printable(&platform.unwrap_or_default()).to_string());
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

#[cfg(test)]
mod tests {
    use sealift_workflow::ArchiveFile;

    use super::*;

    fn archive(image: &str, version: &str, format: &str, latest: bool) -> ListedArchive {
        let archive = format!("{image}_{version}_0123456789ab.{format}").parse().unwrap();
        let file = ArchiveFile::new("artifacts", archive, None, 140_600_000);
        let modified = Timestamp::from_second(1_000_000_000).unwrap();
        let mut listed = ListedArchive::new(file, modified);
        listed.latest = latest;
        listed.state = ArchiveState::Whole;
        listed
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
