//! The line at the end of a command that did several things.

use std::time::Duration;

use crate::format;

/// Returns what became of several things, how many bytes they have and how long it took:
/// `1 saved, 1 unchanged, 141 MB in 4.1 s`. A command that took less than a second states no time.
pub(super) fn line(counts: &[(usize, &str)], bytes: u64, elapsed: Duration) -> Option<String> {
    if counts.iter().map(|(count, _)| count).sum::<usize>() < 2 {
        return None;
    }
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let mut parts: Vec<String> = counts.map(|(count, what)| format!("{count} {what}")).collect();
    if bytes > 0 {
        parts.push(format::size(bytes));
    }
    Some(parts.join(", ") + &time(elapsed))
}

/// Returns how long something took, as the end of a phrase, or nothing if that was less than a
/// second.
pub(super) fn time(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        0 => String::new(),
        1..10 => format!(" in {:.1} s", elapsed.as_secs_f64()),
        seconds => format!(" in {}", format::duration(seconds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_what_there_is() {
        let counts = [(1, "saved"), (1, "unchanged"), (0, "failed")];
        let line = |seconds| line(&counts, 141_000_000, Duration::from_secs_f64(seconds)).unwrap();
        assert_eq!(line(0.3), "1 saved, 1 unchanged, 141 MB");
        assert_eq!(line(4.12), "1 saved, 1 unchanged, 141 MB in 4.1 s");
        assert_eq!(line(75.0), "1 saved, 1 unchanged, 141 MB in 1 min 15 s");
        assert_eq!(super::line(&[(1, "saved")], 7, Duration::ZERO), None);
    }
}
