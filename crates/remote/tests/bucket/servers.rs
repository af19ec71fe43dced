//! The servers, and the settings for each.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sealift_remote::{Location, Remote, Settings};

/// The SHA-256 of an empty text.
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A bucket on a server of the tests.
pub(super) struct TestBucket {
    /// The URL of the server.
    pub(super) server: String,
    pub(super) name: String,
    pub(super) user: String,
    pub(super) secret: String,
}

impl TestBucket {
    /// Returns the bucket on the S3 server, or `None` if there is no such server.
    pub(super) fn s3() -> Option<Self> {
        Self::of(&sealift_testing::server("s3")?)
    }

    /// Returns the container on the Azure server, or `None` if there is no such server.
    pub(super) fn azure() -> Option<Self> {
        Self::of(&sealift_testing::server("azure")?)
    }

    /// Returns the bucket on the fake Google server, or `None` if there is no such server.
    pub(super) fn google() -> Option<Self> {
        Self::of(&sealift_testing::server("google")?)
    }

    /// Parses `URL|BUCKET|USER|SECRET`.
    fn of(text: &str) -> Option<Self> {
        let [server, name, user, secret] = text.split('|').collect::<Vec<_>>().try_into().ok()?;
        let (server, name) = (server.to_owned(), name.to_owned());
        Some(Self { server, name, user: user.to_owned(), secret: secret.to_owned() })
    }

    /// Returns the variables for the S3 server.
    pub(super) fn s3_variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.server.clone()),
            ("AWS_ACCESS_KEY_ID", self.user.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret.clone()),
        ]
    }

    /// Opens a new prefix in the bucket.
    pub(super) fn open_s3(&self) -> Remote {
        open(&format!("s3://{}/{}", self.name, prefix()), self.s3_variables())
    }

    /// Opens a new prefix in the container.
    pub(super) fn open_azure(&self) -> Remote {
        let connection = format!(
            "AccountName={};AccountKey={};BlobEndpoint={}",
            self.user, self.secret, self.server
        );
        let variables = vec![("AZURE_STORAGE_CONNECTION_STRING", connection)];
        open(&format!("az://{}/{}", self.name, prefix()), variables)
    }

    /// Opens a new prefix in the bucket, with this token.
    pub(super) fn open_google(&self, token: &str) -> Remote {
        let variables = vec![
            ("GOOGLE_BASE_URL", self.server.clone()),
            ("GOOGLE_BEARER_TOKEN", token.to_owned()),
        ];
        open(&format!("gs://{}/{}", self.name, prefix()), variables)
    }

    /// Sends a signed request with curl, an independent client, and returns the answer.
    pub(super) fn curl(&self, method: &str, path: &str) -> String {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--include", "--request", method])
            .args(["--header", &format!("x-amz-content-sha256: {NOTHING}")])
            .args(["--aws-sigv4", "aws:amz:us-east-1:s3"])
            .args(["--user", &format!("{}:{}", self.user, self.secret)])
            .arg(format!("{}/{}{path}", self.server, self.name))
            .output()
            .expect("curl can be run");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// Opens a location with these variables, with short pauses before repetitions.
pub(super) fn open(place: &str, variables: Vec<(&'static str, String)>) -> Remote {
    let settings = Settings::from_vars(variables).with_backoff(Duration::from_millis(1));
    let location: Location = place.parse().unwrap();
    Remote::open_with(&location, &settings).unwrap()
}

/// Returns a prefix that no other test uses.
pub(super) fn prefix() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    format!("{now:x}-{:x}/{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
