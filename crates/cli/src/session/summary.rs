//! The summary of a command with several results.

use std::time::Duration;

use crate::format;

/// Returns the numbers of results of each kind, their size and the duration:
/// `1 saved, 1 unchanged, 141 MB in 4.1 s`. Returns `None` if there are fewer than two results. A
/// duration of less than a second is omitted.
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

/// Returns a duration as the end of a phrase; empty if it is less than a second.
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
    fn a_summary_counts_results_of_each_kind() {
        let counts = [(1, "saved"), (1, "unchanged"), (0, "failed")];
        let line = |seconds| line(&counts, 141_000_000, Duration::from_secs_f64(seconds)).unwrap();
        assert_eq!(line(0.3), "1 saved, 1 unchanged, 141 MB");
        assert_eq!(line(4.12), "1 saved, 1 unchanged, 141 MB in 4.1 s");
        assert_eq!(line(75.0), "1 saved, 1 unchanged, 141 MB in 1 min 15 s");
        assert_eq!(super::line(&[(1, "saved")], 7, Duration::ZERO), None);
    }
}
