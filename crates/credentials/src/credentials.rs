//! The logins to registries, as the docker CLI stores them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::config::{CliConfig, ConfigError};
use crate::helper::{CredentialsError, Helpers};
use crate::login::Login;

/// The name under which the docker CLI stores the login for Docker Hub.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// The default time limit of a credential helper.
const DEFAULT_LIMIT: Duration = Duration::from_secs(120);

/// The logins to registries in the docker CLI's config file and in the credential helpers that it
/// names. The default has no logins.
///
/// `Debug` shows no secrets. Clones share the config file.
#[derive(Debug, Clone)]
pub struct Credentials {
    config: Option<Arc<CliConfig>>,
    helpers: Helpers,
}

impl Credentials {
    /// Creates credentials from a config file. Credential helpers run when a login is looked up.
    ///
    /// # Errors
    ///
    /// Returns an error if `auths` or `credHelpers` is not an object.
    pub fn new(config: CliConfig) -> Result<Self, ConfigError> {
        for part in ["auths", "credHelpers"] {
            if !matches!(config.json[part], Value::Null | Value::Object(_)) {
                return Err(config.refuse(format!("its `{part}` is not an object")));
            }
        }
        Ok(Self { config: Some(Arc::new(config)), ..Self::default() })
    }

    /// Reads the config file in a config folder, usually `~/.docker`. If there is no such file, the
    /// credentials contain no logins.
    pub fn read(folder: &Path) -> Result<Self, ConfigError> {
        match CliConfig::read(folder)? {
            Some(config) => Self::new(config),
            None => Ok(Self::default()),
        }
    }

    /// Sets the folder of the credential helpers. By default they are searched for on the `PATH`.
    #[must_use]
    pub fn with_helper_folder(mut self, folder: Option<PathBuf>) -> Self {
        self.helpers.folder = folder;
        self
    }

    /// Sets the time limit of a credential helper. The default is 120 seconds.
    #[must_use]
    pub fn with_helper_limit(mut self, limit: Duration) -> Self {
        self.helpers.limit = limit;
        self
    }

    /// Returns the login for a registry, if there is one.
    ///
    /// If a helper is configured for the registry, only the helper is asked, as in the docker CLI.
    ///
    /// # Errors
    ///
    /// Returns an error if the helper fails or does not answer in time. If the helper reports that
    /// it has no login for the registry, the result is `None`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the helper.
    ///
    /// # Panics
    ///
    /// Panics if a helper must run and there is no tokio runtime.
    pub async fn find(&self, registry: &str) -> Result<Option<Login>, CredentialsError> {
        let Some(config) = &self.config else { return Ok(None) };
        let is_hub = matches!(hostname(registry), "docker.io" | "registry-1.docker.io");
        let registry = if is_hub { DOCKER_HUB } else { registry };
        match helper_for(&config.json, registry) {
            Some(helper) => self.ask(helper, registry).await,
            None => Ok(in_file(&config.json, registry)),
        }
    }

    /// Returns the logins of all registries, and the errors of the helpers that failed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops the helper that is running.
    ///
    /// # Panics
    ///
    /// Panics if a helper must run and there is no tokio runtime.
    pub async fn all(&self) -> (BTreeMap<String, Login>, Vec<CredentialsError>) {
        let (mut logins, mut errors) = (BTreeMap::new(), Vec::new());
        let Some(config) = &self.config else { return (logins, errors) };
        let keys = |part: &str| config.json[part].as_object().into_iter().flat_map(Map::keys);
        let mut registries: Vec<String> =
            keys("auths").chain(keys("credHelpers")).cloned().collect();
        if let Some(store) = config.json["credsStore"].as_str() {
            match self.helpers.run(store, "list", "").await {
                Ok(Value::Object(list)) => registries.extend(list.into_iter().map(|(key, _)| key)),
                Ok(_) => {}
                Err(error) => errors.push(error),
            }
        }
        registries.sort();
        registries.dedup();
        for registry in registries {
            match self.find(&registry).await {
                Ok(Some(login)) => drop(logins.insert(registry, login)),
                Ok(None) => {}
                Err(error) => errors.push(error),
            }
        }
        (logins, errors)
    }

    async fn ask(&self, helper: &str, registry: &str) -> Result<Option<Login>, CredentialsError> {
        let answer = self.helpers.run(helper, "get", registry).await?;
        let text = |key: &str| answer[key].as_str().unwrap_or_default();
        Ok(match (text("Username"), text("Secret")) {
            (_, "") => None,
            // Helpers store identity tokens under this user name.
            ("<token>", token) => Some(Login::with_token(token)),
            (user, password) => Some(Login::with_password(user, password)),
        })
    }
}

impl Default for Credentials {
    fn default() -> Self {
        Self { config: None, helpers: Helpers { folder: None, limit: DEFAULT_LIMIT } }
    }
}

/// Returns the helper that is configured for a registry, or else the default helper.
fn helper_for<'a>(config: &'a Value, registry: &str) -> Option<&'a str> {
    let own = [registry, hostname(registry)].into_iter();
    let own = own.map(|name| &config["credHelpers"][name]).find_map(Value::as_str);
    own.or_else(|| config["credsStore"].as_str()).filter(|helper| !helper.is_empty())
}

/// Returns the login that the config file itself contains for a registry.
fn in_file(config: &Value, registry: &str) -> Option<Login> {
    let auths = config["auths"].as_object()?;
    let entry = auths.get(registry).or_else(|| {
        auths.iter().find(|(key, _)| hostname(key) == hostname(registry)).map(|(_, entry)| entry)
    })?;
    let text = |key: &str| entry[key].as_str().filter(|text| !text.is_empty());
    if let Some(token) = text("identitytoken") {
        return Some(Login::with_token(token));
    }
    let pair = text("auth").and_then(|auth| STANDARD.decode(auth).ok());
    let pair = pair.and_then(|pair| String::from_utf8(pair).ok());
    let (user, password) = match &pair {
        Some(pair) => pair.trim_end_matches('\0').split_once(':')?,
        None => (text("username")?, text("password")?),
    };
    Some(Login::with_password(user, password))
}

/// Returns the host and port of a registry, which can be written with a scheme and a path.
fn hostname(registry: &str) -> &str {
    let rest = registry.strip_prefix("https://").or_else(|| registry.strip_prefix("http://"));
    rest.unwrap_or(registry).split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(config: &Value, registry: &str) -> Option<(String, String, bool)> {
        in_file(config, registry).map(|login| {
            let user = login.user().unwrap_or_default().to_owned();
            (user, login.secret().to_owned(), login.is_token())
        })
    }

    #[test]
    fn a_registry_is_found_with_and_without_its_scheme_and_path() {
        let auth = STANDARD.encode("ann:se:cret");
        let config = json!({"auths": {
            "https://reg.example:5000/v2/": {"auth": auth},
            "other.example": {"identitytoken": "tok"},
            "plain.example": {"username": "bob", "password": "word"},
            "empty.example": {},
        }});
        let pair = |user: &str, secret: &str, is_token| {
            Some((user.to_owned(), secret.to_owned(), is_token))
        };
        assert_eq!(found(&config, "reg.example:5000"), pair("ann", "se:cret", false));
        assert_eq!(found(&config, "https://other.example"), pair("", "tok", true));
        assert_eq!(found(&config, "plain.example"), pair("bob", "word", false));
        for none in ["reg.example", "empty.example", "ample"] {
            assert_eq!(found(&config, none), None, "{none}");
        }
    }

    #[test]
    fn the_helper_of_a_registry_overrides_the_default_helper() {
        let config = json!({"credsStore": "all", "credHelpers": {"reg.example": "own"}});
        assert_eq!(helper_for(&config, "https://reg.example/v1/"), Some("own"));
        assert_eq!(helper_for(&config, "other.example"), Some("all"));
        assert_eq!(helper_for(&json!({}), "other.example"), None);
    }

    #[test]
    fn no_secret_is_shown() {
        let login = Login::with_password("ann", "canary");
        assert_eq!(format!("{login:?}"), "Login { user: \"ann\", .. }");
        let folder = tempfile::tempdir().unwrap();
        let config = r#"{"auths": {"reg.example": {"username": "ann", "password": "canary"}}}"#;
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        let credentials = Credentials::read(folder.path()).unwrap();
        assert!(!format!("{credentials:?}").contains("canary"));
    }
}
