//! The settings that choose an engine.

use std::path::{Path, PathBuf};

use crate::discover::cli_context;
use crate::discover::setting::{Setting, SettingSource};

/// The settings that choose an engine and its time limits.
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
    /// The address that the caller sets, which overrides everything else.
    pub host: Option<Setting<String>>,
    /// The context of the docker CLI that the caller sets, which overrides every variable.
    pub context: Option<Setting<String>>,
    /// `DOCKER_HOST`.
    pub docker_host: Option<String>,
    /// `DOCKER_CONTEXT`: the name of a context of the docker CLI.
    pub docker_context: Option<String>,
    /// `DOCKER_MACHINE_NAME`: the name of a machine of docker-machine.
    pub docker_machine_name: Option<String>,
    /// `DOCKER_TLS`: TLS without verification, which is refused.
    pub docker_tls: Option<String>,
    /// `DOCKER_TLS_VERIFY`: TLS, if it has any value.
    pub docker_tls_verify: Option<String>,
    /// `DOCKER_CERT_PATH`: the folder with `ca.pem`, `cert.pem` and `key.pem`.
    pub docker_cert_path: Option<String>,
    /// `DOCKER_API_VERSION`: the version of the API to use.
    pub docker_api_version: Option<String>,
    /// `DOCKER_CONFIG`: the config folder of the docker CLI.
    pub docker_config: Option<String>,
    /// `HOME`: its folder `.docker` is the config folder unless `DOCKER_CONFIG` is set.
    pub home: Option<String>,
    /// The sockets that are tried in order if no setting chooses an engine.
    pub sockets: Vec<PathBuf>,
    /// The program to run instead of `ssh` on the `PATH`.
    pub ssh_program: Option<PathBuf>,
    /// The program to run instead of `docker-machine` on the `PATH`.
    pub docker_machine_program: Option<PathBuf>,
    /// The folder of the credential helpers `docker-credential-NAME`. If it is `None`, they are
    /// searched for on the `PATH`.
    pub credential_helpers: Option<PathBuf>,
    /// `SEALIFT_API_TIMEOUT`: how long an engine can be silent, in seconds.
    pub api_timeout: Option<String>,
    /// `GENVID_DOCKER_API_TIMEOUT`: the same setting from another program, which is used if
    /// [`api_timeout`](Self::api_timeout) is not set.
    pub fallback_api_timeout: Option<String>,
}

impl Settings {
    /// Reads the settings from the process's environment.
    pub fn from_env() -> Self {
        Self::from_vars(|name| {
            std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
    }

    /// Reads the settings from a function that returns the values of variables. As in the docker
    /// CLI, an empty value counts as not set, and so does a `DOCKER_HOST` of white space.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let home = get("HOME");
        let sockets = usual_sockets(get("XDG_RUNTIME_DIR").as_deref(), home.as_deref());
        Self {
            host: None,
            context: None,
            docker_host: get("DOCKER_HOST").filter(|host| !host.trim().is_empty()),
            docker_context: get("DOCKER_CONTEXT"),
            docker_machine_name: get("DOCKER_MACHINE_NAME"),
            docker_tls: get("DOCKER_TLS"),
            docker_tls_verify: get("DOCKER_TLS_VERIFY"),
            docker_cert_path: get("DOCKER_CERT_PATH"),
            docker_api_version: get("DOCKER_API_VERSION"),
            docker_config: get("DOCKER_CONFIG"),
            home,
            sockets,
            ssh_program: None,
            docker_machine_program: None,
            credential_helpers: None,
            api_timeout: get("SEALIFT_API_TIMEOUT"),
            fallback_api_timeout: get("GENVID_DOCKER_API_TIMEOUT"),
        }
    }

    /// Sets the address of the engine, which overrides everything else.
    ///
    /// Messages call the setting by the name of the caller's `option`, such as `--host`.
    ///
    /// ```
    /// use sealift_docker::{Endpoint, Settings};
    ///
    /// let host = Some("tcp://127.0.0.1:2375".to_owned());
    /// let settings = Settings::default().with_host(host, "engine.host");
    /// assert_eq!(Endpoint::resolve(&settings)?.source.to_string(), "engine.host");
    /// # Ok::<(), sealift_docker::ResolveError>(())
    /// ```
    #[must_use]
    pub fn with_host(mut self, host: Option<String>, option: &'static str) -> Self {
        self.host = host.map(|host| Setting::new(host, SettingSource::Flag(option)));
        self
    }

    /// Sets the context of the docker CLI, which overrides every variable.
    ///
    /// Messages call the setting by the name of the caller's `option`, such as `--context`.
    #[must_use]
    pub fn with_context(mut self, context: Option<String>, option: &'static str) -> Self {
        self.context = context.map(|name| Setting::new(name, SettingSource::Flag(option)));
        self
    }

    /// Returns the names of the docker CLI's contexts, sorted. Contexts that cannot be read are
    /// left out.
    ///
    /// This function **blocks** while it reads the docker CLI's config folder.
    pub fn context_names(&self) -> Vec<String> {
        let folder = self.config_folder().map(|folder| folder.value.join("contexts"));
        folder.map_or_else(Vec::new, |folder| cli_context::names(&folder))
    }

    /// Returns the config folder of the docker CLI, or `None` if neither `DOCKER_CONFIG` nor `HOME`
    /// is set.
    pub(crate) fn config_folder(&self) -> Option<Setting<PathBuf>> {
        match (&self.docker_config, &self.home) {
            (Some(folder), _) => {
                Some(Setting::new(folder, SettingSource::Variable("DOCKER_CONFIG")))
            }
            (None, Some(home)) => {
                Some(Setting::new(Path::new(home).join(".docker"), SettingSource::Default))
            }
            (None, None) => None,
        }
    }
}

/// Returns the sockets at which engines usually listen, in the order in which they are tried.
fn usual_sockets(runtime: Option<&str>, home: Option<&str>) -> Vec<PathBuf> {
    let below = |folder: Option<&str>, name| folder.map(|folder| Path::new(folder).join(name));
    [
        Some("/var/run/docker.sock".into()),
        below(runtime, "docker.sock"),
        below(home, ".docker/run/docker.sock"),
        below(home, ".docker/desktop/docker.sock"),
        Some("/run/podman/podman.sock".into()),
        below(runtime, "podman/podman.sock"),
    ]
    .into_iter()
    .flatten()
    .collect()
}
