//! Where an engine listens.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The port that a `tcp` address without one means.
const DEFAULT_PORT: u16 = 2375;

/// Where an engine listens, as `DOCKER_HOST` writes it.
///
/// ```
/// use sealift_docker::Address;
///
/// let address: Address = "unix:///run/podman/podman.sock".parse().unwrap();
/// assert_eq!(address, Address::Unix("/run/podman/podman.sock".into()));
/// let address: Address = "http://[::1]".parse().unwrap();
/// assert_eq!(address.to_string(), "tcp://[::1]:2375");
/// assert!("ssh://build.example".parse::<Address>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// A socket file, by its absolute path.
    Unix(PathBuf),
    /// A port of a host, spoken to without encryption.
    Tcp {
        /// The host's name or number, an IPv6 number without brackets.
        host: String,
        /// The port.
        port: u16,
    },
}

/// Why a text is no [`Address`]: a fragment that stands behind "but".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseAddressError {
    /// There is no `://` in it.
    #[error("an address starts with its scheme: unix:///PATH or tcp://HOST:PORT")]
    NoScheme,
    /// The scheme is none that is spoken.
    #[error("the scheme `{scheme}` is not spoken, only unix, tcp and http are")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// A socket's path that doesn't start with `/`.
    #[error("the path of a socket is absolute: unix:///{path}")]
    RelativePath {
        /// The path.
        path: String,
    },
    /// A socket without a path.
    #[error("it names no socket: unix:///PATH")]
    NoPath,
    /// There is no host in it.
    #[error("it names no host: tcp://HOST:PORT")]
    NoHost,
    /// The port is no number up to 65535.
    #[error("`{port}` is no port")]
    Port {
        /// What stands in the port's place.
        port: String,
    },
    /// Something follows the port, or stands before the host.
    #[error("there is more in it than a host and a port: `{rest}`")]
    Rest {
        /// What there is too much of.
        rest: String,
    },
}

impl FromStr for Address {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once("://").ok_or(ParseAddressError::NoScheme)?;
        match scheme {
            "unix" if rest.is_empty() => Err(ParseAddressError::NoPath),
            "unix" if !rest.starts_with('/') => {
                Err(ParseAddressError::RelativePath { path: rest.to_owned() })
            }
            "unix" => Ok(Self::Unix(rest.into())),
            "tcp" | "http" => parse_tcp(rest),
            _ => Err(ParseAddressError::Scheme { scheme: scheme.to_owned() }),
        }
    }
}

fn parse_tcp(rest: &str) -> Result<Address, ParseAddressError> {
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if let Some((_, rest)) = authority.split_once('/') {
        return Err(ParseAddressError::Rest { rest: format!("/{rest}") });
    }
    if let Some((user, _)) = authority.split_once('@') {
        let user = user.split(':').next().unwrap_or_default();
        return Err(ParseAddressError::Rest { rest: format!("{user}@") });
    }
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => match port.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None => return Err(ParseAddressError::Rest { rest: port.to_owned() }),
        },
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    if host.is_empty() {
        return Err(ParseAddressError::NoHost);
    }
    let port = match port {
        None => DEFAULT_PORT,
        Some(port) => {
            port.parse().map_err(|_| ParseAddressError::Port { port: port.to_owned() })?
        }
    };
    Ok(Address::Tcp { host: host.to_owned(), port })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
        }
    }
}
