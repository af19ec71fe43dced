//! Lines of columns that are fitted to the width of a terminal.

use std::fmt::Display;

use sealift_workflow::filename::Printable;

use crate::text_width::{columns, without_end, without_middle};

/// The separator of columns.
const GAP: &str = "  ";

/// The width to which paths are shortened before names are.
const LEAST_PATH: usize = 24;
/// The width to which names are shortened, unless the fixed columns need more room.
const LEAST_NAME: usize = 12;

/// A line of columns.
///
/// If the terminal is too narrow, details are omitted, and a reason is moved below the line. Then
/// paths and names are shortened in the middle, first to a readable width and then further. Fixed
/// columns are never shortened, unless they alone are too wide.
#[derive(Debug, Clone, Default)]
#[must_use = "a line does nothing until it is printed"]
pub(crate) struct Line(Vec<Cell>);

#[derive(Debug, Clone)]
struct Cell {
    text: String,
    kind: CellKind,
    /// The separator before the column.
    gap: &'static str,
    /// The width to which the column is padded, so that lines are aligned.
    width: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CellKind {
    Fixed,
    Name,
    Path,
    Detail,
    Reason,
}

impl Line {
    /// Creates an empty line.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a column that is not shortened.
    pub(crate) fn fixed(self, text: impl Display) -> Self {
        self.with(text, CellKind::Fixed)
    }

    /// Adds a name, which can be shortened.
    pub(crate) fn name(self, text: impl Display) -> Self {
        self.with(text, CellKind::Name)
    }

    /// Adds a path, which is shortened before names are.
    pub(crate) fn path(self, text: impl Display) -> Self {
        self.with(text, CellKind::Path)
    }

    /// Adds a column that is omitted if there is no room for it.
    pub(crate) fn detail(self, text: impl Display) -> Self {
        self.with(text, CellKind::Detail)
    }

    /// Adds an explanation, which is moved below the line if there is no room for it.
    pub(crate) fn reason(self, text: impl Display) -> Self {
        self.with(text, CellKind::Reason)
    }

    /// Sets the separator before the last column.
    pub(crate) fn after(mut self, gap: &'static str) -> Self {
        if let Some(column) = self.0.last_mut() {
            column.gap = gap;
        }
        self
    }

    /// Pads the last column to this width.
    pub(crate) fn filled_to(mut self, width: usize) -> Self {
        if let Some(column) = self.0.last_mut() {
            column.width = width;
        }
        self
    }

    /// Adds a column, escaped for a terminal, unless it is empty.
    fn with(mut self, text: impl Display, kind: CellKind) -> Self {
        let text = Printable(&text.to_string()).to_string();
        if !text.is_empty() {
            self.0.push(Cell { text, kind, gap: GAP, width: 0 });
        }
        self
    }

    /// Returns the line as text of at most this width, without a trailing line feed. Without a
    /// width, as on a pipe, nothing is shortened.
    pub(crate) fn fit(&self, width: Option<usize>) -> String {
        let Some(width) = width.filter(|width| !fits(&self.0, *width)) else {
            return joined(&self.0);
        };
        let mut shown = self.0.clone();
        shown.iter_mut().for_each(|column| column.width = 0);
        while !fits(&shown, width)
            && let Some(at) = shown.iter().rposition(|column| column.kind == CellKind::Detail)
        {
            shown.remove(at);
        }
        let mut below = String::new();
        if !fits(&shown, width)
            && let Some(at) = shown.iter().position(|column| column.kind == CellKind::Reason)
        {
            below = format!("\n{GAP}{}", joined(&shown.split_off(at)));
        }
        for (kind, least) in [
            (CellKind::Path, LEAST_PATH),
            (CellKind::Name, LEAST_NAME),
            (CellKind::Path, 1),
            (CellKind::Name, 1),
        ] {
            shorten(&mut shown, kind, least, width);
        }
        without_end(&joined(&shown), width) + &below
    }
}

fn fits(shown: &[Cell], width: usize) -> bool {
    columns(&joined(shown)) <= width
}

fn joined(shown: &[Cell]) -> String {
    let mut line = String::new();
    for column in shown {
        if !line.is_empty() {
            line.push_str(column.gap);
        }
        line.push_str(&column.text);
        let missing = column.width.saturating_sub(columns(&column.text));
        line.extend(std::iter::repeat_n(' ', missing));
    }
    line.truncate(line.trim_end().len());
    line
}

/// Shortens the columns of a kind until the line fits or all of them have the width `least`. The
/// widest column is shortened first.
fn shorten(shown: &mut [Cell], kind: CellKind, least: usize, width: usize) {
    let mut excess = columns(&joined(shown)).saturating_sub(width);
    let mut rooms: Vec<usize> = shown.iter().map(|column| columns(&column.text)).collect();
    while excess > 0 {
        let shrinkable =
            (0..shown.len()).filter(|at| shown[*at].kind == kind && rooms[*at] > least);
        let Some(widest) = shrinkable.max_by_key(|at| rooms[*at]) else { break };
        rooms[widest] -= 1;
        excess -= 1;
    }
    for (column, room) in shown.iter_mut().zip(rooms) {
        column.text = without_middle(&column.text, room);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn saved(image: &str, path: &str) -> Line {
        Line::new()
            .name(image)
            .fixed("saved")
            .path(path)
            .fixed("141 MB (326 MB)")
            .detail("verified")
    }

    #[test]
    fn lines_fit_into_80_columns() {
        let on_host = |host: &str, image: &str| {
            Line::new()
                .name(host)
                .filled_to(24)
                .name(image)
                .fixed("loaded   ")
                .fixed("3.1 of 326 MB")
                .detail("7 of 9 layers were there")
                .after(", ")
        };
        let long = "registry.example.org:5000/team/services/web:1.4.0.7-with-a-long-suffix";
        let lines = [
            saved("web:1.4.0.7", "artifacts/web_1.4.0.7_91e8e311933e.docker"),
            saved("web:1.4.0.7", "artifacts/web_1.4.0.7_91e8e311933e.zip"),
            saved("web:1.4.0.7", "/srv/build/images/team/services/web_1.4.0.7_91e8e311933e.zip"),
            saved(long, "/srv/镜像/服务/网页/web_1.4.0.7-with-a-long-suffix_91e8e311933e.zip"),
            on_host("ssh://edge1", "web:1.4.0.7"),
            on_host("ssh://edge1.example.org", "web:1.4.0.7"),
            on_host("ssh://edge1.example.org", long),
            Line::new()
                .path("web_4_0123456789ab.docker")
                .fixed("damaged")
                .reason("ends after 5000 bytes, 120 bytes before the end of entry `b009bccd.tar`"),
        ];
        let fitted: Vec<String> = lines.iter().map(|line| line.fit(Some(80))).collect();
        insta::assert_snapshot!(fitted.join("\n"), @"
        web:1.4.0.7  saved  artifacts/web_1.4.0.7_91e8e311933e.docker  141 MB (326 MB)
        web:1.4.0.7  saved  artifacts/web_1.4.0.7_91e8e311933e.zip  141 MB (326 MB)
        web:1.4.0.7  saved  /srv/build/images/tea….0.7_91e8e311933e.zip  141 MB (326 MB)
        registry.examp…h-a-long-suffix  saved  /srv/镜像/…8e311933e.zip  141 MB (326 MB)
        ssh://edge1  web:1.4.0.7  loaded     3.1 of 326 MB, 7 of 9 layers were there
        ssh://edge1.example.org  web:1.4.0.7  loaded     3.1 of 326 MB
        ssh://edge1.example.org  registry.examp…-a-long-suffix  loaded     3.1 of 326 MB
        web_4_0123456789ab.docker  damaged
          ends after 5000 bytes, 120 bytes before the end of entry `b009bccd.tar`
        ");
        let full = lines[1].fit(None);
        assert_eq!(columns(&full), 85, "on a pipe everything is printed: {full}");
    }

    fn kinds() -> impl Strategy<Value = CellKind> {
        let all =
            [CellKind::Fixed, CellKind::Name, CellKind::Path, CellKind::Detail, CellKind::Reason];
        proptest::sample::select(all.to_vec())
    }

    proptest! {
        #[test]
        fn a_line_is_never_wider_than_the_terminal(
            parts in proptest::collection::vec(("\\PC{0,40}", kinds(), 0..30_usize), 0..6),
            width in 1..120_usize,
        ) {
            let add = |line: Line, (text, kind, filled): &(String, CellKind, usize)| {
                line.with(text, *kind).filled_to(*filled)
            };
            let line = parts.iter().fold(Line::new(), add);
            let fitted = line.fit(Some(width));
            let (first, below) = fitted.split_once('\n').unwrap_or((&fitted, ""));
            prop_assert!(columns(first) <= width, "{fitted:?}");
            // Nothing is shortened if the terminal is wide enough.
            prop_assert!(width < columns(&line.fit(None)) || fitted == line.fit(None));
            let of = |kind: CellKind| line.0.iter().filter(move |column| column.kind == kind);
            for reason in of(CellKind::Reason) {
                prop_assert!(fitted.contains(reason.text.trim_end()), "{fitted:?}");
            }
            // Fixed columns are kept, and a part of each name.
            let matters: usize = line.0.iter().map(|column| match column.kind {
                CellKind::Fixed => columns(&column.text) + GAP.len(),
                CellKind::Name => LEAST_NAME + GAP.len(),
                CellKind::Path => LEAST_PATH + GAP.len(),
                CellKind::Detail | CellKind::Reason => 0,
            }).sum();
            if matters <= width && of(CellKind::Reason).count() == 0 {
                for column in of(CellKind::Fixed) {
                    prop_assert!(first.contains(column.text.trim_end()), "{fitted:?}");
                }
                for column in of(CellKind::Name).chain(of(CellKind::Path)) {
                    prop_assert!(column.text.chars().next().is_some_and(|c| first.contains(c)));
                }
            }
            prop_assert!(below.is_empty() || of(CellKind::Reason).count() > 0);
        }
    }
}
