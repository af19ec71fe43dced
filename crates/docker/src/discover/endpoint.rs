//! The engine that is used, and the setting that chose it.

use std::fmt;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use crate::discover::address::Address;
use crate::discover::address_error::without_password;
use crate::discover::api_version::ApiVersion;
use crate::discover::cli_context::{self, CliContext};
use crate::discover::machine::{self, Machine};
use crate::discover::resolve_error::{ResolveError, ResolveErrorKind};
use crate::discover::setting::{Setting, SettingSource};
use crate::discover::settings::Settings;
use crate::discover::tls::Tls;

/// The socket that is used if no setting chooses an engine and no other socket exists.
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// The address of an engine, how to connect to it, and which setting chose it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Endpoint {
    /// The address of the engine.
    pub address: Address,
    /// The setting that contains the address.
    pub source: SettingSource,
    /// The context of the docker CLI that was used, if any.
    pub context: Option<Setting<String>>,
    /// The machine of docker-machine that was used, if any.
    pub machine: Option<Setting<String>>,
    /// The certificates, if the connection uses TLS.
    pub tls: Option<Setting<Tls>>,
    /// The version of the API to use, if it is set.
    pub api_version: Option<Setting<ApiVersion>>,
    pub(crate) ssh_program: PathBuf,
}

/// An address that was found and has not been parsed yet.
struct Found {
    /// The name of the setting in messages.
    setting: String,
    text: String,
    source: SettingSource,
    /// The folder of certificates.
    folder: Option<Setting<PathBuf>>,
    /// Whether a `tcp` address uses TLS.
    is_tls: bool,
    context: Option<Setting<String>>,
    machine: Option<Setting<String>>,
}

/// The setting that chooses the engine.
enum Meant {
    Host(String, SettingSource),
    Context(Setting<String>),
    Machine(String),
    Nothing,
}

impl Endpoint {
    /// Creates an endpoint from an address that needs no certificates.
    pub fn new(address: Address, source: SettingSource) -> Self {
        Self {
            address,
            source,
            context: None,
            machine: None,
            tls: None,
            api_version: None,
            ssh_program: "ssh".into(),
        }
    }

    /// Finds the engine that the settings choose, without contacting it.
    ///
    /// The first of these that is set chooses the engine: [`Settings::host`],
    /// [`Settings::context`], `DOCKER_HOST`, `DOCKER_CONTEXT`, `DOCKER_MACHINE_NAME`,
    /// `currentContext` in the docker CLI's config file. If none is set, the engine is at the first
    /// of [`Settings::sockets`] that exists, or else at `/var/run/docker.sock`.
    ///
    /// This function **blocks**: it reads the docker CLI's config folder and the certificates, and
    /// runs docker-machine if `DOCKER_MACHINE_NAME` chooses the engine. docker-machine is stopped
    /// after [`Timeouts::call`](crate::Timeouts::call). In asynchronous code, call this function
    /// from `tokio::task::spawn_blocking`.
    ///
    /// ```
    /// use sealift_docker::{Endpoint, Settings, SettingSource};
    ///
    /// let endpoint = Endpoint::resolve(&Settings::default()).unwrap();
    /// assert_eq!(endpoint.address.to_string(), "unix:///var/run/docker.sock");
    /// assert_eq!(endpoint.source, SettingSource::Default);
    /// ```
    pub fn resolve(settings: &Settings) -> Result<Self, ResolveError> {
        let mut endpoint = match meant(settings)? {
            Meant::Host(text, source) => by_host(text, source, settings)?.read()?,
            Meant::Context(context) => by_context(context, settings)?.read()?,
            Meant::Machine(name) => by_machine(name, settings)?.read()?,
            Meant::Nothing => by_socket(&settings.sockets),
        };
        endpoint.api_version = api_version(settings)?;
        if let Some(program) = &settings.ssh_program {
            endpoint.ssh_program.clone_from(program);
        }
        Ok(endpoint)
    }
}

/// Returns the setting that chooses the engine, in the docker CLI's order.
fn meant(settings: &Settings) -> Result<Meant, ResolveError> {
    if let Some(host) = &settings.host {
        return Ok(Meant::Host(host.value.clone(), host.source.clone()));
    }
    // `default` is the docker CLI's name for not using a context.
    let by_context = |name: &String, source| match name.as_str() {
        "default" => Meant::Nothing,
        _ => Meant::Context(Setting::new(name, source)),
    };
    if let Some(name) = settings.context.as_ref().filter(|name| name.value != "default") {
        return Ok(by_context(&name.value, name.source.clone()));
    }
    if let Some(host) = &settings.docker_host {
        return Ok(Meant::Host(host.clone(), SettingSource::Variable("DOCKER_HOST")));
    }
    if settings.context.is_some() {
        return Ok(Meant::Nothing);
    }
    if let Some(name) = &settings.docker_context {
        return Ok(by_context(name, SettingSource::Variable("DOCKER_CONTEXT")));
    }
    if let Some(name) = &settings.docker_machine_name {
        return Ok(Meant::Machine(name.clone()));
    }
    match settings.config_folder() {
        Some(folder) => Ok(match cli_context::current(&folder.value)? {
            Some(Setting { value, source }) => by_context(&value, source),
            None => Meant::Nothing,
        }),
        None => Ok(Meant::Nothing),
    }
}

fn by_host(
    text: String,
    source: SettingSource,
    settings: &Settings,
) -> Result<Found, ResolveError> {
    if let (Some(tls), None) = (&settings.docker_tls, &settings.docker_tls_verify) {
        let reason = "TLS without verification of the engine is not supported";
        if text.starts_with("tcp:") || text.starts_with("http:") {
            let kind = ResolveErrorKind::UnverifiedTls;
            return Err(ResolveError::new(kind, "DOCKER_TLS", tls, reason));
        }
    }
    let folder = match &settings.docker_cert_path {
        Some(path) => Some(Setting::new(path, SettingSource::Variable("DOCKER_CERT_PATH"))),
        None => settings.config_folder(),
    };
    let is_tls = settings.docker_tls_verify.is_some();
    let setting = source.to_string();
    Ok(Found { setting, text, source, folder, is_tls, context: None, machine: None })
}

fn by_context(name: Setting<String>, settings: &Settings) -> Result<Found, ResolveError> {
    let folder = settings.config_folder().ok_or_else(|| {
        let reason = "neither DOCKER_CONFIG nor HOME is set, so the folder of contexts is unknown";
        ResolveError::new(ResolveErrorKind::Context, &name.source, &name.value, reason)
    })?;
    let CliContext { host, tls_folder } = cli_context::read(&folder.value, &name)?;
    let source = SettingSource::Context(name.value.clone());
    Ok(Found {
        setting: format!("the host of the context `{}` (from {})", name.value, name.source),
        text: host,
        is_tls: tls_folder.has_files,
        folder: Some(Setting::new(tls_folder.path, source.clone())),
        source,
        context: Some(name),
        machine: None,
    })
}

fn by_machine(name: String, settings: &Settings) -> Result<Found, ResolveError> {
    let Machine { host, is_tls, cert_path } = machine::ask(&name, settings)?;
    let source = SettingSource::Machine(name.clone());
    let folder = match cert_path {
        Some(path) => Some(Setting::new(path, source.clone())),
        None => settings.config_folder(),
    };
    Ok(Found {
        setting: format!("DOCKER_HOST of {source}"),
        text: host,
        source,
        folder,
        is_tls,
        context: None,
        machine: Some(Setting::new(name, SettingSource::Variable("DOCKER_MACHINE_NAME"))),
    })
}

/// Returns the endpoint of the first socket that exists, or of the default socket.
fn by_socket(sockets: &[PathBuf]) -> Endpoint {
    let is_socket =
        |path: &Path| std::fs::metadata(path).is_ok_and(|found| found.file_type().is_socket());
    match sockets.iter().find(|path| is_socket(path)) {
        Some(path) => Endpoint::new(Address::Unix(path.clone()), SettingSource::FirstSocket),
        None => Endpoint::new(Address::Unix(DEFAULT_SOCKET.into()), SettingSource::Default),
    }
}

impl Found {
    fn read(self) -> Result<Endpoint, ResolveError> {
        let address = Address::read(&self.text, self.is_tls)
            .map_err(|fault| self.refuse(ResolveErrorKind::Address, fault))?;
        let tls = match &address {
            Address::Https { host, .. } => Some(self.tls(host)?),
            Address::Tcp { host, .. } if self.is_tls => Some(self.tls(host)?),
            _ => None,
        };
        let mut endpoint = Endpoint::new(address, self.source);
        endpoint.tls = tls;
        endpoint.context = self.context;
        endpoint.machine = self.machine;
        Ok(endpoint)
    }

    fn refuse(&self, kind: ResolveErrorKind, reason: impl fmt::Display) -> ResolveError {
        ResolveError::new(kind, &self.setting, without_password(&self.text), reason)
    }

    fn tls(&self, host: &str) -> Result<Setting<Tls>, ResolveError> {
        if !cfg!(feature = "tls") {
            let reason = "it needs TLS, and this program was built without the feature `tls` of \
                          sealift-docker";
            return Err(self.refuse(ResolveErrorKind::Tls, reason));
        }
        let Some(folder) = &self.folder else {
            let reason = "it needs TLS, and the folder of certificates is unknown: none of \
                          DOCKER_CERT_PATH, DOCKER_CONFIG and HOME is set";
            return Err(self.refuse(ResolveErrorKind::Tls, reason));
        };
        let tls = Tls::read(&folder.value, host).map_err(|reason| {
            let setting = match &folder.source {
                SettingSource::Variable("DOCKER_CERT_PATH") => "DOCKER_CERT_PATH".to_owned(),
                SettingSource::Machine(_) => format!("DOCKER_CERT_PATH of {}", folder.source),
                SettingSource::Context(name) => {
                    format!("the folder of certificates of the context `{name}`")
                }
                _ => "the folder of certificates (DOCKER_CERT_PATH is not set)".to_owned(),
            };
            ResolveError::new(
                ResolveErrorKind::Tls,
                setting,
                folder.value.display().to_string(),
                reason,
            )
        })?;
        Ok(Setting { value: tls, source: folder.source.clone() })
    }
}

fn api_version(settings: &Settings) -> Result<Option<Setting<ApiVersion>>, ResolveError> {
    const NAME: &str = "DOCKER_API_VERSION";
    let Some(text) = &settings.docker_api_version else { return Ok(None) };
    let version: ApiVersion = text.trim_start_matches('v').parse().map_err(|_| {
        ResolveError::new(
            ResolveErrorKind::ApiVersion,
            NAME,
            text,
            "an API version must look like `1.41`",
        )
    })?;
    let (oldest, newest) = (ApiVersion::OLDEST_NEEDED, ApiVersion::NEWEST_KNOWN);
    if version < oldest || version > newest {
        let reason = format!("only the versions from {oldest} to {newest} are supported");
        return Err(ResolveError::new(ResolveErrorKind::ApiVersion, NAME, text, reason));
    }
    Ok(Some(Setting { value: version, source: SettingSource::Variable(NAME) }))
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}
