//! The results of a job: times, and values that are compared with limits.

use super::super::contest::Times;
use super::super::report::{Limit, Target};

/// The times of the contestants, and the targets.
pub(super) type Outcome = (Vec<(String, Times)>, Vec<Target>);

/// Returns the time of one contestant, divided by that of another.
pub(super) fn ratio(times: &[(String, Times)], one: usize, other: usize) -> f64 {
    median(times, one) / median(times, other)
}

pub(super) fn median(times: &[(String, Times)], index: usize) -> f64 {
    times.get(index).map_or(f64::NAN, |(_, times)| times.median)
}

pub(super) fn at_most(what: &str, value: f64, limit: f64) -> Target {
    Target { what: what.to_owned(), value, limit: Limit::AtMost(limit) }
}

pub(super) fn at_least(what: &str, value: f64, limit: f64) -> Target {
    Target { what: what.to_owned(), value, limit: Limit::AtLeast(limit) }
}

/// Returns a value without a limit.
pub(super) fn measured(what: &str, value: f64) -> Target {
    Target { what: what.to_owned(), value, limit: Limit::None }
}
