//! Sizes, ages and counts as people read them, the same on a terminal and on a page.
//!
//! ```
//! use sealift_catalog::display::{age, count, size};
//! use sealift_catalog::jiff::{SignedDuration, Timestamp};
//!
//! assert_eq!(size(18_249_000), "18.2 MB");
//! assert_eq!(count(3, "archive"), "3 archives");
//! let now = Timestamp::UNIX_EPOCH;
//! assert_eq!(age(now - SignedDuration::from_hours(50), now), "2 days ago");
//! ```

use jiff::Timestamp;

/// Returns a size in decimal units, as docker prints it: `18.2 MB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut value, mut unit) = (bytes as f64 / 1000.0, UNITS[0]);
    for next in &UNITS[1..] {
        // What would be rounded to 1000 belongs to the next unit.
        if value < 999.5 {
            break;
        }
        (value, unit) = (value / 1000.0, next);
    }
    if value < 99.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// Returns how long ago something was, rounded down to one unit: `3 days ago`. It is `just now` for
/// less than a minute, and `in the future` if `then` is after `now`.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs();
    let (number, unit) = match seconds {
        ..0 => return "in the future".to_owned(),
        0..60 => return "just now".to_owned(),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        86_400..2_592_000 => (seconds / 86_400, "day"),
        2_592_000..31_536_000 => (seconds / 2_592_000, "month"),
        _ => (seconds / 31_536_000, "year"),
    };
    format!("{} ago", count(usize::try_from(number).unwrap_or(usize::MAX), unit))
}

/// Returns a number with its noun, which gets an `s` in the plural: `1 archive`, `3 archives`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn sizes_have_three_digits_and_a_unit() {
        let sizes = [0, 999, 1000, 18_249_000, 99_960_000, 999_500_000, 141_000_000, u64::MAX];
        assert_eq!(
            sizes.map(size).join(", "),
            "0 B, 999 B, 1.0 kB, 18.2 MB, 100 MB, 1.0 GB, 141 MB, 18447 PB"
        );
    }

    #[test]
    fn ages_are_rounded_down_to_one_unit() {
        let now = Timestamp::from_second(1_000_000_000).unwrap();
        let ages = [-5, 0, 59, 60, 7_199, 86_400, 40 * 86_400, 800 * 86_400];
        let ages = ages.map(|seconds| age(now - SignedDuration::from_secs(seconds), now));
        let expected = [
            "in the future",
            "just now",
            "just now",
            "1 minute ago",
            "1 hour ago",
            "1 day ago",
            "1 month ago",
            "2 years ago",
        ];
        assert_eq!(ages, expected);
    }
}
