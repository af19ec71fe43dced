//! Decides which requests use a proxy.

use std::fmt;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::Uri;
use hyper::header::HeaderValue;
use percent_encoding::percent_decode_str;

use crate::error::{Error, ErrorKind};
use crate::settings::Settings;

/// The proxies in the settings.
#[derive(Debug, Default)]
pub(super) struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    without: Vec<Exception>,
}

/// A proxy. Its `Debug` does not show the login.
#[derive(Clone)]
pub(super) struct Proxy {
    /// The URL of the proxy, without login and path.
    pub(super) uri: Uri,
    /// The value of the header `Proxy-Authorization`.
    pub(super) login: Option<HeaderValue>,
}

/// An entry of `NO_PROXY`: URLs that are requested without a proxy.
#[derive(Debug, PartialEq, Eq)]
enum Exception {
    All,
    /// A host with all its subdomains, and the port if the entry has one.
    Domain(String, Option<u16>),
    /// All addresses that begin with the same bits.
    Network(IpAddr, u8),
}

impl Proxies {
    pub(super) fn read(settings: &Settings) -> Result<Self, Error> {
        let find = |lower: &'static str, upper: &'static str| {
            let named = [lower, upper].map(|name| Some((name, settings.get(name)?)));
            let named = named.into_iter().flatten().next();
            named.map(|(name, value)| Proxy::parse(name, value)).transpose()
        };
        let all = find("all_proxy", "ALL_PROXY")?;
        let without = settings.get("no_proxy").or_else(|| settings.get("NO_PROXY"));
        Ok(Self {
            http: find("http_proxy", "HTTP_PROXY")?.or_else(|| all.clone()),
            https: find("https_proxy", "HTTPS_PROXY")?.or(all),
            without: without.map_or_else(Vec::new, exceptions),
        })
    }

    /// Returns the proxy for a URL, or `None` if it is requested without one.
    pub(super) fn of(&self, uri: &Uri) -> Option<&Proxy> {
        let proxy = match uri.scheme_str() {
            Some("https") => self.https.as_ref(),
            _ => self.http.as_ref(),
        }?;
        let host = uri.host()?;
        if is_this_machines_cloud(host) {
            return None;
        }
        let is_excepted = self.without.iter().any(|exception| exception.has(host, uri.port_u16()));
        (!is_excepted).then_some(proxy)
    }
}

/// Returns `true` for the servers from which a machine gets the credentials of its own role.
/// Through a proxy, these would be the credentials of the proxy's machine.
fn is_this_machines_cloud(host: &str) -> bool {
    host == "metadata.google.internal" || host.starts_with("169.254.") || host == "[fd00:ec2::254]"
}

impl Proxy {
    fn parse(name: &'static str, value: &str) -> Result<Self, Error> {
        let fails = |reason: String| Error::new("use", name, ErrorKind::Settings, reason);
        let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(scheme.as_str(), "http" | "https") {
            let reason = format!("the scheme of the proxy is `{scheme}`; expected http or https");
            return Err(fails(reason));
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let uri = Uri::builder().scheme(scheme.as_str()).authority(host).path_and_query("/");
        let uri = uri.build().ok().filter(|uri| uri.host().is_some_and(|host| !host.is_empty()));
        let uri = uri.ok_or_else(|| fails("it is not the URL of a proxy".to_owned()))?;
        Ok(Self { uri, login: user.map(basic) })
    }
}

/// Returns the header value for the login `user:password`, which is percent-encoded.
pub(crate) fn basic(user: &str) -> HeaderValue {
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let mut login: Vec<u8> = percent_decode_str(user).collect();
    login.push(b':');
    login.extend(percent_decode_str(password));
    let value = format!("Basic {}", STANDARD.encode(login));
    // Base64 contains only characters that are valid in a header.
    let mut value = HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({})", self.uri)
    }
}

/// Parses `NO_PROXY` as curl does. Invalid entries match nothing.
fn exceptions(text: &str) -> Vec<Exception> {
    let entries = text.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(Exception::parse).collect()
}

impl Exception {
    fn parse(text: &str) -> Self {
        if text == "*" {
            return Self::All;
        }
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        if let Ok(address) = bare(address).parse::<IpAddr>() {
            let all = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Some(all), |bits| bits.parse().ok());
            return Self::Network(address, bits.unwrap_or(all).min(all));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() => (host, port.parse().ok()),
            _ => (text, None),
        };
        let host = host.trim_start_matches("*.").trim_matches('.');
        Self::Domain(host.to_ascii_lowercase(), port)
    }

    fn has(&self, host: &str, port: Option<u16>) -> bool {
        match self {
            Self::All => true,
            Self::Network(network, bits) => {
                bare(host).parse().is_ok_and(|address| is_in(address, *network, *bits))
            }
            Self::Domain(domain, only) => {
                let host = host.trim_end_matches('.').to_ascii_lowercase();
                let is_below = host
                    .strip_suffix(domain.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                is_below && only.is_none_or(|only| port == Some(only))
            }
        }
    }
}

/// Returns an address without the brackets that it has in a URL.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

fn is_in(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let (one, other, size) = match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            (u128::from(one.to_bits()), u128::from(other.to_bits()), 32)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits(), other.to_bits(), 128),
        _ => return false,
    };
    let shift = u32::from(size - bits);
    one.checked_shr(shift).unwrap_or(0) == other.checked_shr(shift).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "Sesame0penUp4Canary";

    fn proxy_of(variables: &[(&str, &str)], url: &str) -> Option<String> {
        let settings = Settings::from_vars(variables.iter().copied());
        let proxies = Proxies::read(&settings).unwrap();
        proxies.of(&url.parse().unwrap()).map(|proxy| proxy.uri.to_string())
    }

    #[test]
    fn each_scheme_has_its_proxy() {
        let variables =
            [("https_proxy", "a:1"), ("HTTPS_PROXY", "b:1"), ("ALL_PROXY", "HTTPS://u:p@c:1/x")];
        assert_eq!(proxy_of(&variables, "https://h/").as_deref(), Some("http://a:1/"));
        assert_eq!(proxy_of(&variables, "http://h/").as_deref(), Some("https://c:1/"));
        assert_eq!(proxy_of(&[("HTTP_PROXY", "a")], "https://h/"), None);
    }

    #[test]
    fn exceptions_are_hosts_domains_and_networks() {
        for (without, url, is_direct) in [
            ("*", "https://h/", true),
            ("example.org", "https://example.org/", true),
            ("example.org", "https://a.EXAMPLE.org:8443/", true),
            (".example.org", "https://example.org/", true),
            ("*.example.org", "https://a.example.org/", true),
            ("example.org", "https://notexample.org/", false),
            ("example.org:8443", "https://example.org:8443/", true),
            ("example.org:8443", "https://example.org/", false),
            ("a, 10.0.0.0/8", "https://10.1.2.3:80/", true),
            ("10.0.0.0/8", "https://11.1.2.3/", false),
            ("10.1.2.3", "https://10.1.2.3/", true),
            ("0.0.0.0/0", "https://10.1.2.3/", true),
            ("::1", "https://[::1]:80/", true),
            ("fd00::/8", "https://[fd12::1]/", true),
            ("fd00::/8", "https://[fe12::1]/", false),
            ("::/0", "https://[fe12::1]/", true),
            ("10.0.0.0/99", "https://10.0.0.1/", false),
        ] {
            let found = proxy_of(&[("HTTPS_PROXY", "p:1"), ("NO_PROXY", without)], url);
            assert_eq!(found.is_none(), is_direct, "{without} {url}");
        }
    }

    #[test]
    fn a_login_is_decoded_and_never_shown() {
        let value = format!("http://a%40b:{CANARY}%3a@p:1");
        let settings = Settings::from_vars([("ALL_PROXY", value)]);
        let proxies = Proxies::read(&settings).unwrap();
        let login = proxies.http.as_ref().unwrap().login.as_ref().unwrap();
        let expected = STANDARD.encode(format!("a@b:{CANARY}:"));
        assert_eq!(login.to_str().unwrap(), format!("Basic {expected}"));
        assert!(!format!("{proxies:?} {settings:?} {login:?}").contains(CANARY));
        assert!(!format!("{proxies:?} {login:?}").contains(&expected));
    }

    #[test]
    fn invalid_values_are_refused_without_showing_their_secret() {
        for (value, reason) in [
            ("socks5", "the scheme of the proxy is `socks5`; expected http or https"),
            ("http", "it is not the URL of a proxy"),
        ] {
            let value = format!("{value}://ann:{CANARY}@:");
            let error = Proxies::read(&Settings::from_vars([("ALL_PROXY", value)])).unwrap_err();
            assert_eq!(error.to_string(), format!("could not use ALL_PROXY: {reason}"));
        }
    }
}
