//! The docker CLI's config file.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{ResolveError, Settings};

/// What the docker CLI's config file says, and where it is.
pub(crate) struct CliConfig {
    pub(crate) path: PathBuf,
    pub(crate) json: Value,
}

impl CliConfig {
    /// Reads the file in a config folder; none where there is no file.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, ResolveError> {
        let path = folder.join("config.json");
        match read_json(&path) {
            Ok(json) => Ok(json.map(|json| Self { path, json })),
            Err(reason) => Err(refuse(&path, reason)),
        }
    }

    /// Reads the file in the config folder that the settings name; none where there is none.
    pub(crate) fn of(settings: &Settings) -> Result<Option<Self>, ResolveError> {
        match settings.config_folder() {
            Some(folder) => Self::read(&folder.value),
            None => Ok(None),
        }
    }

    pub(crate) fn refuse(&self, reason: String) -> ResolveError {
        refuse(&self.path, reason)
    }
}

fn refuse(path: &Path, reason: String) -> ResolveError {
    ResolveError::new("the docker CLI's config file", path.display().to_string(), reason)
}

/// Reads a file of JSON; none where there is no file.
pub(crate) fn read_json(path: &Path) -> Result<Option<Value>, String> {
    match std::fs::read(path) {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(format!("it is no JSON: {error}")),
        },
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(format!("it can't be read: {error}")),
    }
}
