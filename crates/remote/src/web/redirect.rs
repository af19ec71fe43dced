//! The targets of redirects.

use hyper::{StatusCode, Uri};
use url::Url;

/// The maximum number of redirects that are followed.
pub(super) const MOST: usize = 10;

/// Returns `true` if the status redirects a request to another URL.
pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Returns the target of a redirect. A user in it is ignored.
///
/// # Errors
///
/// Returns an error if the target is not a web server, or if it would leave TLS. The text contains
/// neither users nor queries.
pub(super) fn target(from: &Uri, location: &str) -> Result<Uri, String> {
    let base = Url::parse(&from.to_string()).map_err(|error| error.to_string())?;
    let mut to = base.join(location).map_err(|_| "it redirects to an invalid URL".to_owned())?;
    let _ = (to.set_username(""), to.set_password(None));
    to.set_fragment(None);
    let shown = || {
        let mut shown = to.clone();
        shown.set_query(None);
        shown
    };
    match (base.scheme(), to.scheme()) {
        ("https", "http") => Err(format!("it redirects to {}, without TLS", shown())),
        (_, "http" | "https") => {
            to.as_str().parse().map_err(|_| format!("it redirects to {}", shown()))
        }
        (_, scheme) => Err(format!("it redirects to a URL with the scheme `{scheme}`")),
    }
}

/// Returns `true` if two URLs have the same scheme, host and port.
pub(super) fn is_same_origin(one: &Uri, other: &Uri) -> bool {
    let origin = |uri: &Uri| {
        let scheme = uri.scheme_str().map(str::to_ascii_lowercase);
        let default = if scheme.as_deref() == Some("https") { 443 } else { 80 };
        let host = uri.host().map(str::to_ascii_lowercase);
        (host, uri.port_u16().unwrap_or(default), scheme)
    };
    origin(one) == origin(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_resolved() {
        let from: Uri = "https://h:8443/a/b?sig=1".parse().unwrap();
        for (location, to) in [
            ("c", Ok("https://h:8443/a/c")),
            ("/c?x=1#y", Ok("https://h:8443/c?x=1")),
            ("//g/c", Ok("https://g/c")),
            ("HTTPS://u:p@g/c%20d", Ok("https://g/c%20d")),
            ("http://u:p@g/c?sig=1", Err("it redirects to http://g/c, without TLS")),
            ("ftp://u:p@g/c", Err("it redirects to a URL with the scheme `ftp`")),
            ("https://:0", Err("it redirects to an invalid URL")),
        ] {
            let found = target(&from, location).map(|uri| uri.to_string());
            assert_eq!(found.as_deref().map_err(String::as_str), to, "{location}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let same =
            |one: &str, other: &str| is_same_origin(&one.parse().unwrap(), &other.parse().unwrap());
        assert!(same("https://h/a", "https://H:443/b?c"));
        assert!(!same("https://h/a", "https://h:8443/a"));
        assert!(!same("https://h/a", "http://h/a"));
        assert!(!same("http://h/a", "http://g/a"));
    }
}
