//! Why a text is not the address of an engine.

/// A text is not the address of an engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{input}` is not the address of an engine: {kind}")]
pub struct ParseAddressError {
    input: String,
    kind: AddressFault,
}

impl ParseAddressError {
    pub(crate) fn new(input: &str, kind: AddressFault) -> Self {
        Self { input: without_password(input), kind }
    }

    /// Returns the text, without the password that it may contain.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Returns what is wrong with the text.
    pub fn kind(&self) -> &AddressFault {
        &self.kind
    }
}

/// What is wrong with a text that is not an address of an engine: the kind of a
/// [`ParseAddressError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressFault {
    /// There is no `://`.
    #[error("an address starts with its scheme: unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST")]
    NoScheme,
    /// The scheme is not supported.
    #[error("the scheme `{scheme}` is not supported; use unix, tcp, http, https or ssh")]
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
    /// There is no host.
    #[error("it names no host: {form}")]
    NoHost {
        /// How such an address is written.
        form: &'static str,
    },
    /// The host has characters that no host has.
    #[error("`{host}` is not a host name")]
    Host {
        /// What stands in the host's place.
        host: String,
    },
    /// The user has characters that are refused.
    #[error("`{user}` is not a user name")]
    User {
        /// What stands in the user's place.
        user: String,
    },
    /// The port is not a number from 1 to 65535.
    #[error("`{port}` is not a port")]
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
    #[error("ssh addresses cannot contain a password")]
    Password,
    /// Something follows the port, or stands before the host.
    #[error("there is more in it than a host and a port: `{rest}`")]
    Rest {
        /// What there is too much of.
        rest: String,
    },
}

/// Returns an address without the password that it may contain.
pub(crate) fn without_password(text: &str) -> String {
    let rest = text.find("://").map_or(0, |at| at + "://".len());
    let parts = text[rest..].rsplit_once('@').and_then(|(user, host)| {
        let (user, _) = user.split_once(':')?;
        Some(format!("{}{user}:***@{host}", &text[..rest]))
    });
    parts.unwrap_or_else(|| text.to_owned())
}
