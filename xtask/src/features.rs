//! `cargo xtask features`: whether every published crate builds with none of its features, with each alone, and
//! with all.

use anyhow::Result;

use crate::cargo_tools;

pub(crate) fn run() -> Result<()> {
    let hack = cargo_tools::find_or_install("cargo-hack")?;
    let arguments =
        ["hack", "check", "--locked", "--workspace", "--ignore-private", "--each-feature"];
    cargo_tools::passes(&hack, &arguments)
}
