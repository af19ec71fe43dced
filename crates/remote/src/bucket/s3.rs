//! Amazon S3, and servers with its API.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper::{Method, Request};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsCredential};
use object_store::{CredentialProvider, StaticCredentialProvider};

use crate::bucket::call_failure::innermost;
use crate::bucket::process::ProcessCredentials;
use crate::bucket::profile::{self, Profile};
use crate::bucket::store::{CredentialSource, Opener, Store};
use crate::settings::Settings;

/// The default region.
const NO_REGION: &str = "us-east-1";

/// The settings for a bucket.
#[derive(Debug)]
pub(super) struct S3 {
    builder: AmazonS3Builder,
    bucket: String,
    /// The URL to which the bucket's name is appended, unless the server is Amazon's.
    endpoint: Option<String>,
    region: Option<String>,
    source: CredentialSource,
}

impl S3 {
    /// Reads the settings for a bucket.
    pub(super) fn new(bucket: &str, settings: &Settings, opener: &Opener) -> Result<Self, String> {
        let mut builder = AmazonS3Builder::new()
            .with_http_connector(opener.connector())
            .with_retry(opener.retry())
            .with_disable_bulk_delete(true);
        for (name, value) in settings.with_prefix("AWS_") {
            match name.to_ascii_lowercase().parse() {
                Ok(AmazonS3ConfigKey::Bucket) | Err(_) => {}
                Ok(key) => builder = builder.with_config(key, value),
            }
        }
        builder = builder.with_bucket_name(bucket);
        let profile = match has_credentials(settings) {
            true => None,
            false => read_profile(settings)?,
        };
        let of_profile = |key| profile.as_ref().and_then(|profile| profile.get(key));
        let endpoint = settings.first(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]);
        let endpoint = endpoint.or(of_profile("endpoint_url")).map(str::to_owned);
        let region = settings.first(&["AWS_REGION", "AWS_DEFAULT_REGION"]);
        let region = region.or(of_profile("region")).map(str::to_owned);
        if let Some(endpoint) = &endpoint {
            if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
                return Err(format!("the endpoint `{endpoint}` is not a URL with http or https"));
            }
            builder = builder.with_config(AmazonS3ConfigKey::S3Endpoint, endpoint);
        }
        let mut source = source(settings, endpoint.as_deref());
        let provider = profile.as_ref().map(provider).transpose()?.flatten();
        if let Some(provider) = provider {
            builder = builder.with_credentials(provider);
            source = CredentialSource::Known;
        }
        let s3 = Self { builder, bucket: bucket.to_owned(), endpoint, region, source };
        let trial = s3.builder.clone().with_region(NO_REGION).build();
        trial.map_err(|error| innermost(&error))?;
        Ok(s3)
    }

    /// Determines what the settings leave open, and opens the bucket.
    pub(super) async fn open(&self, opener: &Opener) -> Result<Store, String> {
        let region = match (&self.region, &self.endpoint) {
            (Some(region), _) => region.clone(),
            (None, Some(_)) => NO_REGION.to_owned(),
            (None, None) => self.find_region(opener).await.unwrap_or(NO_REGION.to_owned()),
        };
        let anonymous = match self.source {
            CredentialSource::Known => false,
            CredentialSource::Machine => !has_machine_role(opener).await,
            CredentialSource::None => true,
        };
        let mut builder = self.builder.clone().with_region(region);
        if anonymous {
            builder = builder.with_skip_signature(true);
        }
        let store = builder.build().map_err(|error| innermost(&error))?;
        Ok(Store { objects: Arc::new(store), anonymous })
    }

    /// Asks Amazon for the region of the bucket. Every answer contains it, whatever its status.
    async fn find_region(&self, opener: &Opener) -> Option<String> {
        let url = format!("https://s3.{NO_REGION}.amazonaws.com/{}", self.bucket);
        let request = Request::builder().method(Method::HEAD).uri(url);
        let answer = opener.ask(request, Duration::from_secs(20)).await?;
        Some(answer.headers().get("x-amz-bucket-region")?.to_str().ok()?.to_owned())
    }

    /// Returns the URL of an object in a form that can be shown.
    pub(super) fn url(&self, key: &str) -> String {
        match (&self.endpoint, &self.region) {
            (Some(endpoint), _) => {
                format!("{}/{}/{key}", endpoint.trim_end_matches('/'), self.bucket)
            }
            (None, Some(region)) => {
                format!("https://{}.s3.{region}.amazonaws.com/{key}", self.bucket)
            }
            (None, None) => format!("https://{}.s3.amazonaws.com/{key}", self.bucket),
        }
    }
}

/// The hint for a bucket that refuses unsigned requests.
pub(super) const NO_CREDENTIALS: &str = "no credentials were found: set AWS_ACCESS_KEY_ID and \
     AWS_SECRET_ACCESS_KEY, or AWS_PROFILE";

/// Returns `true` if the environment contains credentials, or the place where they are.
fn has_credentials(settings: &Settings) -> bool {
    let has = |name| settings.get(name).is_some();
    has("AWS_ACCESS_KEY_ID")
        || (has("AWS_WEB_IDENTITY_TOKEN_FILE") && has("AWS_ROLE_ARN"))
        || settings.is_on("AWS_SKIP_SIGNATURE")
}

fn source(settings: &Settings, endpoint: Option<&str>) -> CredentialSource {
    let has = |name| settings.get(name).is_some();
    if settings.is_on("AWS_SKIP_SIGNATURE") {
        return CredentialSource::None;
    }
    if has_credentials(settings)
        || has("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
        || has("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    {
        return CredentialSource::Known;
    }
    // The role of a machine is only valid for Amazon's servers.
    let is_amazons = endpoint.is_none_or(|endpoint| endpoint.contains(".amazonaws.com"));
    match is_amazons && !settings.is_on("AWS_EC2_METADATA_DISABLED") {
        true => CredentialSource::Machine,
        false => CredentialSource::None,
    }
}

/// Returns `true` if this machine is in Amazon's cloud, where it can have a role.
async fn has_machine_role(opener: &Opener) -> bool {
    let request = Request::builder()
        .method(Method::PUT)
        .uri("http://169.254.169.254/latest/api/token")
        .header("x-aws-ec2-metadata-token-ttl-seconds", "60");
    opener.ask(request, Duration::from_secs(1)).await.is_some_and(|r| r.status().is_success())
}

/// Reads the selected profile, or else the default one.
fn read_profile(settings: &Settings) -> Result<Option<Profile>, String> {
    let named = settings.first(&["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]);
    let file = |variable, path| match settings.get(variable) {
        Some(file) => Some(PathBuf::from(file)),
        None => settings.get("HOME").map(|home| PathBuf::from(home).join(path)),
    };
    let credentials = text_of(file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"))?;
    let config = text_of(file("AWS_CONFIG_FILE", ".aws/config"))?;
    let profile = profile::find(named.unwrap_or("default"), &credentials, &config);
    if let (None, Some(name)) = (&profile, named) {
        return Err(format!("there is no profile `{name}` in ~/.aws/config or ~/.aws/credentials"));
    }
    if let Some(setting) = profile.as_ref().and_then(Profile::needs_the_cli) {
        let name = named.unwrap_or("default");
        return Err(format!(
            "the profile `{name}` uses {setting}, which only the AWS CLI supports; run: \
             eval \"$(aws configure export-credentials --profile {name} --format env)\""
        ));
    }
    Ok(profile)
}

/// Reads a file. A missing file counts as empty.
fn text_of(file: Option<PathBuf>) -> Result<String, String> {
    let Some(file) = file else { return Ok(String::new()) };
    match std::fs::read_to_string(&file) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(format!("{} cannot be read: {error}", file.display())),
    }
}

type Provider = Arc<dyn CredentialProvider<Credential = AwsCredential>>;

/// Returns the source of a profile's credentials, if it has one.
fn provider(profile: &Profile) -> Result<Option<Provider>, String> {
    if let Some(key_id) = profile.get("aws_access_key_id") {
        let secret_key = profile
            .get("aws_secret_access_key")
            .ok_or("the profile has aws_access_key_id, but no aws_secret_access_key")?;
        let token = profile.get("aws_session_token").map(str::to_owned);
        let (key_id, secret_key) = (key_id.to_owned(), secret_key.to_owned());
        let credential = AwsCredential { key_id, secret_key, token };
        return Ok(Some(Arc::new(StaticCredentialProvider::new(credential))));
    }
    match profile.get("credential_process") {
        Some(command) => Ok(Some(Arc::new(ProcessCredentials::new(command)))),
        None => Ok(None),
    }
}
