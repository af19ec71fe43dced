//! Programs that tests use beside engines: those of the system, else of its packages.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use anyhow::Result;

use crate::engines::packages;
use crate::{run, say, workspace};

/// A program and the packages of which one has it, with its file in there.
struct Tool {
    name: &'static str,
    packages: &'static [(&'static str, &'static str)],
}

/// The other readers and writers of zips that ours are held against, and what goes into images.
const TOOLS: &[Tool] = &[
    Tool { name: "7z", packages: &[("p7zip-full", "usr/lib/p7zip/7z"), ("7zip", "usr/bin/7z")] },
    Tool { name: "busybox", packages: &[("busybox-static", "usr/bin/busybox")] },
    Tool { name: "python3", packages: &[("python3", "usr/bin/python3")] },
    Tool { name: "unzip", packages: &[("unzip", "usr/bin/unzip")] },
    Tool { name: "zip", packages: &[("zip", "usr/bin/zip")] },
];

/// Gives a folder, to stand first in `PATH`, with the programs that the system lacks.
///
/// One that can't be had is named; the tests that would use it do without.
pub(crate) fn missing_ones() -> Result<PathBuf> {
    let folder = workspace::engines().join("tools");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for tool in TOOLS.iter().filter(|tool| run::find(tool.name).is_none()) {
        if let Err(error) = provide(tool, &folder.join(tool.name)) {
            say::step(format_args!("tests do without {}: {error:#}", tool.name));
        }
    }
    Ok(folder)
}

fn provide(tool: &Tool, place: &std::path::Path) -> Result<()> {
    if let Some(obstacle) = packages::obstacle() {
        anyhow::bail!(obstacle);
    }
    let mut failure = anyhow::anyhow!("no package has it");
    for (package, file) in tool.packages {
        match packages::of_the_system(&format!("tool-{package}"), &[package]) {
            Ok(root) if root.join(file).exists() => {
                let program = root.join(file);
                if tool.name == "busybox" {
                    // It needs no libraries, and tests put the file itself into images.
                    symlink(program, place)?;
                    return Ok(());
                }
                let libraries = packages::libraries(&[root])?;
                let script = format!(
                    "#!/bin/sh\nLD_LIBRARY_PATH='{libraries}' exec '{}' \"$@\"\n",
                    program.display()
                );
                fs::write(place, script)?;
                fs::set_permissions(place, fs::Permissions::from_mode(0o755))?;
                return Ok(());
            }
            Ok(_) => failure = anyhow::anyhow!("the package {package} has no {file}"),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
