//! Where an engine listens.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The port that a `tcp` address without one means.
const PLAIN_PORT: u16 = 2375;
/// The port that an address without one means where TLS is spoken.
const TLS_PORT: u16 = 2376;

/// Where an engine listens, as `DOCKER_HOST` writes it.
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
/// assert!("npipe:////./pipe/docker_engine".parse::<Address>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// A socket file, by its absolute path.
    Unix(PathBuf),
    /// A port of a host, spoken to with encryption only where the settings say so.
    Tcp {
        /// The host's name or number, an IPv6 number without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A port of a host, always spoken to by TLS.
    Https {
        /// The host's name or number, an IPv6 number without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A host that `ssh` reaches, on which `docker system dial-stdio` reaches the engine.
    Ssh {
        /// Who to be there; none leaves it to ssh's own config.
        user: Option<String>,
        /// The host's name or number, or a name in ssh's own config.
        host: String,
        /// The port; none leaves it to ssh's own config.
        port: Option<u16>,
        /// The absolute path of the engine's socket on that host; none leaves it to `docker` there.
        socket: Option<String>,
    },
}

/// Why a text is no [`Address`]: a fragment that stands behind "but".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseAddressError {
    /// There is no `://` in it.
    #[error("an address starts with its scheme: unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST")]
    NoScheme,
    /// The scheme is none that is spoken.
    #[error("the scheme `{scheme}` is not spoken, only unix, tcp, http, https and ssh are")]
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
    #[error("it names no host: {form}")]
    NoHost {
        /// How such an address is written.
        form: &'static str,
    },
    /// No host can have this name.
    #[error("`{host}` is no name of a host")]
    Host {
        /// What stands in the host's place.
        host: String,
    },
    /// No user of ssh's is taken by this name.
    #[error("`{user}` is no name of a user")]
    User {
        /// What stands in the user's place.
        user: String,
    },
    /// The port is no number from 1 to 65535.
    #[error("`{port}` is no port")]
    Port {
        /// What stands in the port's place.
        port: String,
    },
    /// A socket on another host whose path a shell there would change.
    #[error(
        "a shell on that host would not take `{path}` as it is: name the socket with letters, digits and any of `/._-+:,=`"
    )]
    FarPath {
        /// The path.
        path: String,
    },
    /// A password, which isn't repeated.
    #[error("there is a password in it, which ssh takes from nobody: use a key")]
    Password,
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
        Self::read(text, false)
    }
}

impl Address {
    /// Reads it where it is known whether a `tcp` address means TLS, and with it another port. As for
    /// the docker CLI, white space around it is ignored, and `HOST:PORT` is a `tcp` address.
    pub(crate) fn read(text: &str, is_tls: bool) -> Result<Self, ParseAddressError> {
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some(parts) => parts,
            None if text.contains(':') && !text.contains('/') => ("tcp", text),
            None => return Err(ParseAddressError::NoScheme),
        };
        let port = if is_tls || scheme == "https" { TLS_PORT } else { PLAIN_PORT };
        match scheme {
            "unix" if rest.is_empty() => Err(ParseAddressError::NoPath),
            "unix" if !rest.starts_with('/') => {
                Err(ParseAddressError::RelativePath { path: rest.to_owned() })
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
            _ => Err(ParseAddressError::Scheme { scheme: scheme.to_owned() }),
        }
    }

    /// Gives the host and the port, as they stand in a URL; none for a socket.
    pub(crate) fn authority(&self) -> Option<String> {
        match self {
            Self::Unix(_) | Self::Ssh { .. } => None,
            Self::Tcp { host, port } | Self::Https { host, port } => {
                Some(format!("{}:{port}", Bracketed(host)))
            }
        }
    }
}

fn read_tcp(rest: &str, form: &'static str) -> Result<(String, Option<u16>), ParseAddressError> {
    if let Some((user, _)) = rest.split_once('@') {
        let user = user.split(':').next().unwrap_or_default();
        return Err(ParseAddressError::Rest { rest: format!("{user}@") });
    }
    read_host(rest, form)
}

fn read_ssh(rest: &str) -> Result<Address, ParseAddressError> {
    let (user, rest) = match rest.rsplit_once('@') {
        Some((user, _)) if user.contains(':') => return Err(ParseAddressError::Password),
        // What ssh's config hands to a shell must not be able to say anything to it.
        Some((user, _)) if !is_name(user, "._-+") => {
            return Err(ParseAddressError::User { user: user.to_owned() });
        }
        Some((user, rest)) => (Some(user.to_owned()), rest),
        None => (None, rest),
    };
    let (rest, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let socket = match path {
        "" | "/" => None,
        path if is_name(path, "/._-+:,=") => Some(path.to_owned()),
        path => return Err(ParseAddressError::FarPath { path: path.to_owned() }),
    };
    let (host, port) = read_host(rest, "ssh://USER@HOST")?;
    Ok(Address::Ssh { user, host, port, socket })
}

fn read_host(rest: &str, form: &'static str) -> Result<(String, Option<u16>), ParseAddressError> {
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if let Some((_, rest)) = authority.split_once('/') {
        return Err(ParseAddressError::Rest { rest: format!("/{rest}") });
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
        return Err(ParseAddressError::NoHost { form });
    }
    if !is_name(host, "._-:%") {
        return Err(ParseAddressError::Host { host: host.to_owned() });
    }
    let read_port = |port: &str| {
        let number = port.parse().ok().filter(|number| *number > 0);
        number.ok_or_else(|| ParseAddressError::Port { port: port.to_owned() })
    };
    Ok((host.to_owned(), port.map(read_port).transpose()?))
}

/// Gives an address without the password that somebody may have put into it.
pub(crate) fn without_password(text: &str) -> String {
    let rest = text.find("://").map_or(0, |at| at + "://".len());
    let parts = text[rest..].rsplit_once('@').and_then(|(user, host)| {
        let (user, _) = user.split_once(':')?;
        Some(format!("{}{user}:***@{host}", &text[..rest]))
    });
    parts.unwrap_or_else(|| text.to_owned())
}

/// Tells whether a name can't be taken for a flag, and has only letters, digits and these characters.
fn is_name(name: &str, others: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    !name.is_empty() && !name.starts_with('-') && name.chars().all(is_known)
}

/// A host as it stands in a URL.
struct Bracketed<'a>(&'a str);

impl fmt::Display for Bracketed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains(':') { write!(f, "[{}]", self.0) } else { f.write_str(self.0) }
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
