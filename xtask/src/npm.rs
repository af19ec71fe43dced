//! Packages of npm, installed below `target/servers/packages`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{run, say, workspace};

/// Installs packages of given versions, unless they are installed. Returns the folder that contains
/// their `node_modules`.
pub(crate) fn installed(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = workspace::target().join("servers/packages").join(name);
    let stamp = folder.join("complete");
    let wanted = packages.join(" ");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        say::step(format_args!("using {wanted}"));
        return Ok(folder);
    }
    say::step(format_args!("installing {wanted} from npm"));
    fs::create_dir_all(&folder)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=dev"]);
    run::read(npm.arg("--prefix").arg(&folder).args(packages))?;
    fs::write(&stamp, wanted)?;
    Ok(folder)
}
