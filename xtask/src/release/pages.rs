//! Manual pages and completions, written by the command itself.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use super::binary;
use super::plan::{Release, made, shown};
use crate::{run, say};

/// Shells, each with the name of the file that it looks for.
const SHELLS: [(&str, &str); 3] =
    [("bash", "sealift.bash"), ("zsh", "_sealift"), ("fish", "sealift.fish")];

pub(crate) fn run(release: &Release) -> Result<()> {
    let sealift = binary::built(release)?;
    let stage = release.layout.stage();
    let (manual, completions) = (stage.join("man"), stage.join("completions"));
    for folder in [&manual, &completions] {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let command = || release.toolchain.command(&sealift);
    run::read(command().arg("man").arg(&manual))?;
    let pages = fs::read_dir(&manual)?.count();
    ensure!(pages > 10, "the command wrote only {pages} manual pages");
    say::line(format_args!("made {} ({pages} pages)", shown(&manual)));
    for (shell, name) in SHELLS {
        let script = run::read(command().args(["completions", shell]))?;
        let file = completions.join(name);
        fs::write(&file, script).with_context(|| format!("cannot write {}", file.display()))?;
        made(&file)?;
    }
    Ok(())
}
