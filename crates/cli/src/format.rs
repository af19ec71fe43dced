//! Formatting of sizes, ages, counts, lists and paths.

use std::path::Path;

pub(crate) use sealift_workflow::catalog::display::{age, count, size};
use sealift_workflow::filename::Printable;

use crate::text_width::{self, without_end, without_middle};

/// Formats a part of a total size: `3.1 of 326 MB`, `12.0 kB of 3.1 MB`.
pub(crate) fn part(part: u64, whole: u64) -> String {
    let (part, whole) = (size(part), size(whole));
    match (part.split_once(' '), whole.split_once(' ')) {
        (Some((number, unit)), Some((_, of_whole))) if unit == of_whole => {
            format!("{number} of {whole}")
        }
        _ => format!("{part} of {whole}"),
    }
}

/// Formats a duration: `12 s`, `2 min 5 s`, `1 h 3 min`.
pub(crate) fn duration(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// The maximum number of items that a list names.
const NAMED: usize = 5;

/// Formats a list: `a, b and 3 more`.
pub(crate) fn enumeration(things: &[String]) -> String {
    enumeration_of(things, NAMED)
}

/// Formats a list in at most this many columns, escaped for a terminal. It names fewer items if
/// they are long.
pub(crate) fn enumeration_within(things: &[String], columns: usize) -> String {
    let list = |named| Printable(&enumeration_of(things, named)).to_string();
    let mut lists = (2..=NAMED).rev().map(list);
    let fitting = lists.find(|list| text_width::columns(list) <= columns);
    fitting.unwrap_or_else(|| {
        // Only the first item, shortened.
        let more = match things.len() {
            0 | 1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let first = Printable(things.first().map_or("nothing", String::as_str)).to_string();
        let list = without_middle(&first, columns.saturating_sub(more.len())) + &more;
        without_end(&list, columns)
    })
}

fn enumeration_of(things: &[String], named: usize) -> String {
    match things {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] if things.len() <= named => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} more", things[..named].join(", "), things.len() - named),
    }
}

/// Formats a text as one line, escaped for a terminal, with `…` in place of the end if it is longer
/// than this many columns.
pub(crate) fn shortened(text: &str, columns: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    without_end(&Printable(&words).to_string(), columns)
}

/// Formats a path, escaped for a terminal.
pub(crate) fn path(path: &Path) -> String {
    Printable(&path.display().to_string()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_text_is_omitted() {
        assert_eq!(shortened("a few words", 11), "a few words");
        assert_eq!(shortened("a few words", 10), "a few wor…");
        assert_eq!(shortened(" a\n  few ", 7), "a few");
        assert_eq!(shortened("\u{1b}[31m", 20), "\\u{1b}[31m");
    }

    #[test]
    fn a_list_names_as_many_items_as_fit() {
        let things = ["web:1.4.0.7", "api:2.0.1.3", "db:1.0.0.1"].map(str::to_owned);
        let list = |columns| enumeration_within(&things, columns);
        assert_eq!(list(80), enumeration(&things));
        assert_eq!(list(80), "web:1.4.0.7, api:2.0.1.3 and db:1.0.0.1");
        assert_eq!(list(38), "web:1.4.0.7, api:2.0.1.3 and 1 more");
        assert_eq!(list(30), "web:1.4.0.7 and 2 more");
        assert_eq!(list(18), "web…0.7 and 2 more");
        assert_eq!(list(5), " and…");
        assert_eq!(enumeration_within(&things[..1], 6), "we…0.7");
        assert_eq!(enumeration_within(&[], 80), "nothing");
    }

    #[test]
    fn durations_have_up_to_two_units() {
        let times = [0, 59, 60, 125, 3_599, 3_780, 400_000].map(duration).join(", ");
        insta::assert_snapshot!(
            times,
            @"0 s, 59 s, 1 min 0 s, 2 min 5 s, 59 min 59 s, 1 h 3 min, 111 h 6 min"
        );
    }

    #[test]
    fn a_part_has_a_unit_if_it_differs_from_that_of_the_total() {
        insta::assert_snapshot!(part(3_100_000, 326_000_000), @"3.1 of 326 MB");
        insta::assert_snapshot!(part(12_000, 3_100_000), @"12.0 kB of 3.1 MB");
    }
}
