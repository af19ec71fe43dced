//! `cargo xtask check-direction`: crates, and the files in each crate, depend on each other
//! downwards only. A crate has no two types of the same name.

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
    ensure!(found.is_empty(), "crates, files or names are out of order");
    say::line("crates, and the files inside each, depend on each other downwards only");
    Ok(())
}
