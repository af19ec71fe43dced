//! The metadata that cargo has of a workspace.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::run;

/// Returns the metadata of the workspace in a folder.
pub(crate) fn read(folder: &Path, options: &[&str]) -> Result<Value> {
    let mut metadata = run::cargo(&["metadata", "--format-version=1"]);
    let text = run::read(metadata.args(options).current_dir(folder))?;
    serde_json::from_str(&text).context("the output of cargo metadata is not JSON")
}

/// Returns the metadata of the packages that are published.
pub(crate) fn published(metadata: &Value) -> impl Iterator<Item = &Value> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    // Packages from a registry have a source. Packages that are never published have an empty list
    // of registries.
    packages.filter(|package| package["source"].is_null() && package["publish"].is_null())
}
