//! What cargo knows of a workspace.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::run;

/// Returns the metadata of the workspace in a folder.
pub(crate) fn read(folder: &Path, options: &[&str]) -> Result<Value> {
    let mut metadata = run::cargo(&["metadata", "--format-version=1"]);
    let text = run::read(metadata.args(options).current_dir(folder))?;
    serde_json::from_str(&text).context("cargo's metadata is no JSON")
}

/// Returns those of the packages that are published.
pub(crate) fn published(metadata: &Value) -> impl Iterator<Item = &Value> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    // Other packages have a source, and packages that are never published have a list of
    // registries, an empty one.
    packages.filter(|package| package["source"].is_null() && package["publish"].is_null())
}
