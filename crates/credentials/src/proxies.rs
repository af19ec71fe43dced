//! The proxies that the docker CLI's config file sets for builds.

use std::collections::BTreeMap;

use crate::config::CliConfig;

/// The fields of the config file and the build-time variables that they set. Each variable is also
/// set in lower case.
const PROXIES: [(&str, &str); 5] = [
    ("httpProxy", "HTTP_PROXY"),
    ("httpsProxy", "HTTPS_PROXY"),
    ("ftpProxy", "FTP_PROXY"),
    ("noProxy", "NO_PROXY"),
    ("allProxy", "ALL_PROXY"),
];

impl CliConfig {
    /// Returns the build-time variables for the proxies of an engine. If the file has no proxies
    /// for the engine's address, returns those for all engines (`proxies.default`).
    pub fn proxy_build_args(&self, engine: &str) -> BTreeMap<String, String> {
        let proxies = &self.json["proxies"];
        let own = &proxies[engine];
        let proxies = if own.is_object() { own } else { &proxies["default"] };
        let mut variables = BTreeMap::new();
        for (key, variable) in PROXIES {
            if let Some(proxy) = proxies[key].as_str().filter(|proxy| !proxy.is_empty()) {
                variables.insert(variable.to_owned(), proxy.to_owned());
                variables.insert(variable.to_lowercase(), proxy.to_owned());
            }
        }
        variables
    }
}

#[cfg(test)]
mod tests {
    use super::CliConfig;

    #[test]
    fn the_proxies_of_an_engine_override_the_default_proxies() {
        let folder = tempfile::tempdir().unwrap();
        let config = r#"{"proxies": {
            "default": {"httpProxy": "http://all", "noProxy": ""},
            "tcp://build.example:2375": {"httpsProxy": "http://own"}
        }}"#;
        std::fs::write(folder.path().join("config.json"), config).unwrap();
        let config = CliConfig::read(folder.path()).unwrap().unwrap();
        let names = |address: &str| {
            let variables = config.proxy_build_args(address);
            variables.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        };
        assert_eq!(names("unix:///x"), ["HTTP_PROXY=http://all", "http_proxy=http://all"]);
        let own = ["HTTPS_PROXY=http://own", "https_proxy=http://own"];
        assert_eq!(names("tcp://build.example:2375"), own);
    }
}
