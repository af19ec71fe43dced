//! The user's `config.json`. It is never read from a folder of archives, which can belong to
//! another user.

use std::env;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::failure::Failure;

/// The environment variable for the path of the file.
const VARIABLE: &str = "SEALIFT_CONFIG";

/// The user's config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserConfig {
    pub(crate) path: PathBuf,
    /// The setting that chose the path.
    pub(crate) source: &'static str,
    pub(crate) exists: bool,
    /// Whether `fetch`, `load` and `verify` fail if no signers are named.
    pub(crate) require_signature: bool,
    /// The file of signers; overridden by `--signed-by`.
    pub(crate) signed_by: Option<PathBuf>,
    /// The file of revoked keys; overridden by `--revoked`.
    pub(crate) revoked: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ConfigDocument {
    #[serde(default)]
    require_signature: bool,
    signed_by: Option<PathBuf>,
    revoked: Option<PathBuf>,
}

impl UserConfig {
    /// Reads the file that `SEALIFT_CONFIG` names, or else `sealift/config.json` in
    /// `$XDG_CONFIG_HOME` or `~/.config`. Without a file, all settings have their defaults.
    ///
    /// # Errors
    ///
    /// If the file that `SEALIFT_CONFIG` names is missing, or if a file cannot be read or parsed.
    pub(crate) fn read() -> Result<Self, Failure> {
        let variable = |name| env::var_os(name).filter(|value: &OsString| !value.is_empty());
        let (path, source) =
            match (variable(VARIABLE), variable("XDG_CONFIG_HOME"), variable("HOME")) {
                (Some(path), ..) => (PathBuf::from(path), VARIABLE),
                (None, Some(folder), _) => {
                    (Path::new(&folder).join("sealift/config.json"), "XDG_CONFIG_HOME")
                }
                (None, None, Some(home)) => {
                    (Path::new(&home).join(".config/sealift/config.json"), "the default")
                }
                (None, None, None) => return Ok(Self::without_file(PathBuf::new(), "the default")),
            };
        match std::fs::read(&path) {
            Ok(json) => Self::parse(path, source, &json),
            Err(error) if error.kind() == ErrorKind::NotFound && source != VARIABLE => {
                Ok(Self::without_file(path, source))
            }
            Err(error) => {
                Err(Failure::usage(format!("{} cannot be read: {error}", path.display())))
            }
        }
    }

    fn parse(path: PathBuf, source: &'static str, json: &[u8]) -> Result<Self, Failure> {
        let document: ConfigDocument = serde_json::from_slice(json).map_err(|error| {
            Failure::usage(format!("{} is not a valid config: {error}", path.display()))
        })?;
        // Paths are relative to the config, not to the working directory.
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let absolute = |file: PathBuf| folder.join(file);
        Ok(Self {
            path,
            source,
            exists: true,
            require_signature: document.require_signature,
            signed_by: document.signed_by.map(absolute),
            revoked: document.revoked.map(absolute),
        })
    }

    fn without_file(path: PathBuf, source: &'static str) -> Self {
        Self {
            path,
            source,
            exists: false,
            require_signature: false,
            signed_by: None,
            revoked: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<UserConfig, String> {
        UserConfig::parse("/etc/x/config.json".into(), VARIABLE, json.as_bytes())
            .map_err(|failure| serde_json::to_value(failure).unwrap()["message"].to_string())
    }

    #[test]
    fn paths_are_relative_to_the_config() {
        let config =
            parse(r#"{"require-signature": true, "signed-by": "signers", "revoked": "/r"}"#)
                .unwrap();
        assert!(config.require_signature);
        assert_eq!(config.signed_by, Some("/etc/x/signers".into()));
        assert_eq!(config.revoked, Some("/r".into()));
        assert!(!parse("{}").unwrap().require_signature);
    }

    #[test]
    fn invalid_settings_are_refused() {
        for json in [r#"{"require-signatures": true}"#, r#"{"require-signature": "yes"}"#, "", "[]"]
        {
            let error = parse(json).unwrap_err();
            assert!(error.contains("/etc/x/config.json is not a valid config: "), "{error}");
        }
    }
}
