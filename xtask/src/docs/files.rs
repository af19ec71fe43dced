//! The files of the repository that contain prose.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

use anyhow::{Context as _, Result};

use crate::run;

/// A file of the repository.
#[derive(Debug)]
pub(super) struct TextFile {
    /// Path, relative to the root of the repository.
    pub(super) name: String,
    pub(super) text: String,
}

/// Returns the files with an extension, as far as git tracks them.
pub(super) fn with_extension(root: &Path, extension: &str) -> Result<Vec<TextFile>> {
    let mut git = Command::new("git");
    let list = run::read(git.args(["ls-files", &format!("*.{extension}")]).current_dir(root))
        .context("cannot list the files of the repository")?;
    let mut files = Vec::new();
    for name in list.lines() {
        match fs::read_to_string(root.join(name)) {
            Ok(text) => files.push(TextFile { name: name.to_owned(), text }),
            // Deleted in the work tree, and not yet in the index.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("cannot read {name}")),
        }
    }
    Ok(files)
}
