//! The address of an engine.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use crate::discover::address_error::{AddressFault, ParseAddressError};

/// The default port of `tcp` addresses.
const PLAIN_PORT: u16 = 2375;
/// The default port of addresses with TLS.
const TLS_PORT: u16 = 2376;

/// The address of an engine, in the syntax of `DOCKER_HOST`.
///
/// ```
/// use sealift_docker::Address;
///
/// let address: Address = "unix:///run/podman/podman.sock".parse().unwrap();
/// assert_eq!(address, Address::Unix("/run/podman/podman.sock".into()));
/// let address: Address = "http://[::1]".parse().unwrap();
/// assert_eq!(address.to_string(), "tcp://[::1]:2375");
/// let address: Address = "ssh://ci@build.example".parse().unwrap();
/// assert_eq!(address.to_string(), "ssh://ci@build.example");
/// let address: Address = "localhost:2375".parse().unwrap();
/// assert_eq!(address.to_string(), "tcp://localhost:2375");
///
/// let error = "npipe:////./pipe/docker_engine".parse::<Address>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`npipe:////./pipe/docker_engine` is not the address of an engine: \
///      the scheme `npipe` is not supported; use unix, tcp, http, https or ssh",
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// A Unix socket, by its absolute path.
    Unix(PathBuf),
    /// A TCP port of a host, with TLS only if the settings require it.
    Tcp {
        /// The host's name or IP address. An IPv6 address has no brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A TCP port of a host, always with TLS.
    Https {
        /// The host's name or IP address. An IPv6 address has no brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A host that is reached by `ssh`, on which `docker system dial-stdio` connects to the engine.
    Ssh {
        /// The user. If it is `None`, ssh's configuration decides.
        user: Option<String>,
        /// The host's name or IP address, or an alias in ssh's configuration.
        host: String,
        /// The port. If it is `None`, ssh's configuration decides.
        port: Option<u16>,
        /// The absolute path of the engine's socket on that host. If it is `None`, the docker CLI
        /// on that host decides.
        socket: Option<String>,
    },
}

impl FromStr for Address {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::read(text, false).map_err(|kind| ParseAddressError::new(text, kind))
    }
}

impl Address {
    /// Parses an address. If `is_tls`, a `tcp` address has the default port of TLS. As in the
    /// docker CLI, surrounding white space is ignored, and `HOST:PORT` is a `tcp` address.
    pub(crate) fn read(text: &str, is_tls: bool) -> Result<Self, AddressFault> {
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some(parts) => parts,
            None if text.contains(':') && !text.contains('/') => ("tcp", text),
            None => return Err(AddressFault::NoScheme),
        };
        let port = if is_tls || scheme == "https" { TLS_PORT } else { PLAIN_PORT };
        match scheme {
            "unix" if rest.is_empty() => Err(AddressFault::NoPath),
            "unix" if !rest.starts_with('/') => {
                Err(AddressFault::RelativePath { path: rest.to_owned() })
            }
            "unix" => Ok(Self::Unix(rest.into())),
            "tcp" | "http" => {
                let (host, given) = read_tcp(rest, "tcp://HOST:PORT")?;
                Ok(Self::Tcp { host, port: given.unwrap_or(port) })
            }
            "https" => {
                let (host, given) = read_tcp(rest, "https://HOST:PORT")?;
                Ok(Self::Https { host, port: given.unwrap_or(port) })
            }
            "ssh" => read_ssh(rest),
            _ => Err(AddressFault::Scheme { scheme: scheme.to_owned() }),
        }
    }

    /// Returns `true` if the engine is reached over a network: by ssh, or by TCP at a host other
    /// than this machine's loopback.
    ///
    /// ```
    /// use sealift_docker::Address;
    ///
    /// let is_remote = |text: &str| text.parse::<Address>().unwrap().is_remote();
    /// assert!(["ssh://edge1", "tcp://10.0.0.1", "https://edge1"].into_iter().all(is_remote));
    /// assert!(!is_remote("unix:///var/run/docker.sock") && !is_remote("tcp://localhost:2375"));
    /// assert!(!is_remote("tcp://127.0.0.2:2375") && !is_remote("tcp://[::1]:2375"));
    /// ```
    pub fn is_remote(&self) -> bool {
        match self {
            Self::Unix(_) => false,
            Self::Ssh { .. } => true,
            Self::Tcp { host, .. } | Self::Https { host, .. } => {
                let is_loopback = host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
                !is_loopback && !host.eq_ignore_ascii_case("localhost")
            }
        }
    }

    /// Returns the host and the port as in a URL, or `None` for a socket and for ssh.
    pub(crate) fn authority(&self) -> Option<String> {
        match self {
            Self::Unix(_) | Self::Ssh { .. } => None,
            Self::Tcp { host, port } | Self::Https { host, port } => {
                Some(format!("{}:{port}", Bracketed(host)))
            }
        }
    }
}

fn read_tcp(rest: &str, form: &'static str) -> Result<(String, Option<u16>), AddressFault> {
    if let Some((user, _)) = rest.split_once('@') {
        let user = user.split(':').next().unwrap_or_default();
        return Err(AddressFault::Rest { rest: format!("{user}@") });
    }
    read_host(rest, form)
}

fn read_ssh(rest: &str) -> Result<Address, AddressFault> {
    let (user, rest) = match rest.rsplit_once('@') {
        Some((user, _)) if user.contains(':') => return Err(AddressFault::Password),
        // ssh's configuration can pass these parts to a shell, so characters that are special in
        // shells are refused.
        Some((user, _)) if !is_name(user, "._-+") => {
            return Err(AddressFault::User { user: user.to_owned() });
        }
        Some((user, rest)) => (Some(user.to_owned()), rest),
        None => (None, rest),
    };
    let (rest, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let socket = match path {
        "" | "/" => None,
        path if is_name(path, "/._-+:,=") => Some(path.to_owned()),
        path => return Err(AddressFault::FarPath { path: path.to_owned() }),
    };
    let (host, port) = read_host(rest, "ssh://USER@HOST")?;
    Ok(Address::Ssh { user, host, port, socket })
}

fn read_host(rest: &str, form: &'static str) -> Result<(String, Option<u16>), AddressFault> {
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if let Some((_, rest)) = authority.split_once('/') {
        return Err(AddressFault::Rest { rest: format!("/{rest}") });
    }
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => match port.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None => return Err(AddressFault::Rest { rest: port.to_owned() }),
        },
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    if host.is_empty() {
        return Err(AddressFault::NoHost { form });
    }
    if !is_name(host, "._-:%") {
        return Err(AddressFault::Host { host: host.to_owned() });
    }
    let read_port = |port: &str| {
        let number = port.parse().ok().filter(|number| *number > 0);
        number.ok_or_else(|| AddressFault::Port { port: port.to_owned() })
    };
    Ok((host.to_owned(), port.map(read_port).transpose()?))
}

/// Returns `true` if a name does not look like an option, and contains only letters, digits and
/// these characters.
fn is_name(name: &str, others: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    !name.is_empty() && !name.starts_with('-') && name.chars().all(is_known)
}

/// Displays a host as in a URL, with brackets around an IPv6 address.
struct Bracketed<'a>(&'a str);

impl fmt::Display for Bracketed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains(':') { write!(f, "[{}]", self.0) } else { f.write_str(self.0) }
    }
}

impl serde::Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { host, port } => write!(f, "tcp://{}:{port}", Bracketed(host)),
            Self::Https { host, port } => write!(f, "https://{}:{port}", Bracketed(host)),
            Self::Ssh { user, host, port, socket } => {
                f.write_str("ssh://")?;
                if let Some(user) = user {
                    write!(f, "{user}@")?;
                }
                Bracketed(host).fmt(f)?;
                port.map_or(Ok(()), |port| write!(f, ":{port}"))?;
                f.write_str(socket.as_deref().unwrap_or_default())
            }
        }
    }
}
