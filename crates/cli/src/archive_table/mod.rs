//! The table of archives of `sealift list` and `sealift`.

mod column;
mod row;
mod sort;

use std::collections::BTreeSet;

use jiff::Timestamp;

pub(crate) use column::Column;
pub(crate) use row::Row;
pub(crate) use sort::Sort;

use crate::format;
use crate::output;
use crate::table;

/// The layout of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout<'a> {
    /// The columns; if empty, the default columns.
    pub(crate) columns: &'a [Column],
    pub(crate) has_header: bool,
    /// The width to which long names are shortened; `None` does not shorten them.
    pub(crate) width: Option<usize>,
    pub(crate) now: Timestamp,
}

impl Layout<'_> {
    /// Creates a layout with the default columns and the width of the terminal.
    pub(crate) fn new() -> Self {
        let width = output::terminal_width();
        Self { columns: &[], has_header: true, width, now: Timestamp::now() }
    }
}

/// Returns the archives as a table.
pub(crate) fn table(rows: &[Row<'_>], layout: &Layout<'_>) -> String {
    let telling = column::telling(rows);
    let columns = if layout.columns.is_empty() { &telling } else { layout.columns };
    let mut cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| columns.iter().map(|column| column.cell(row, layout.now)).collect())
        .collect();
    if layout.has_header {
        cells.insert(0, columns.iter().map(|column| column.title().to_owned()).collect());
    }
    if let Some(width) = layout.width {
        column::shorten(columns, &mut cells, width);
    }
    table::align_rows(&cells)
}

/// Returns the line of totals below a table: archives, images and size.
pub(crate) fn totals(rows: &[Row<'_>]) -> String {
    let images: BTreeSet<&str> = rows.iter().map(|row| row.image.as_str()).collect();
    let bytes = rows.iter().map(|row| row.size).fold(0, u64::saturating_add);
    format!(
        "{}, {}, {}\n",
        format::count(rows.len(), "archive"),
        format::count(images.len(), "image"),
        format::size(bytes)
    )
}

#[cfg(test)]
mod tests {
    use sealift_workflow::catalog::ArchiveState;
    use sealift_workflow::{ArchiveFile, ListedArchive};

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

    fn shown(archives: &[ListedArchive], columns: &[Column], width: Option<usize>) -> String {
        let now = Timestamp::from_second(1_000_300_000).unwrap();
        let rows: Vec<Row<'_>> = archives.iter().map(Row::from).collect();
        let table = table(&rows, &Layout { columns, has_header: true, width, now });
        anstream::adapter::strip_str(&table).to_string() + &totals(&rows)
    }

    #[test]
    fn a_list_has_aligned_columns_and_a_total() {
        let archives = [
            archive("api", "2.0.1.3", "zip", true),
            archive("web", "1.4.0.7", "zip", true),
            archive("web", "dev", "zip", false),
        ];
        insta::assert_snapshot!(shown(&archives, &[], None), @"
        IMAGE  VERSION  ID            SIZE    SAVED       STATE
        api    2.0.1.3  0123456789ab  141 MB  3 days ago  latest
        web    1.4.0.7  0123456789ab  141 MB  3 days ago  latest
        web    dev      0123456789ab  141 MB  3 days ago  dirty
        3 archives, 2 images, 422 MB
        ");
    }

    #[test]
    fn platforms_and_formats_are_shown_if_they_differ() {
        let mut archives = [
            archive("api", "1.4.0.7", "zip", true),
            archive("web", "1.4.0.7", "docker", true),
            archive("web", "1.5", "zip", false),
        ];
        archives[0].platform = Some("linux/amd64".parse().unwrap());
        archives[1].platform = Some("linux/arm64".parse().unwrap());
        archives[2].state = ArchiveState::Misnamed;
        insta::assert_snapshot!(shown(&archives, &[], None), @"
        IMAGE  VERSION  PLATFORM     ID            SIZE    SAVED       FORMAT  STATE
        api    1.4.0.7  linux/amd64  0123456789ab  141 MB  3 days ago  zip     latest
        web    1.4.0.7  linux/arm64  0123456789ab  141 MB  3 days ago  docker  latest
        web    1.5      -            0123456789ab  141 MB  3 days ago  zip     misnamed
        3 archives, 2 images, 422 MB
        ");
    }

    #[test]
    fn chosen_columns_are_printed_in_their_order() {
        let archives =
            [archive("web", "1.4.0.7", "zip", true), archive("web", "1.5", "zip", false)];
        let columns = [Column::State, Column::Path, Column::Digest, Column::Version];
        insta::assert_snapshot!(shown(&archives, &columns, None), @"
        STATE   PATH                                    DIGEST  VERSION
        latest  artifacts/web_1.4.0.7_0123456789ab.zip  -       1.4.0.7
        -       artifacts/web_1.5_0123456789ab.zip      -       1.5
        2 archives, 1 image, 281 MB
        ");
    }

    #[test]
    fn long_names_are_shortened_for_a_narrow_terminal() {
        let image = "a-registry-with-a-long-name-and-a-team-and-a-service";
        let archives = [archive(image, "1.4.0.7-with-a-long-suffix", "zip", true)];
        let table = shown(&archives, &[], Some(80));
        insta::assert_snapshot!(table, @"
        IMAGE         VERSION                   ID            SIZE    SAVED       STATE
        a-reg…ervice  1.4.0.7-wit…-long-suffix  0123456789ab  141 MB  3 days ago  latest
        1 archive, 1 image, 141 MB
        ");
        assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    }
}
