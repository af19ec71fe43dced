//! The docker CLI's config file.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The content of the docker CLI's `config.json`, with its path.
///
/// `Debug` shows the path only, because the file may contain passwords.
#[derive(Clone)]
pub struct CliConfig {
    path: PathBuf,
    pub(crate) json: Value,
}

/// An error in the docker CLI's config file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot use the docker CLI's config file {}: {reason}", path.display())]
pub struct ConfigError {
    path: PathBuf,
    kind: ConfigErrorKind,
    reason: String,
}

/// The kind of a [`ConfigError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// The file cannot be read.
    Read,
    /// The file is not JSON.
    Syntax,
    /// A field has a value of the wrong type.
    Field,
}

impl CliConfig {
    /// Reads `config.json` in a config folder, usually `~/.docker`. Returns `None` if there is no
    /// such file.
    pub fn read(folder: &Path) -> Result<Option<Self>, ConfigError> {
        let path = folder.join("config.json");
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(error) => {
                let reason = format!("it cannot be read: {error}");
                return Err(ConfigError { path, kind: ConfigErrorKind::Read, reason });
            }
        };
        match serde_json::from_slice(&bytes) {
            Ok(json) => Ok(Some(Self { path, json })),
            Err(error) => {
                let reason = format!("it is not JSON: {error}");
                Err(ConfigError { path, kind: ConfigErrorKind::Syntax, reason })
            }
        }
    }

    /// Returns the path of the config file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the name of the context that the docker CLI uses by default, if one is set.
    pub fn current_context(&self) -> Result<Option<&str>, ConfigError> {
        match &self.json["currentContext"] {
            Value::Null => Ok(None),
            Value::String(name) => Ok(Some(name.as_str()).filter(|name| !name.is_empty())),
            other => {
                Err(self.refuse(format!("its `currentContext` is {other}, which is not a name")))
            }
        }
    }

    pub(crate) fn refuse(&self, reason: String) -> ConfigError {
        ConfigError { path: self.path.clone(), kind: ConfigErrorKind::Field, reason }
    }
}

impl ConfigError {
    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> ConfigErrorKind {
        self.kind
    }

    /// Returns the reason why the file cannot be used, as a phrase without the path.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Debug for CliConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CliConfig").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{CliConfig, ConfigErrorKind};

    #[test]
    fn an_error_is_complete_and_has_a_kind() {
        let folder = tempfile::tempdir().unwrap();
        assert!(CliConfig::read(folder.path()).unwrap().is_none());
        let path = folder.path().join("config.json");
        std::fs::write(&path, "{").unwrap();
        let error = CliConfig::read(folder.path()).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::Syntax);
        let expected = format!(
            "cannot use the docker CLI's config file {}: it is not JSON: EOF while parsing an object at line 1 column 1",
            path.display()
        );
        assert_eq!(error.to_string(), expected);
        std::fs::write(&path, r#"{"currentContext": 1, "auths": "canary"}"#).unwrap();
        let config = CliConfig::read(folder.path()).unwrap().unwrap();
        assert_eq!(config.current_context().unwrap_err().kind(), ConfigErrorKind::Field);
        assert!(!format!("{config:?}").contains("canary"));
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(CliConfig::read(folder.path()).unwrap_err().kind(), ConfigErrorKind::Read);
    }
}
