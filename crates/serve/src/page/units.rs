//! Sizes, ages and counts for people.

use jiff::Timestamp;

/// Returns a size in decimal units, as docker does: `18.2 MB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut value, mut unit) = (bytes as f64 / 1000.0, UNITS[0]);
    for next in &UNITS[1..] {
        // A value that would be rounded to 1000 uses the next unit.
        if value < 999.5 {
            break;
        }
        (value, unit) = (value / 1000.0, next);
    }
    if value < 99.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// Returns an age: `3 days ago`.
pub(super) fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs();
    let (amount, unit) = match seconds {
        ..0 => return "in the future".to_owned(),
        0..60 => return "just now".to_owned(),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        86_400..2_592_000 => (seconds / 86_400, "day"),
        2_592_000..31_536_000 => (seconds / 2_592_000, "month"),
        _ => (seconds / 31_536_000, "year"),
    };
    format!("{} ago", count(amount.unsigned_abs() as usize, unit))
}

/// Returns a count with its noun: `1 archive`, `3 archives`.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Returns the day of a time in UTC: `2026-11-24`.
pub(super) fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ages_are_short() {
        assert_eq!(
            [0, 999, 1_000, 99_960, 999_500_000].map(size),
            ["0 B", "999 B", "1.0 kB", "100 kB", "1.0 GB"]
        );
        let at = |second| Timestamp::from_second(second).unwrap();
        let ages = [-5, 59, 60, 7_200, 86_400, 90 * 86_400, 800 * 86_400];
        let ages = ages.map(|elapsed| age(at(0), at(elapsed)));
        let expected = [
            "in the future",
            "just now",
            "1 minute ago",
            "2 hours ago",
            "1 day ago",
            "3 months ago",
            "2 years ago",
        ];
        assert_eq!(ages, expected);
        assert_eq!(day(at(86_400)), "1970-01-02");
    }
}
