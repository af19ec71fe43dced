//! What people set to say which engine they mean.

use std::fmt;

/// The settings that choose an engine and its limits, as values.
///
/// ```
/// use sealift_docker::Settings;
///
/// let settings = Settings::from_vars(|name| match name {
///     "DOCKER_HOST" => Some("tcp://build.example:2375".to_owned()),
///     _ => None,
/// });
/// assert_eq!(settings.docker_host.as_deref(), Some("tcp://build.example:2375"));
/// assert_eq!(settings.host, None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The value of a flag `--host`, which goes before everything else.
    pub host: Option<String>,
    /// `DOCKER_HOST`.
    pub docker_host: Option<String>,
    /// `DOCKER_TLS_VERIFY`.
    pub docker_tls_verify: Option<String>,
    /// `DOCKER_MACHINE_NAME`: a machine of docker-machine's. It is refused, not passed over, where nothing
    /// else says which engine is meant.
    pub docker_machine_name: Option<String>,
    /// `DOCKER_CONTEXT`: a context of the docker CLI's. The same holds for it.
    pub docker_context: Option<String>,
    /// `SEALIFT_API_TIMEOUT`, in seconds.
    pub sealift_api_timeout: Option<String>,
    /// `GENVID_DOCKER_API_TIMEOUT`, in seconds; goes after `SEALIFT_API_TIMEOUT`.
    pub genvid_docker_api_timeout: Option<String>,
}

impl Settings {
    /// Reads them from the process's environment, which is never changed.
    pub fn from_env() -> Self {
        Self::from_vars(|name| {
            std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
    }

    /// Reads them from anything that knows variables by name. An empty value is none.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| lookup(name).filter(|value| !value.is_empty());
        Self {
            host: None,
            docker_host: get("DOCKER_HOST"),
            docker_tls_verify: get("DOCKER_TLS_VERIFY"),
            docker_machine_name: get("DOCKER_MACHINE_NAME"),
            docker_context: get("DOCKER_CONTEXT"),
            sealift_api_timeout: get("SEALIFT_API_TIMEOUT"),
            genvid_docker_api_timeout: get("GENVID_DOCKER_API_TIMEOUT"),
        }
    }

    /// Gives them with the value of a flag `--host`.
    #[must_use]
    pub fn with_host(mut self, host: Option<String>) -> Self {
        self.host = host;
        self
    }
}

/// A setting that can't be used: its name, its value and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting} is `{value}`, but {reason}")]
#[non_exhaustive]
pub struct ResolveError {
    /// The setting as people write it: `DOCKER_HOST`, `--host`.
    pub setting: String,
    /// Its value.
    pub value: String,
    /// Why that can't be.
    pub reason: String,
}

impl ResolveError {
    pub(crate) fn new(
        setting: impl fmt::Display,
        value: impl Into<String>,
        reason: impl fmt::Display,
    ) -> Self {
        Self { setting: setting.to_string(), value: value.into(), reason: reason.to_string() }
    }
}
