//! The table of a benchmark run, as it is in the book.

use std::fmt::Write as _;

use super::contest::Times;

/// A row of the table: a job, its contestants and its targets.
#[derive(Debug)]
pub(super) struct JobRow {
    pub(super) job: &'static str,
    /// The times of the contestants, sealift first.
    pub(super) times: Vec<(String, Times)>,
    /// The values that have limits; empty for a comparison without limits.
    pub(super) targets: Vec<Target>,
}

/// A value that must be below or above a limit.
#[derive(Debug)]
pub(super) struct Target {
    /// The name of the value, without a verb.
    pub(super) what: String,
    pub(super) value: f64,
    pub(super) limit: Limit,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Limit {
    AtMost(f64),
    AtLeast(f64),
    /// The value has no limit.
    None,
}

impl Target {
    fn is_met(&self) -> bool {
        match self.limit {
            Limit::AtMost(limit) => self.value <= limit,
            Limit::AtLeast(limit) => self.value >= limit,
            Limit::None => true,
        }
    }

    fn words(&self) -> String {
        let (sign, limit) = match self.limit {
            Limit::AtMost(limit) => ("≤", limit),
            Limit::AtLeast(limit) => ("≥", limit),
            Limit::None => return format!("| {} | {} | | |", self.what, short(self.value)),
        };
        let verdict = if self.is_met() { "yes" } else { "**no**" };
        format!("| {} | {} | {sign} {} | {verdict} |", self.what, short(self.value), short(limit))
    }
}

/// Formats a number with its significant digits.
fn short(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => {
            let text = format!("{value:.2}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}

/// Formats all rows as two tables: the targets, and the times.
pub(super) fn tables(rows: &[JobRow]) -> String {
    let mut text =
        "## Targets\n\n| job | what | reached | target | met |\n|---|---|---|---|---|\n".to_owned();
    for row in rows {
        for target in &row.targets {
            let _ = writeln!(text, "| {} {}", row.job, target.words());
        }
    }
    text.push_str(
        "\n## Times\n\n| job | contestant | median s | fastest–slowest s | ours is |\n|---|---|---|---|---|\n",
    );
    for row in rows {
        let ours = row.times.first().map_or(0.0, |(_, times)| times.median);
        for (index, (name, times)) in row.times.iter().enumerate() {
            let ratio = match index {
                0 => String::new(),
                _ => format!("{} ×", short(ours / times.median)),
            };
            let Times { median, fastest, slowest } = times;
            let _ = writeln!(
                text,
                "| {} | {} | {median:.3} | {fastest:.3}–{slowest:.3} | {ratio} |",
                row.job,
                // A pipe would end the cell.
                name.replace('|', "\\|")
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_target_is_marked() {
        let times = |median| Times { median, fastest: median, slowest: median * 2.0 };
        let row = JobRow {
            job: "update",
            times: vec![
                ("sealift update".to_owned(), times(3.0)),
                ("docker save".to_owned(), times(2.0)),
            ],
            targets: vec![Target {
                what: "× `docker save`".to_owned(),
                value: 1.5,
                limit: Limit::AtMost(1.15),
            }],
        };
        assert_eq!(
            tables(&[row]),
            "## Targets\n\n| job | what | reached | target | met |\n|---|---|---|---|---|\n\
             | update | × `docker save` | 1.5 | ≤ 1.15 | **no** |\n\n\
             ## Times\n\n| job | contestant | median s | fastest–slowest s | ours is |\n|---|---|---|---|---|\n\
             | update | sealift update | 3.000 | 3.000–6.000 |  |\n\
             | update | docker save | 2.000 | 2.000–4.000 | 1.5 × |\n"
        );
    }
}
