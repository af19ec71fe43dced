//! Proxies that the docker CLI's config file names for builds.

use std::collections::BTreeMap;

use crate::cli_config::CliConfig;
use crate::{Address, ResolveError, Settings};

/// What the config file calls a proxy, and the build-time variable that it becomes, which is set in small letters
/// too.
const PROXIES: [(&str, &str); 5] = [
    ("httpProxy", "HTTP_PROXY"),
    ("httpsProxy", "HTTPS_PROXY"),
    ("ftpProxy", "FTP_PROXY"),
    ("noProxy", "NO_PROXY"),
    ("allProxy", "ALL_PROXY"),
];

/// Gives the build-time variables for the proxies that the docker CLI's config file names for an engine, or else
/// for all (`proxies.default`).
///
/// # Errors
///
/// If the config file can't be read.
pub fn proxy_build_args(
    settings: &Settings,
    engine: &Address,
) -> Result<BTreeMap<String, String>, ResolveError> {
    let Some(config) = CliConfig::of(settings)? else { return Ok(BTreeMap::new()) };
    let proxies = &config.json["proxies"];
    let own = &proxies[engine.to_string()];
    let proxies = if own.is_object() { own } else { &proxies["default"] };
    let mut variables = BTreeMap::new();
    for (key, variable) in PROXIES {
        if let Some(proxy) = proxies[key].as_str().filter(|proxy| !proxy.is_empty()) {
            variables.insert(variable.to_owned(), proxy.to_owned());
            variables.insert(variable.to_lowercase(), proxy.to_owned());
        }
    }
    Ok(variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engines_own_proxies_go_before_those_for_all() {
        let folder = tempfile::tempdir().unwrap();
        let config = r#"{"proxies": {
            "default": {"httpProxy": "http://all", "noProxy": ""},
            "tcp://build.example:2375": {"httpsProxy": "http://own"}
        }}"#;
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        let settings = Settings::from_vars(|name| {
            (name == "DOCKER_CONFIG").then(|| folder.path().display().to_string())
        });
        let names = |address: &str| {
            let variables = proxy_build_args(&settings, &address.parse().unwrap()).unwrap();
            variables.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        };
        assert_eq!(names("unix:///x"), ["HTTP_PROXY=http://all", "http_proxy=http://all"]);
        let own = ["HTTPS_PROXY=http://own", "https_proxy=http://own"];
        assert_eq!(names("tcp://build.example:2375"), own);
    }
}
