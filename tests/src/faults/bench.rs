//! Scenarios and seeds: the number of runs, and the report.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::json;

/// The variable with the number of seeds, from 0 on. Without it, each scenario has its own small
/// number.
const SEEDS: &str = "SEALIFT_FAULT_SEEDS";
/// The variable with the only seed.
const SEED: &str = "SEALIFT_FAULT_SEED";
/// The variable with the path of a file to which each scenario appends a line of JSON.
const REPORT: &str = "SEALIFT_FAULT_REPORT";

/// The source of a run's decisions. The same seed leads to the same decisions.
///
/// The first choices enumerate all possibilities, so that few seeds cover all combinations.
pub(crate) struct Seed {
    left: u64,
    random: u64,
}

impl Seed {
    fn new(number: u64) -> Self {
        Self { left: number, random: number }
    }

    /// Chooses one of these values. All are used in turn.
    pub(crate) fn choose<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let count = all.len() as u64;
        let index = usize::try_from(self.left % count).unwrap();
        self.left /= count;
        &all[index]
    }

    /// Chooses one of these values at random.
    pub(crate) fn any<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// Returns a random number below a limit.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        // SplitMix64, whose state is a counter.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % end.max(1) as u64).unwrap()
    }
}

/// Runs the scenario of the test: `small` times, unless the bench requests more runs.
///
/// A run returns its outcome in a few words, and panics on a violation. The other runs continue
/// after a violation.
pub(crate) fn scenario(small: u64, run: impl Fn(&mut Seed) -> String) {
    let name = name();
    let number = |variable| {
        let text = std::env::var(variable).ok()?;
        Some(text.parse::<u64>().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
    };
    let seeds = match number(SEED) {
        Some(seed) => seed..seed + 1,
        None => 0..number(SEEDS).unwrap_or(small),
    };
    let runs = seeds.end - seeds.start;
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    let mut violations = Vec::new();
    for seed in seeds {
        match catch_unwind(AssertUnwindSafe(|| run(&mut Seed::new(seed)))) {
            Ok(outcome) => *outcomes.entry(outcome).or_default() += 1,
            Err(panic) => {
                let words = panic.downcast_ref::<String>().map(String::as_str);
                let words = words.or(panic.downcast_ref::<&str>().copied()).unwrap_or("");
                violations.push(format!("cargo xtask faults {name} --seed {seed}\n{words}"));
            }
        }
    }
    if let Some(path) = std::env::var_os(REPORT) {
        let line = json!({
            "scenario": name,
            "runs": runs,
            "outcomes": outcomes,
            "violations": violations,
        });
        let mut report = std::fs::File::options().create(true).append(true).open(path).unwrap();
        report.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
    assert!(
        violations.is_empty(),
        "{} violations in {runs} runs of {name}; each again by itself:\n\n{}",
        violations.len(),
        violations.join("\n\n")
    );
}

/// Returns `true` if the bench requests more runs than the tests need.
pub(crate) fn is_bench() -> bool {
    std::env::var_os(REPORT).is_some()
}

/// Returns the name of the scenario: that of the test, and of the engine if it uses one.
fn name() -> String {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("unnamed").to_owned();
    let parts: Vec<&str> = test.split("::").filter(|part| *part != "on_engine").collect();
    parts[1..].join("/").replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_seeds_cover_every_combination_of_choices() {
        let mut seen: Vec<(u8, u8)> = (0..6)
            .map(|number| {
                let mut seed = Seed::new(number);
                (*seed.choose(&[1, 2]), *seed.choose(&[1, 2, 3]))
            })
            .collect();
        seen.sort_unstable();
        assert_eq!(seen, [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]);
    }

    #[test]
    fn random_numbers_stay_below_their_end_and_differ() {
        let mut seed = Seed::new(7);
        let numbers: Vec<usize> = (0..100).map(|_| seed.below(10)).collect();
        assert!(numbers.iter().all(|&number| number < 10));
        assert!((0..10).all(|number| numbers.contains(&number)));
    }

    #[test]
    fn a_violation_names_the_seed_and_the_other_runs_continue() {
        let runs = std::cell::Cell::new(0);
        let failed = catch_unwind(AssertUnwindSafe(|| {
            scenario(3, |seed| {
                runs.set(runs.get() + 1);
                assert_ne!(seed.choose(&[0, 1, 2]), &1, "one is not wanted");
                "done".to_owned()
            });
        }));
        let words = failed.unwrap_err().downcast::<String>().unwrap();
        assert!(words.contains("faults bench/tests/a-violation-names"), "{words}");
        assert!(words.contains("--seed 1\n") && words.contains("one is not wanted"), "{words}");
        assert_eq!(runs.get(), 3);
    }
}
