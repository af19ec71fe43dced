//! Tables of aligned columns.

use crate::text_width::{columns, without_middle};

/// The number of spaces between two columns.
const GAP: usize = 2;

/// The minimum width of shortened cells.
const LEAST: usize = 12;

/// Aligns a header and rows. Lines have no trailing spaces.
pub(crate) fn align(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header.iter().map(|&title| title.to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(rows.iter().cloned()).collect();
    align_rows(&rows)
}

/// Aligns rows with the same number of cells. Cells can contain colours.
pub(crate) fn align_rows(rows: &[Vec<String>]) -> String {
    let widths = widths(rows);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - width_of(cell) + GAP));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Returns the width of aligned rows.
fn width(rows: &[Vec<String>]) -> usize {
    let widths = widths(rows);
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let mut widths = Vec::new();
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (cell, width) in row.iter().zip(&mut widths) {
            *width = (*width).max(width_of(cell));
        }
    }
    widths
}

/// Shortens the cells of some columns in the middle, of one column after the other, until the rows
/// have at most this width or the cells have [`LEAST`] columns.
pub(crate) fn shorten(rows: &mut [Vec<String>], columns: &[usize], width: usize) {
    for &at in columns {
        let excess = self::width(rows).saturating_sub(width);
        let widest = rows.iter().map(|row| width_of(&row[at])).max().unwrap_or(0);
        let room = widest.saturating_sub(excess).max(LEAST);
        for row in rows.iter_mut() {
            row[at] = without_middle(&row[at], room);
        }
    }
}

/// Returns the width of a cell, not counting colour sequences.
fn width_of(cell: &str) -> usize {
    anstream::adapter::strip_str(cell).map(columns).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = vec![
            vec!["web".to_owned(), "1.4.0.7".to_owned(), String::new()],
            vec!["a-long-name".to_owned(), "\u{1b}[32m1\u{1b}[0m".to_owned(), "latest".to_owned()],
        ];
        let table = align(&["IMAGE", "VERSION", ""], &rows);
        insta::assert_snapshot!(anstream::adapter::strip_str(&table), @r"
        IMAGE        VERSION
        web          1.4.0.7
        a-long-name  1        latest
        ");
        assert_eq!(width(&rows), "a-long-name  1.4.0.7  latest".len());
    }
}
