//! Sizes, ages, counts, lists and paths for people.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use sealift_workflow::filename::Printable;

/// Returns a size in decimal units, as docker does: `18.2 MB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        // What would be rounded to 1000 belongs to the next unit.
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    if value < 99.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// Returns a part of a number of bytes: `3.1 of 326 MB`, `12.0 kB of 3.1 MB`.
pub(crate) fn part(part: u64, whole: u64) -> String {
    let (part, whole) = (size(part), size(whole));
    match (part.split_once(' '), whole.split_once(' ')) {
        (Some((number, unit)), Some((_, of_whole))) if unit == of_whole => {
            format!("{number} of {whole}")
        }
        _ => format!("{part} of {whole}"),
    }
}

/// Returns how long ago something was: `3 days ago`.
pub(crate) fn age(then: Timestamp, now: Timestamp) -> String {
    let elapsed = now.duration_since(then);
    if elapsed < SignedDuration::ZERO {
        return "in the future".to_owned();
    }
    let seconds = elapsed.as_secs();
    let (count, unit) = match seconds {
        0..60 => return "just now".to_owned(),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        86_400..2_592_000 => (seconds / 86_400, "day"),
        2_592_000..31_536_000 => (seconds / 2_592_000, "month"),
        _ => (seconds / 31_536_000, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

/// Returns a time: `12 s`, `2 min 5 s`, `1 h 3 min`.
pub(crate) fn duration(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// Returns a count with its noun: `1 archive`, `3 archives`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Returns a list of a few things: `a, b and 3 more`.
pub(crate) fn enumeration(things: &[String]) -> String {
    const SHOWN: usize = 5;
    match things {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] if things.len() <= SHOWN => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} more", things[..SHOWN].join(", "), things.len() - SHOWN),
    }
}

/// Returns a text in one line of at most this many columns, escaped for a terminal: the end of a
/// longer one is missing, which `…` shows.
pub(crate) fn shortened(text: &str, columns: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = Printable(&words).to_string();
    if text.chars().count() <= columns {
        return text;
    }
    let kept: String = text.chars().take(columns.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Returns a text of at most this many columns: the middle of a longer one is missing, which `…`
/// shows.
pub(crate) fn without_middle(text: &str, columns: usize) -> String {
    let count = text.chars().count();
    if count <= columns {
        return text.to_owned();
    }
    let kept = columns.saturating_sub(1);
    let begin: String = text.chars().take(kept / 2).collect();
    let end: String = text.chars().skip(count - (kept - kept / 2)).collect();
    format!("{begin}…{end}")
}

/// Returns a path, escaped for a terminal.
pub(crate) fn path(path: &Path) -> String {
    Printable(&path.display().to_string()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits_and_a_unit() {
        let sizes = [0, 999, 1000, 18_249_000, 99_960_000, 999_600_000, 141_000_000, u64::MAX];
        let sizes: Vec<String> = sizes.into_iter().map(size).collect();
        insta::assert_snapshot!(
            sizes.join(", "),
            @"0 B, 999 B, 1.0 kB, 18.2 MB, 100 MB, 1.0 GB, 141 MB, 18447 PB"
        );
    }

    #[test]
    fn a_long_text_loses_its_end() {
        assert_eq!(shortened("a few words", 11), "a few words");
        assert_eq!(shortened("a few words", 10), "a few wor…");
        assert_eq!(shortened(" a\n  few ", 7), "a few");
        assert_eq!(shortened("\u{1b}[31m", 20), "\\u{1b}[31m");
    }

    #[test]
    fn a_long_name_loses_its_middle() {
        assert_eq!(without_middle("registry/team/web", 17), "registry/team/web");
        assert_eq!(without_middle("registry/team/web", 9), "regi…/web");
        assert_eq!(without_middle("web", 1), "…");
    }

    #[test]
    fn times_have_two_units() {
        let times = [0, 59, 60, 125, 3_599, 3_780, 400_000].map(duration).join(", ");
        insta::assert_snapshot!(
            times,
            @"0 s, 59 s, 1 min 0 s, 2 min 5 s, 59 min 59 s, 1 h 3 min, 111 h 6 min"
        );
    }

    #[test]
    fn a_part_has_its_unit_if_it_is_another_one() {
        insta::assert_snapshot!(part(3_100_000, 326_000_000), @"3.1 of 326 MB");
        insta::assert_snapshot!(part(12_000, 3_100_000), @"12.0 kB of 3.1 MB");
    }

    #[test]
    fn ages_are_rounded_down_to_one_unit() {
        let now = Timestamp::from_second(1_000_000_000).unwrap();
        let ages: Vec<String> = [-5, 0, 59, 60, 7_199, 86_400, 40 * 86_400, 800 * 86_400]
            .into_iter()
            .map(|seconds| age(now - SignedDuration::from_secs(seconds), now))
            .collect();
        insta::assert_snapshot!(
            ages.join(", "),
            @"in the future, just now, just now, 1 minute ago, 1 hour ago, 1 day ago, 1 month ago, 2 years ago"
        );
    }
}
