//! Prints the latest archive of every image in a bucket: `aws s3 ls --recursive BUCKET |
//! bucket-latest`.

use std::io::stdin;

use anyhow::{Context as _, Result, ensure};
use sealift_catalog::{Entry, LatestOptions, Stat, latest};

fn main() -> Result<()> {
    let mut entries = Vec::new();
    for line in stdin().lines() {
        let line = line?;
        entries.extend(entry(&line).with_context(|| format!("not a line of a listing: {line}"))?);
    }
    ensure!(!entries.is_empty(), "there is no archive in this bucket");
    for entry in latest(&entries, &LatestOptions::default()) {
        println!("{}", entry.archive);
    }
    Ok(())
}

/// Parses a line `DATE TIME SIZE KEY`. Returns `None` if the key is not the name of an archive.
fn entry(line: &str) -> Result<Option<Entry>> {
    let mut words = line.split_whitespace();
    let mut word = || words.next().context("a word is missing");
    let (date, time, size, key) = (word()?, word()?, word()?, word()?);
    let stat = Stat {
        size: size.parse().context("the size is not a number")?,
        modified: format!("{date}T{time}Z").parse().context("the time is not valid")?,
    };
    // The archives were not read and may be damaged, so this result must not decide on a removal.
    Ok(key.parse().ok().map(|archive| Entry::new(archive, stat)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_decide_and_then_times() {
        let listing = [
            "2026-03-01 10:00:00 1048576 team/web_1.10.0.7_0123456789ab.zip",
            "2026-03-02 10:00:00 1048576 team/web_1.9.0.7_123456789abc.zip",
            "2026-03-03 10:00:00 1048576 api_2.0.0.1_23456789abcd.zip",
            "2026-03-04 10:00:00 1048576 api_2.0.0.1_3456789abcde.zip",
            "2026-03-05 10:00:00 312 config.json",
        ];
        let entries: Vec<_> = listing.iter().filter_map(|line| entry(line).unwrap()).collect();
        let latest = latest(&entries, &LatestOptions::default());
        let names: Vec<_> = latest.iter().map(|entry| entry.archive.as_str()).collect();
        assert_eq!(names, ["api_2.0.0.1_3456789abcde.zip", "team/web_1.10.0.7_0123456789ab.zip"]);
    }

    #[test]
    fn what_is_no_listing_is_an_error() {
        assert_eq!(entry("total 3").unwrap_err().to_string(), "a word is missing");
    }
}
