//! The columns of a table of archives.

use std::collections::HashSet;

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use jiff::Timestamp;
use sealift_workflow::catalog::ArchiveState;
use sealift_workflow::filename::Printable;

use crate::archive_table::row::Row;
use crate::format;
use crate::table;

const LATEST: Style = AnsiColor::Green.on_default();
const DIRTY: Style = AnsiColor::Yellow.on_default();
const FLAWED: Style = AnsiColor::Red.on_default();

/// A column of a table of archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Column {
    Image,
    Version,
    Platform,
    // The id in the name of the archive.
    Id,
    // The size of the file.
    Size,
    // The age of the file.
    Saved,
    Format,
    // Whether the archive is the latest, dirty or flawed.
    State,
    Path,
    // The digest of the image's config.
    Digest,
}

impl Column {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Image => "IMAGE",
            Self::Version => "VERSION",
            Self::Platform => "PLATFORM",
            Self::Id => "ID",
            Self::Size => "SIZE",
            Self::Saved => "SAVED",
            Self::Format => "FORMAT",
            Self::State => "STATE",
            Self::Path => "PATH",
            Self::Digest => "DIGEST",
        }
    }

    pub(super) fn cell(self, row: &Row<'_>, now: Timestamp) -> String {
        let name = row.archive.name();
        let text = match self {
            Self::Size => return format::size(row.size),
            Self::State => return state(row),
            Self::Saved => row.saved.map(|saved| format::age(saved, now)),
            Self::Image => Some(row.image.clone()),
            Self::Version => Some(name.version().to_owned()),
            Self::Platform => row.platform.map(ToString::to_string),
            Self::Id => Some(name.id().to_string()),
            Self::Format => Some(name.format().as_str().to_owned()),
            Self::Path => Some(row.path.clone()),
            Self::Digest => row.digest.map(ToString::to_string),
        };
        // Programs that split lines at spaces need a word in every cell.
        Printable(&text.unwrap_or_else(|| "-".to_owned())).to_string()
    }
}

/// Returns the default columns, which omit platforms if all are the same, formats if all are zips,
/// and times if they are unknown.
pub(super) fn telling(rows: &[Row<'_>]) -> Vec<Column> {
    let platforms: HashSet<_> = rows.iter().filter_map(|row| row.platform).collect();
    let is_zip = |row: &Row<'_>| row.archive.name().format().as_str() == "zip";
    let tells = |column: &Column| match column {
        Column::Platform => platforms.len() > 1,
        Column::Format => !rows.iter().all(is_zip),
        Column::Saved => rows.iter().any(|row| row.saved.is_some()),
        Column::Path | Column::Digest => false,
        _ => true,
    };
    Column::value_variants().iter().copied().filter(tells).collect()
}

/// Shortens first paths, then images, then versions, until the rows fit into this width.
pub(super) fn shorten(columns: &[Column], rows: &mut [Vec<String>], width: usize) {
    let position = |shortened: Column| columns.iter().position(|column| *column == shortened);
    let positions = [Column::Path, Column::Image, Column::Version].into_iter().filter_map(position);
    table::shorten(rows, &positions.collect::<Vec<_>>(), width);
}

fn state(row: &Row<'_>) -> String {
    let mut words = Vec::new();
    if row.latest {
        words.push(format!("{LATEST}latest{LATEST:#}"));
    }
    if row.archive.name().is_dirty() {
        words.push(format!("{DIRTY}dirty{DIRTY:#}"));
    }
    let flaw = match row.state {
        ArchiveState::Changed => Some("changed"),
        ArchiveState::Misnamed => Some("misnamed"),
        ArchiveState::NoImage => Some("no-image"),
        ArchiveState::Damaged => Some("damaged"),
        ArchiveState::Unreadable => Some("unreadable"),
        ArchiveState::Whole | ArchiveState::Unread => None,
    };
    words.extend(flaw.map(|flaw| format!("{FLAWED}{flaw}{FLAWED:#}")));
    if words.is_empty() { "-".to_owned() } else { words.join(",") }
}
