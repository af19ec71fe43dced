//! The settings in the environment.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "web")]
use crate::error::{Error, ErrorKind};

/// The settings in the environment that remote locations use: proxies, certificates, credentials
/// and limits.
///
/// They are read once, so that a program depends on one value, which tests can set.
///
/// | variable | meaning |
/// |---|---|
/// | `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` | the proxy; lower-case names take precedence |
/// | `NO_PROXY` | hosts, domains and networks that are requested without a proxy; `*` for all |
/// | `SSL_CERT_FILE`, `SSL_CERT_DIR` | the certificates to trust instead of the system's |
/// | `NETRC`, `HOME` | the file with logins, by default `.netrc` in the home folder |
/// | `SEALIFT_REMOTE_TIMEOUT` | the maximum time without data in seconds, by default 60 |
/// | `AWS_…`, `GOOGLE_…`, `AZURE_…` | settings for buckets |
///
/// ```
/// use sealift_remote::Settings;
///
/// let settings = Settings::from_vars([("HTTPS_PROXY", "http://ci:secret@proxy.example:3128")]);
/// assert_eq!(format!("{settings:?}"), r#"Settings { variables: ["HTTPS_PROXY"], .. }"#);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    variables: Arc<BTreeMap<String, String>>,
    backoff: Duration,
}

impl Settings {
    /// Reads the environment of the process. Variables that are not UTF-8 are ignored.
    pub fn from_env() -> Self {
        Self::from_vars(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }))
    }

    /// Creates settings from variables. Variables with an empty value count as not set.
    pub fn from_vars<N: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self {
            variables: Arc::new(variables.filter(|(_, value)| !value.is_empty()).collect()),
            backoff: Duration::from_millis(200),
        }
    }

    /// Sets the maximum length of the first pause before a request is repeated. Each further pause
    /// is twice as long.
    #[must_use]
    pub fn with_backoff(mut self, first: Duration) -> Self {
        self.backoff = first;
        self
    }

    /// Returns the value of a variable, or `None` if it is not set or empty.
    #[cfg(feature = "web")]
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Returns the value of the first of these variables that is set.
    #[cfg(feature = "bucket")]
    pub(crate) fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// Returns `true` if a variable is set to `true` or `1`.
    #[cfg(feature = "bucket")]
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
    }

    /// Returns the variables whose names begin with a prefix.
    #[cfg(feature = "bucket")]
    pub(crate) fn with_prefix(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        let all = self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        all.filter(move |(name, _)| name.starts_with(prefix))
    }

    #[cfg(feature = "web")]
    pub(crate) fn backoff(&self) -> Duration {
        self.backoff
    }

    /// Returns the maximum time without data on a connection.
    #[cfg(feature = "web")]
    pub(crate) fn idle_timeout(&self) -> Result<Duration, Error> {
        const NAME: &str = "SEALIFT_REMOTE_TIMEOUT";
        let Some(text) = self.get(NAME) else { return Ok(Duration::from_secs(60)) };
        let seconds = text.trim().parse().ok().and_then(|n| Duration::try_from_secs_f64(n).ok());
        match seconds.filter(|seconds| !seconds.is_zero()) {
            Some(timeout) => Ok(timeout),
            None => {
                let reason = format!("`{text}` is not a number of seconds above 0");
                Err(Error::new("use", NAME, ErrorKind::Settings, reason))
            }
        }
    }
}

impl Default for Settings {
    /// Creates settings without any variables.
    fn default() -> Self {
        Self::from_vars::<String, String>([])
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.variables.keys().collect();
        f.debug_struct("Settings").field("variables", &names).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "web"))]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_must_be_a_positive_number_of_seconds() {
        let timeout = |text: &str| {
            Settings::from_vars([("SEALIFT_REMOTE_TIMEOUT", text)])
                .idle_timeout()
                .map_err(|error| error.to_string())
        };
        assert_eq!(timeout("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(timeout(""), Ok(Duration::from_secs(60)));
        for text in ["0", "-1", "soon", "inf", "nan"] {
            let words = format!(
                "could not use SEALIFT_REMOTE_TIMEOUT: `{text}` is not a number of seconds above 0"
            );
            assert_eq!(timeout(text), Err(words));
        }
    }
}
