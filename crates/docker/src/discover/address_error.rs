//! The errors of a text that is not the address of an engine.

/// An error for a text that is not the address of an engine.
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

    /// Returns the reason why the text is not an address.
    pub fn kind(&self) -> &AddressFault {
        &self.kind
    }
}

/// The reason why a text is not the address of an engine: the kind of a [`ParseAddressError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressFault {
    /// The scheme is missing: there is no `://`.
    #[error(
        "an address must start with a scheme: unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST"
    )]
    NoScheme,
    /// The scheme is not supported.
    #[error("the scheme `{scheme}` is not supported; use unix, tcp, http, https or ssh")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// The path of a socket does not begin with `/`.
    #[error("the path of a socket must be absolute: unix:///{path}")]
    RelativePath {
        /// The path.
        path: String,
    },
    /// The path of a socket is missing.
    #[error("it contains no socket path; expected unix:///PATH")]
    NoPath,
    /// The host is missing.
    #[error("it contains no host; expected {form}")]
    NoHost {
        /// The expected form of the address.
        form: &'static str,
    },
    /// The host contains characters that are not allowed in host names.
    #[error("`{host}` is not a host name")]
    Host {
        /// The text in the place of the host.
        host: String,
    },
    /// The user contains characters that are refused.
    #[error("`{user}` is not a user name")]
    User {
        /// The text in the place of the user.
        user: String,
    },
    /// The port is not a number from 1 to 65535.
    #[error("`{port}` is not a port")]
    Port {
        /// The text in the place of the port.
        port: String,
    },
    /// The path of a socket on another host contains characters that are special in a shell.
    #[error(
        "the socket path `{path}` contains special characters; only letters, digits and `/._-+:,=` are supported"
    )]
    FarPath {
        /// The path.
        path: String,
    },
    /// An ssh address contains a password. It is not part of the error.
    #[error("ssh addresses cannot contain a password")]
    Password,
    /// There is text before the host or after the port.
    #[error("only a host and a port are expected, not `{rest}`")]
    Rest {
        /// The unexpected text.
        rest: String,
    },
}

/// Returns an address with `***` in the place of the password that it may contain.
pub(crate) fn without_password(text: &str) -> String {
    let rest = text.find("://").map_or(0, |at| at + "://".len());
    let parts = text[rest..].rsplit_once('@').and_then(|(user, host)| {
        let (user, _) = user.split_once(':')?;
        Some(format!("{}{user}:***@{host}", &text[..rest]))
    });
    parts.unwrap_or_else(|| text.to_owned())
}
