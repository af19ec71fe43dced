//! Tests with stubs of credential helpers, which answer and fail in the ways of real helpers.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use sealift_credentials::{Credentials, CredentialsError, CredentialsErrorKind, Login};
use tempfile::TempDir;

/// Creates a config folder with a credential helper that runs this script.
fn with_helper(script: &str) -> (TempDir, Credentials) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.json"), r#"{"credsStore": "stub"}"#).unwrap();
    let path = folder.path().join("docker-credential-stub");
    // A shell writes the file: while a file is open for writing it cannot be run, and a child
    // process of another test may inherit a file that this process has open.
    let mut shell = Command::new("sh");
    let shell = shell.args(["-c", "printf %s \"$1\" > \"$0\""]).arg(&path);
    assert!(shell.arg(format!("#!/bin/sh\n{script}")).status().unwrap().success());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let credentials = Credentials::read(folder.path()).unwrap();
    let credentials = credentials.with_helper_folder(Some(folder.path().to_owned()));
    (folder, credentials)
}

async fn failure(script: &str) -> CredentialsError {
    let (_folder, credentials) = with_helper(script);
    credentials.find("reg.example").await.unwrap_err()
}

#[tokio::test]
async fn a_helper_returns_passwords_and_tokens() {
    let (_folder, credentials) = with_helper(
        r#"read -r registry
case "$1 $registry" in
'get reg.example') echo '{"Username": "ann", "Secret": "sesame"}' ;;
'get token.example') echo '{"Username": "<token>", "Secret": "tok"}' ;;
'get https://index.docker.io/v1/') echo '{"Username": "hub", "Secret": "word"}' ;;
'get '*) echo 'credentials not found in native keychain'; exit 1 ;;
'list '*) echo '{"reg.example": "ann", "gone.example": "bob"}' ;;
esac"#,
    );
    let find = async |registry: &str| credentials.find(registry).await.unwrap();
    assert_eq!(find("reg.example").await, Some(Login::with_password("ann", "sesame")));
    let token = find("token.example").await.unwrap();
    assert_eq!((token.user(), token.secret(), token.is_token()), (None, "tok", true));
    assert_eq!(find("docker.io").await, Some(Login::with_password("hub", "word")));
    assert_eq!(find("other.example").await, None);
    let (logins, errors) = credentials.all().await;
    assert_eq!(logins.into_keys().collect::<Vec<_>>(), ["reg.example"]);
    assert!(errors.is_empty(), "{errors:?}");
}

#[tokio::test]
async fn the_error_of_a_failed_helper_does_not_contain_its_output() {
    let errors = [
        failure("echo canary; exit 3").await,
        failure("echo canary").await,
        failure("echo canary >&2; kill -9 $$").await,
    ];
    let kinds = errors.each_ref().map(CredentialsError::kind);
    use CredentialsErrorKind::{BadOutput, Failed};
    assert_eq!(kinds, [Failed, BadOutput, Failed]);
    assert_eq!(
        errors.each_ref().map(ToString::to_string),
        [
            "no login for reg.example: `docker-credential-stub` failed with exit status: 3",
            "no login for reg.example: `docker-credential-stub` printed something that is not JSON",
            "no login for reg.example: `docker-credential-stub` failed with signal: 9 (SIGKILL)",
        ]
    );
    assert!(!format!("{errors:?}").contains("canary"));
}

#[tokio::test]
async fn a_helper_that_exceeds_its_time_limit_is_killed() {
    let (folder, credentials) = with_helper("echo $$ > \"${0%/*}/pid\"; exec sleep 600");
    let credentials = credentials.with_helper_limit(Duration::from_millis(500));
    let start = Instant::now();
    let error = credentials.find("reg.example").await.unwrap_err();
    assert_eq!(error.kind(), CredentialsErrorKind::TimedOut);
    assert!(start.elapsed() < Duration::from_secs(60));
    let pid = fs::read_to_string(folder.path().join("pid")).unwrap();
    let status = format!("/proc/{}/status", pid.trim());
    // A killed process is gone, or a zombie until it is reaped.
    let is_running = || fs::read_to_string(&status).is_ok_and(|text| !text.contains("State:\tZ"));
    while is_running() {
        assert!(start.elapsed() < Duration::from_secs(60), "{pid}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_helper_that_exceeds_its_output_limit_is_an_error() {
    let error = failure("exec yes").await;
    assert_eq!(error.kind(), CredentialsErrorKind::NotRun);
    let expected = "no login for reg.example: `docker-credential-stub` cannot be run: its output is longer than 1 MiB";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_missing_helper_and_a_name_with_a_path_are_errors() {
    for (store, kind) in
        [("missing", CredentialsErrorKind::NotRun), ("../stub", CredentialsErrorKind::BadName)]
    {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(r#"{{"credHelpers": {{"reg.example": "{store}"}}}}"#);
        fs::write(folder.path().join("config.json"), config).unwrap();
        let credentials = Credentials::read(folder.path()).unwrap();
        let credentials = credentials.with_helper_folder(Some(folder.path().to_owned()));
        let error = credentials.find("https://reg.example/v2/").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.registry(), "https://reg.example/v2/");
        assert_eq!(error.helper(), format!("docker-credential-{store}"));
    }
}
