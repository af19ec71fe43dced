//! The files in which the AWS CLI stores profiles.

use std::collections::BTreeMap;

/// The settings of a profile, from both files. It has no `Debug`, because it contains secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Profile(BTreeMap<String, String>);

/// Returns the settings of a profile, or `None` if neither file contains it. A setting in the
/// credentials file overrides the one in the config file.
pub(super) fn find(name: &str, credentials: &str, config: &str) -> Option<Profile> {
    let (credentials, config) = (sections(credentials), sections(config));
    let long = format!("profile {name}");
    // In the config file, the names of profiles follow the word `profile`, which is optional for
    // `default`.
    let in_config = config.get(&long).or_else(|| config.get(name).filter(|_| name == "default"));
    let in_credentials = credentials.get(name);
    if in_config.is_none() && in_credentials.is_none() {
        return None;
    }
    let mut found = in_config.cloned().unwrap_or_default();
    if let Some(services) = found.get("services").and_then(|services| {
        let section = config.get(&format!("services {services}"))?;
        section.get("s3.endpoint_url").cloned()
    }) {
        found.insert("endpoint_url".to_owned(), services);
    }
    found.extend(in_credentials.cloned().unwrap_or_default());
    Some(Profile(found))
}

impl Profile {
    /// Returns the value of a setting, or `None` if it is missing or empty.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns the setting because of which only the AWS CLI can use this profile, if there is one
    /// and the profile contains no keys.
    pub(super) fn needs_the_cli(&self) -> Option<&'static str> {
        if self.get("aws_access_key_id").is_some() || self.get("credential_process").is_some() {
            return None;
        }
        let settings = ["sso_session", "sso_start_url", "source_profile", "credential_source"];
        let more = ["web_identity_token_file", "login_session", "role_arn"];
        settings.into_iter().chain(more).find(|setting| self.get(setting).is_some())
    }
}

/// Parses a file into sections. An indented setting belongs to the one above it, and is named
/// `s3.KEY`.
fn sections(text: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut found: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let (mut section, mut parent) = (None, String::new());
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(title) = trimmed.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let title = title.0.split_whitespace().collect::<Vec<_>>().join(" ");
            found.entry(title.clone()).or_default();
            (section, parent) = (Some(title), String::new());
            continue;
        }
        let Some((key, value)) = trimmed.split_once('=') else { continue };
        let Some(settings) = section.as_ref().and_then(|section| found.get_mut(section)) else {
            continue;
        };
        let key = key.trim().to_ascii_lowercase();
        let value = value.split(" #").next().unwrap_or_default().trim().to_owned();
        if line.starts_with(char::is_whitespace) && !parent.is_empty() {
            settings.insert(format!("{parent}.{key}"), value);
        } else {
            parent = if value.is_empty() { key.clone() } else { String::new() };
            settings.insert(key, value);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREDENTIALS: &str = "[default]\naws_access_key_id = A\naws_secret_access_key=b=c # old\n\
                               [ build ]\naws_session_token = t\n";
    const CONFIG: &str = "# all\n[default]\nregion = eu-west-1\naws_access_key_id = other\n\
                          [profile build]\nservices = mine\nregion=x\ns3 =\n  region = no\n\
                          credential_process = /bin/get --key \"a b\"\n\
                          [services mine]\ns3 =\n  endpoint_url = http://127.0.0.1:9000\n\
                          [profile sso]\nsso_session = corp\n[profile empty]\n[plain]\nregion = y\n";

    fn of(name: &str) -> Option<Profile> {
        find(name, CREDENTIALS, CONFIG)
    }

    #[test]
    fn a_profile_combines_both_files() {
        let default = of("default").unwrap();
        assert_eq!(default.get("aws_access_key_id"), Some("A"));
        assert_eq!(default.get("aws_secret_access_key"), Some("b=c"));
        assert_eq!(default.get("region"), Some("eu-west-1"));
        let build = of("build").unwrap();
        assert_eq!(build.get("region"), Some("x"));
        assert_eq!(build.get("endpoint_url"), Some("http://127.0.0.1:9000"));
        assert_eq!(build.get("credential_process"), Some("/bin/get --key \"a b\""));
        assert_eq!(build.needs_the_cli(), None);
    }

    #[test]
    fn a_profile_without_keys_differs_from_a_missing_one() {
        assert_eq!(of("sso").unwrap().needs_the_cli(), Some("sso_session"));
        assert_eq!(of("empty").unwrap().needs_the_cli(), None);
        assert!(of("plain").is_none() && of("nobody").is_none());
    }
}
