//! Azure Blob Storage.

use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};

use crate::bucket::call_failure::innermost;
use crate::bucket::store::{CredentialSource, Opener, Store};
use crate::settings::Settings;

/// Azure's own names for settings that have other names in object_store.
const SYNONYMS: &[(&str, AzureConfigKey)] = &[
    ("AZURE_STORAGE_ACCOUNT", AzureConfigKey::AccountName),
    ("AZURE_STORAGE_KEY", AzureConfigKey::AccessKey),
];

/// The settings for a container.
#[derive(Debug)]
pub(super) struct Azure {
    builder: MicrosoftAzureBuilder,
    /// The URL of the server, to which the container's name is appended.
    server: String,
    container: String,
    source: CredentialSource,
}

impl Azure {
    /// Reads the settings for a container.
    pub(super) fn new(
        container: &str,
        settings: &Settings,
        opener: &Opener,
    ) -> Result<Self, String> {
        let mut builder = MicrosoftAzureBuilder::new()
            .with_http_connector(opener.connector())
            .with_retry(opener.retry());
        for (key, value) in config(settings)? {
            builder = builder.with_config(key, value);
        }
        builder = builder.with_container_name(container);
        let value = |key| builder.get_config_value(&key).filter(|value| !value.is_empty());
        let account = value(AzureConfigKey::AccountName).ok_or(
            "the storage account is not known: set AZURE_STORAGE_ACCOUNT_NAME, or \
             AZURE_STORAGE_CONNECTION_STRING",
        )?;
        let own = value(AzureConfigKey::Endpoint);
        let has = |key| value(key).is_some();
        let has_keys = has(AzureConfigKey::AccessKey)
            || has(AzureConfigKey::SasKey)
            || has(AzureConfigKey::Token)
            || has(AzureConfigKey::ClientSecret)
            || has(AzureConfigKey::FederatedTokenFile)
            || settings.is_on("AZURE_USE_AZURE_CLI");
        let source = match () {
            () if settings.is_on("AZURE_SKIP_SIGNATURE") => CredentialSource::None,
            () if has_keys || has(AzureConfigKey::MsiEndpoint) => CredentialSource::Known,
            () if own.is_some() => CredentialSource::None,
            () => CredentialSource::Machine,
        };
        let server = own.unwrap_or_else(|| format!("https://{account}.blob.core.windows.net"));
        let server = server.trim_end_matches('/').to_owned();
        let trial = builder.clone().build();
        trial.map_err(|error| innermost(&error))?;
        Ok(Self { builder, server, container: container.to_owned(), source })
    }

    /// Determines what the settings leave open, and opens the container.
    pub(super) async fn open(&self, opener: &Opener) -> Result<Store, String> {
        let anonymous = match self.source {
            CredentialSource::Known => false,
            CredentialSource::Machine => !has_machine_identity(opener).await,
            CredentialSource::None => true,
        };
        let builder = self.builder.clone().with_skip_signature(anonymous);
        let store = builder.build().map_err(|error| innermost(&error))?;
        Ok(Store { objects: Arc::new(store), anonymous })
    }

    /// Returns the URL of an object in a form that can be shown.
    pub(super) fn url(&self, key: &str) -> String {
        format!("{}/{}/{key}", self.server, self.container)
    }
}

/// The hint for a container that refuses unsigned requests.
pub(super) const NO_CREDENTIALS: &str = "no credentials were found: set \
     AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_TOKEN or AZURE_STORAGE_CONNECTION_STRING, or \
     run az login and set AZURE_USE_AZURE_CLI=true";

/// Returns the settings from the environment. Those in a connection string come first, so that
/// separate variables override them.
fn config(settings: &Settings) -> Result<Vec<(AzureConfigKey, String)>, String> {
    let mut config = Vec::new();
    if let Some(text) = settings.get("AZURE_STORAGE_CONNECTION_STRING") {
        config.extend(connection_string(text)?);
    }
    for (name, key) in SYNONYMS {
        config.extend(settings.get(name).map(|value| (*key, value.to_owned())));
    }
    if let Some(endpoint) = settings.first(&["IDENTITY_ENDPOINT", "MSI_ENDPOINT"]) {
        config.push((AzureConfigKey::MsiEndpoint, endpoint.to_owned()));
    }
    for (name, value) in settings.with_prefix("AZURE_") {
        match name.to_ascii_lowercase().parse() {
            Ok(AzureConfigKey::ContainerName) | Err(_) => {}
            Ok(key) => config.push((key, value.to_owned())),
        }
    }
    Ok(config)
}

/// Parses a connection string: `AccountName=…;AccountKey=…;BlobEndpoint=…`.
fn connection_string(text: &str) -> Result<Vec<(AzureConfigKey, String)>, String> {
    let (mut config, mut account, mut suffix, mut has_endpoint) = (Vec::new(), None, None, false);
    let mut scheme = "https";
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (key, value) = part
            .split_once('=')
            .ok_or("AZURE_STORAGE_CONNECTION_STRING is not a list of NAME=VALUE")?;
        let key = match key {
            "AccountName" => {
                account = Some(value);
                AzureConfigKey::AccountName
            }
            "AccountKey" => AzureConfigKey::AccessKey,
            "SharedAccessSignature" => AzureConfigKey::SasKey,
            "BlobEndpoint" => {
                has_endpoint = true;
                AzureConfigKey::Endpoint
            }
            "EndpointSuffix" => {
                suffix = Some(value);
                continue;
            }
            "DefaultEndpointsProtocol" => {
                scheme = if value.eq_ignore_ascii_case("http") { "http" } else { "https" };
                continue;
            }
            _ => continue,
        };
        config.push((key, value.to_owned()));
    }
    if let (Some(account), Some(suffix), false) = (account, suffix, has_endpoint) {
        config.push((AzureConfigKey::Endpoint, format!("{scheme}://{account}.blob.{suffix}")));
    }
    Ok(config)
}

/// Returns `true` if this machine is in Azure, where it can have an identity.
async fn has_machine_identity(opener: &Opener) -> bool {
    let request = Request::builder()
        .uri("http://169.254.169.254/metadata/instance?api-version=2021-02-01")
        .header("Metadata", "true");
    opener.ask(request, Duration::from_secs(1)).await.is_some_and(|r| r.status().is_success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_string_is_parsed() {
        let text = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=k==;EndpointSuffix=core.example;";
        let config = connection_string(text).unwrap();
        let value = |key| config.iter().find(|(k, _)| *k == key).map(|(_, v)| v.as_str());
        assert_eq!(value(AzureConfigKey::AccountName), Some("a"));
        assert_eq!(value(AzureConfigKey::AccessKey), Some("k=="));
        assert_eq!(value(AzureConfigKey::Endpoint), Some("http://a.blob.core.example"));
        let error = connection_string("canary").unwrap_err();
        assert!(!error.contains("canary"), "{error}");
    }
}
