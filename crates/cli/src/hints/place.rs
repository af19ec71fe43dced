//! Hints for published places.

use std::path::Path;

/// Returns the hint for a config that does not exist.
pub(super) fn no_config(config: &str) -> String {
    match host(config) {
        Some(host) => format!(
            "`{host}/…` without a scheme is a path; to read from a web server, pass its URL: https://{host}/…"
        ),
        None => {
            "pass a destination of `sealift publish`, or the URL of the config in it; to list a \
                 folder of archives, run `sealift --dir FOLDER list`"
                .to_owned()
        }
    }
}

/// Returns the beginning of a path that does not exist and could be the host of a web server, with
/// or without a port.
fn host(path: &str) -> Option<&str> {
    let (first, _) = path.split_once('/').filter(|_| !path.contains("://"))?;
    let is_host = !first.starts_with('.') && first.contains(['.', ':']);
    (is_host && !Path::new(first).exists()).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn a_host_is_recognized_without_its_scheme() {
        for (path, expected) in [
            ("cdn.example.org/images/images.json", Some("cdn.example.org")),
            ("localhost:8080/images.json", Some("localhost:8080")),
            ("https://cdn.example.org/images.json", None),
            ("public/images.json", None),
            ("./cdn.example.org/images.json", None),
            ("../images.json", None),
            ("/srv/images.json", None),
            ("images.json", None),
        ] {
            assert_eq!(host(path), expected, "{path}");
        }
    }
}
