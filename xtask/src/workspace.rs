//! Where things are, and what cargo says of them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::run;

/// Gives the workspace's folder.
pub(crate) fn root() -> &'static Path {
    // This crate's folder is directly below it.
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Gives the folder that cargo builds into.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Gives the folder of everything that has to do with engines.
pub(crate) fn engines() -> PathBuf {
    target().join("engines")
}

/// Gives what `cargo metadata` says of the workspace in a folder.
pub(crate) fn metadata(folder: &Path, options: &[&str]) -> Result<Value> {
    let mut metadata = run::cargo(&["metadata", "--format-version=1"]);
    let text = run::read(metadata.args(options).current_dir(folder))?;
    serde_json::from_str(&text).context("cargo's metadata is no JSON")
}

/// Gives what that says of the crates that are published.
pub(crate) fn published(metadata: &Value) -> impl Iterator<Item = &Value> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    // What comes from elsewhere has a source, and what is never published allows no registry at all.
    packages.filter(|package| package["source"].is_null() && package["publish"].is_null())
}
