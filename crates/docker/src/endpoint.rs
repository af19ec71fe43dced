//! Which engine is meant, and who says so.

use std::fmt;

use crate::{Address, ResolveError, Settings};

/// The socket where an engine listens when nothing is set.
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// The address of an engine, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Where the engine listens.
    pub address: Address,
    /// Where that was said.
    pub source: Source,
}

/// Where an address was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// A flag of the command.
    Flag,
    /// The variable `DOCKER_HOST`.
    DockerHost,
    /// Nowhere: it is where engines listen when nothing is set.
    Default,
}

impl Endpoint {
    /// Finds the engine that the settings mean, without asking anybody.
    ///
    /// The flag goes first, then `DOCKER_HOST`, then `/var/run/docker.sock`.
    ///
    /// ```
    /// use sealift_docker::{Endpoint, Settings, Source};
    ///
    /// let endpoint = Endpoint::resolve(&Settings::default()).unwrap();
    /// assert_eq!(endpoint.address.to_string(), "unix:///var/run/docker.sock");
    /// assert_eq!(endpoint.source, Source::Default);
    /// ```
    ///
    /// # Errors
    ///
    /// Where the setting that counts is no address that is spoken.
    pub fn resolve(settings: &Settings) -> Result<Self, ResolveError> {
        let (value, source) = match (&settings.host, &settings.docker_host) {
            (Some(host), _) => (host, Source::Flag),
            (None, Some(host)) => (host, Source::DockerHost),
            (None, None) => {
                refuse_other_ways(settings)?;
                let address = Address::Unix(DEFAULT_SOCKET.into());
                return Ok(Self { address, source: Source::Default });
            }
        };
        let address =
            value.parse().map_err(|reason| ResolveError::new(source.setting(), value, reason))?;
        if let (Address::Tcp { .. }, Some(verify)) = (&address, &settings.docker_tls_verify) {
            return Err(ResolveError::new(
                "DOCKER_TLS_VERIFY",
                verify,
                format_args!("TLS is not spoken, and {address} would be reached without it"),
            ));
        }
        Ok(Self { address, source })
    }
}

/// Refuses what says which engine is meant in a way that isn't understood: to go on with the default would
/// be to talk to another engine.
fn refuse_other_ways(settings: &Settings) -> Result<(), ResolveError> {
    // The docker CLI's own name for having no context.
    let context = settings.docker_context.as_deref().filter(|name| *name != "default");
    let machine = settings.docker_machine_name.as_deref();
    for (setting, value, why) in [
        ("DOCKER_MACHINE_NAME", machine, "docker-machine is not asked"),
        ("DOCKER_CONTEXT", context, "contexts are not read"),
    ] {
        if let Some(value) = value {
            let reason = format_args!("{why}; say which engine is meant by DOCKER_HOST");
            return Err(ResolveError::new(setting, value, reason));
        }
    }
    Ok(())
}

impl Source {
    /// Gives the setting's name as people write it.
    fn setting(self) -> &'static str {
        match self {
            Self::Flag => "--host",
            Self::DockerHost => "DOCKER_HOST",
            Self::Default => "the default address",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.setting())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}
