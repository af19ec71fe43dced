//! `cargo xtask check-direction`: crates depend on each other downwards only, and so do the files
//! inside each crate. A crate has no two types of one name.

mod crates;
mod cycles;
mod imports;
mod paths;
mod tokens;
mod types;

use anyhow::{Result, ensure};

use crate::{metadata, say, workspace};

pub(crate) use crates::height;

pub(crate) fn run() -> Result<()> {
    let metadata = metadata::read(workspace::root(), &["--all-features"])?;
    let mut found = crates::violations(&metadata)?;
    found.extend(imports::violations(&metadata)?);
    for violation in &found {
        say::line(violation);
    }
    ensure!(found.is_empty(), "the order of crates, files or names is broken");
    say::line("crates, and the files inside each, depend on each other downwards only");
    Ok(())
}
