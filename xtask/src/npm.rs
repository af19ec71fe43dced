//! Packages of npm, in folders of our own below `target/servers/packages`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{run, say, workspace};

/// Installs packages, each with its version, unless they are there. Returns the folder that has
/// them in `node_modules`.
pub(crate) fn installed(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = workspace::target().join("servers/packages").join(name);
    let stamp = folder.join("complete");
    let wanted = packages.join(" ");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        say::step(format_args!("uses {wanted}"));
        return Ok(folder);
    }
    say::step(format_args!("gets {wanted} from npm"));
    fs::create_dir_all(&folder)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=dev"]);
    run::read(npm.arg("--prefix").arg(&folder).args(packages))?;
    fs::write(&stamp, wanted)?;
    Ok(folder)
}
