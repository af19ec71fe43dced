//! With what to log in to registries, as the docker CLI keeps it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use crate::cli_config::CliConfig;
use crate::limits::{self, Limit};
use crate::timeouts::Seconds;
use crate::{ResolveError, Settings, Timeouts};

/// Under this name the docker CLI keeps the login for Docker Hub.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// With what to log in to registries: what the docker CLI's config file says, or the credential helpers that it
/// names. By default there is nothing.
///
/// No secret is in what `Debug` shows.
#[derive(Clone, Default)]
pub struct Credentials {
    config: Option<Arc<CliConfig>>,
    /// The folder of helpers; none for the path.
    helpers: Option<PathBuf>,
    /// How long a helper may take.
    limit: Duration,
}

/// A name with its password, or a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    user: String,
    secret: String,
    is_token: bool,
}

/// A credential helper didn't do what it is for.
#[derive(Debug, thiserror::Error)]
#[error("no login for {registry}: `{helper}` {reason}")]
#[non_exhaustive]
pub struct CredentialsError {
    /// The registry.
    pub registry: String,
    /// The program.
    pub helper: String,
    /// What it did, with what it said.
    pub reason: String,
}

impl Credentials {
    /// Finds the docker CLI's config file. Helpers are run when a login is needed.
    ///
    /// # Errors
    ///
    /// If there is such a file and it can't be read.
    pub fn resolve(settings: &Settings) -> Result<Self, ResolveError> {
        let limit = Timeouts::resolve(settings)?.call;
        let config = CliConfig::of(settings)?;
        for part in ["auths", "credHelpers"] {
            if let Some(config) = &config
                && !matches!(config.json[part], Value::Null | Value::Object(_))
            {
                return Err(config.refuse(format!("its `{part}` is no object")));
            }
        }
        let helpers = settings.credential_helpers.clone();
        Ok(Self { config: config.map(Arc::new), helpers, limit })
    }

    /// Finds the login for a registry; none where there is none.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the helper.
    ///
    /// # Errors
    ///
    /// If a helper that should know can't be asked.
    pub async fn find(&self, registry: &str) -> Result<Option<Login>, CredentialsError> {
        let Some(config) = &self.config else { return Ok(None) };
        let is_hub = matches!(hostname(registry), "docker.io" | "registry-1.docker.io");
        let registry = if is_hub { DOCKER_HUB } else { registry };
        match helper_for(&config.json, registry) {
            Some(helper) => self.ask(helper, registry).await,
            None => Ok(in_file(&config.json, registry)),
        }
    }

    /// Gives all there are, for engines that want them beforehand, and what went wrong in asking for some.
    pub(crate) async fn all(&self) -> (Map<String, Value>, Vec<CredentialsError>) {
        let (mut logins, mut errors) = (Map::new(), Vec::new());
        let Some(config) = &self.config else { return (logins, errors) };
        let keys = |part: &str| config.json[part].as_object().into_iter().flat_map(Map::keys);
        let mut registries: Vec<String> =
            keys("auths").chain(keys("credHelpers")).cloned().collect();
        if let Some(store) = config.json["credsStore"].as_str() {
            match self.run(store, "list", "").await {
                Ok(Value::Object(list)) => registries.extend(list.into_iter().map(|(key, _)| key)),
                Ok(_) => {}
                Err(error) => errors.push(error),
            }
        }
        registries.sort();
        registries.dedup();
        for registry in registries {
            match self.find(&registry).await {
                Ok(Some(login)) => drop(logins.insert(registry.clone(), login.to_json(&registry))),
                Ok(None) => {}
                Err(error) => errors.push(error),
            }
        }
        (logins, errors)
    }

    async fn ask(&self, helper: &str, registry: &str) -> Result<Option<Login>, CredentialsError> {
        let answer = self.run(helper, "get", registry).await?;
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        let (user, secret) = (text("Username"), text("Secret"));
        // The name that helpers give to a token.
        let is_token = user == "<token>";
        Ok((!secret.is_empty()).then_some(Login { user, secret, is_token }))
    }

    /// Runs a helper. Nothing known is an answer too: null.
    async fn run(
        &self,
        helper: &str,
        command: &str,
        registry: &str,
    ) -> Result<Value, CredentialsError> {
        let helper = format!("docker-credential-{helper}");
        let fail = |reason: String| CredentialsError {
            registry: if registry.is_empty() { "any registry" } else { registry }.to_owned(),
            helper: helper.clone(),
            reason,
        };
        if helper.contains('/') {
            return Err(fail("has a `/` in its name".to_owned()));
        }
        let program = match &self.helpers {
            Some(folder) => folder.join(&helper),
            None => PathBuf::from(&helper),
        };
        let (status, answer) = tokio::time::timeout(self.limit, call(&program, command, registry))
            .await
            .map_err(|_| fail(format!("doesn't answer within {}", Seconds(self.limit))))?
            .map_err(|error| fail(format!("can't be run: {error}")))?;
        if status.success() {
            // Its answer isn't shown, as the secret is in it.
            return serde_json::from_slice(&answer)
                .map_err(|_| fail("answers something that is no JSON".to_owned()));
        }
        // A helper prints errors where it prints secrets, so what it printed is never shown.
        match answer.trim_ascii() {
            b"credentials not found in native keychain" => Ok(Value::Null),
            _ => Err(fail(format!("ends with {status}"))),
        }
    }
}

async fn call(program: &Path, command: &str, input: &str) -> io::Result<(ExitStatus, Vec<u8>)> {
    let mut child = Command::new(program);
    child.arg(command).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = child.kill_on_drop(true).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that doesn't read its input says why in its answer.
        let _ = stdin.write_all(input.as_bytes()).await;
    }
    let mut answer = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(limits::PROGRAM + 1).read_to_end(&mut answer).await?;
    }
    if answer.len() as u64 > limits::PROGRAM {
        return Err(io::Error::other(format!("it says more than {}", Limit(limits::PROGRAM))));
    }
    Ok((child.wait().await?, answer))
}

/// Gives the helper that knows a registry: its own, else the one for all.
fn helper_for<'a>(config: &'a Value, registry: &str) -> Option<&'a str> {
    let own = [registry, hostname(registry)].into_iter();
    let own = own.map(|name| &config["credHelpers"][name]).find_map(Value::as_str);
    own.or_else(|| config["credsStore"].as_str()).filter(|helper| !helper.is_empty())
}

fn in_file(config: &Value, registry: &str) -> Option<Login> {
    let auths = config["auths"].as_object()?;
    let entry = auths.get(registry).or_else(|| {
        auths.iter().find(|(key, _)| hostname(key) == hostname(registry)).map(|(_, entry)| entry)
    })?;
    let text = |key: &str| entry[key].as_str().filter(|text| !text.is_empty());
    if let Some(token) = text("identitytoken") {
        return Some(Login { user: String::new(), secret: token.to_owned(), is_token: true });
    }
    let pair = text("auth").and_then(|auth| STANDARD.decode(auth).ok());
    let pair = pair.and_then(|pair| String::from_utf8(pair).ok());
    let (user, secret) = match &pair {
        Some(pair) => pair.trim_end_matches('\0').split_once(':')?,
        None => (text("username")?, text("password")?),
    };
    Some(Login { user: user.to_owned(), secret: secret.to_owned(), is_token: false })
}

/// Gives the host and port of a registry, however it is written.
fn hostname(registry: &str) -> &str {
    let rest = registry.strip_prefix("https://").or_else(|| registry.strip_prefix("http://"));
    rest.unwrap_or(registry).split('/').next().unwrap_or_default()
}

impl Login {
    /// Gives it as BuildKit wants it: a token goes without a user.
    #[cfg(feature = "buildkit")]
    pub(crate) fn into_user_and_secret(self) -> (String, String) {
        (if self.is_token { String::new() } else { self.user }, self.secret)
    }

    fn to_json(&self, registry: &str) -> Value {
        if self.is_token {
            json!({ "identitytoken": self.secret, "serveraddress": registry })
        } else {
            json!({ "username": self.user, "password": self.secret, "serveraddress": registry })
        }
    }
}

/// Writes logins as engines want them in a request's header.
pub(crate) fn header(logins: &Map<String, Value>) -> String {
    URL_SAFE.encode(Value::from(logins.clone()).to_string())
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.config.as_ref().map(|config| &config.path);
        f.debug_struct("Credentials").field("config", &path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(config: &Value, registry: &str) -> Option<(String, String, bool)> {
        in_file(config, registry).map(|login| (login.user, login.secret, login.is_token))
    }

    #[test]
    fn a_registry_is_found_however_it_is_written() {
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
    fn a_registrys_own_helper_goes_before_the_one_for_all() {
        let config = json!({"credsStore": "all", "credHelpers": {"reg.example": "own"}});
        assert_eq!(helper_for(&config, "https://reg.example/v1/"), Some("own"));
        assert_eq!(helper_for(&config, "other.example"), Some("all"));
        assert_eq!(helper_for(&json!({}), "other.example"), None);
    }

    #[test]
    fn no_secret_is_shown() {
        let login = Login { user: "ann".to_owned(), secret: "canary".to_owned(), is_token: false };
        assert_eq!(format!("{login:?}"), "Login { user: \"ann\", .. }");
        let config = CliConfig { path: "c.json".into(), json: json!({"auths": "canary"}) };
        let credentials =
            Credentials { config: Some(Arc::new(config)), helpers: None, limit: Duration::ZERO };
        assert!(!format!("{credentials:?}").contains("canary"));
    }
}
