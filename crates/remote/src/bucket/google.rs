//! Google Cloud Storage.

use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use object_store::StaticCredentialProvider;
use object_store::gcp::{GcpCredential, GoogleCloudStorageBuilder, GoogleConfigKey};

use crate::bucket::call_failure::innermost;
use crate::bucket::store::{CredentialSource, Opener, Store};
use crate::settings::Settings;

/// The default server of buckets.
const SERVER: &str = "https://storage.googleapis.com";

/// The settings for a bucket.
#[derive(Debug)]
pub(super) struct Google {
    builder: GoogleCloudStorageBuilder,
    bucket: String,
    server: String,
    source: CredentialSource,
}

impl Google {
    /// Reads the settings for a bucket.
    pub(super) fn new(bucket: &str, settings: &Settings, opener: &Opener) -> Result<Self, String> {
        let mut builder = GoogleCloudStorageBuilder::new()
            .with_http_connector(opener.connector())
            .with_retry(opener.retry());
        for (name, value) in settings.with_prefix("GOOGLE_") {
            match name.to_ascii_lowercase().parse() {
                Ok(GoogleConfigKey::Bucket) | Err(_) => {}
                Ok(key) => builder = builder.with_config(key, value),
            }
        }
        let emulator =
            settings.get("STORAGE_EMULATOR_HOST").map(|host| match host.contains("://") {
                true => host.trim_end_matches('/').to_owned(),
                false => format!("http://{host}"),
            });
        let own = settings.get("GOOGLE_BASE_URL").map(str::to_owned).or(emulator);
        if let Some(server) = &own {
            builder = builder.with_base_url(server);
        }
        let source = match () {
            () if settings.is_on("GOOGLE_SKIP_SIGNATURE") => CredentialSource::None,
            () if has_credentials(settings) => CredentialSource::Known,
            () if own.is_some() => CredentialSource::None,
            () => CredentialSource::Machine,
        };
        if source == CredentialSource::None {
            builder = anonymous(builder);
        }
        let server = own.unwrap_or(SERVER.to_owned());
        let google = Self { builder, bucket: bucket.to_owned(), server, source };
        google.build(google.builder.clone())?;
        Ok(google)
    }

    /// Determines what the settings leave open, and opens the bucket.
    pub(super) async fn open(&self, opener: &Opener) -> Result<Store, String> {
        let is_anonymous = match self.source {
            CredentialSource::Known => false,
            CredentialSource::Machine => !has_machine_account(opener).await,
            CredentialSource::None => true,
        };
        let builder = self.builder.clone();
        let builder = if is_anonymous { anonymous(builder) } else { builder };
        Ok(Store { objects: self.build(builder)?, anonymous: is_anonymous })
    }

    fn build(
        &self,
        builder: GoogleCloudStorageBuilder,
    ) -> Result<Arc<object_store::gcp::GoogleCloudStorage>, String> {
        let built = builder.with_bucket_name(&self.bucket).build();
        built.map(Arc::new).map_err(|error| {
            let text = error.to_string();
            // The rest of the message can quote the file, which contains the key.
            match text.split_once("decode service account file") {
                Some(_) => "the file with the credentials is not a key of a service account or of \
                     a user; set GOOGLE_BEARER_TOKEN to the output of: \
                     gcloud auth print-access-token"
                    .to_owned(),
                None => innermost(&error),
            }
        })
    }

    /// Returns the URL of an object in a form that can be shown.
    pub(super) fn url(&self, key: &str) -> String {
        format!("{}/{}/{key}", self.server, self.bucket)
    }
}

/// The hint for a bucket that refuses requests without credentials.
pub(super) const NO_CREDENTIALS: &str = "no credentials were found: set \
     GOOGLE_APPLICATION_CREDENTIALS, or run gcloud auth application-default login";

fn anonymous(builder: GoogleCloudStorageBuilder) -> GoogleCloudStorageBuilder {
    // Uploads always need a token. With an empty one, the server refuses them at once, and
    // object_store does not search for credentials.
    let nobody = StaticCredentialProvider::new(GcpCredential { bearer: String::new() });
    builder.with_credentials(Arc::new(nobody)).with_skip_signature(true)
}

fn has_credentials(settings: &Settings) -> bool {
    let names = [
        "GOOGLE_SERVICE_ACCOUNT",
        "GOOGLE_SERVICE_ACCOUNT_PATH",
        "GOOGLE_SERVICE_ACCOUNT_KEY",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "GOOGLE_BEARER_TOKEN",
    ];
    let file = ".config/gcloud/application_default_credentials.json";
    settings.first(&names).is_some()
        || settings.get("HOME").is_some_and(|home| std::path::Path::new(home).join(file).exists())
}

/// Returns `true` if this machine is in Google Cloud, where it can have an account.
async fn has_machine_account(opener: &Opener) -> bool {
    let request = Request::builder()
        .uri("http://metadata.google.internal/computeMetadata/v1/")
        .header("Metadata-Flavor", "Google");
    opener.ask(request, Duration::from_secs(1)).await.is_some_and(|r| r.status().is_success())
}
