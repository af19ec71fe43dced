//! `cargo xtask features`: whether every published crate, and its tests, build with none of its
//! features, with each alone, and with all.

use anyhow::Result;

use crate::cargo_tools;

pub(crate) fn run() -> Result<()> {
    let hack = cargo_tools::find_or_install("cargo-hack")?;
    // Dependencies of tests can turn on a feature that the crate itself lacks, so both are built.
    for targets in [&[][..], &["--all-targets"]] {
        let each =
            ["hack", "check", "--locked", "--workspace", "--ignore-private", "--each-feature"];
        cargo_tools::passes(&hack, &[&each, targets].concat())?;
    }
    Ok(())
}
