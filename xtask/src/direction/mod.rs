//! `cargo xtask check-direction`: crates depend on each other downwards only, and so do the files
//! inside each crate.

mod crates;
mod cycles;
mod imports;
mod paths;

use anyhow::{Result, bail};

use crate::{metadata, say, workspace};

pub(crate) use crates::height;

pub(crate) fn run() -> Result<()> {
    let metadata = metadata::read(workspace::root(), &["--all-features"])?;
    let found = crates::violations(&metadata)?;
    for violation in &found {
        say::line(violation);
    }
    let faulty = imports::report(&metadata)?;
    if !found.is_empty() {
        bail!("{} of these dependencies are not allowed", found.len());
    }
    if !faulty.is_empty() {
        bail!(
            "files import each other in a circle, or through the crate root: {}",
            faulty.join(", ")
        );
    }
    say::line("crates, and the files inside each, depend on each other downwards only");
    Ok(())
}
