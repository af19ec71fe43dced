//! S3, on Ceph's radosgw.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use sealift_remote::{Condition, ErrorKind, GetRequest, Key, PutOptions, Remote, Upload};
use sealift_testing::fault_proxy::{Action, FaultProxy, Request};

use crate::contract;
use crate::servers::{TestBucket, open, prefix};

/// A secret that must not appear in any output.
const CANARY: &str = "canary/secret+key";

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// Opens a prefix of its own through a proxy that acts as `decide` returns.
fn through(
    bucket: &TestBucket,
    decide: impl Fn(&Request) -> Action + Send + Sync + 'static,
) -> (FaultProxy, Remote) {
    let address = bucket.server.trim_start_matches("http://").parse().unwrap();
    let proxy = FaultProxy::new(address, decide);
    let mut variables = bucket.s3_variables();
    variables[0].1 = format!("http://{}", proxy.address());
    (proxy, open(&format!("s3://{}/{}", bucket.name, prefix()), variables))
}

/// Opens the bucket with these variables and a home folder, and without its keys.
fn at_home(bucket: &TestBucket, home: &Path, more: &[(&'static str, &str)]) -> Remote {
    let mut variables = vec![
        ("AWS_ENDPOINT_URL", bucket.server.clone()),
        ("HOME", home.to_str().unwrap().to_owned()),
    ];
    variables.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    open(&format!("s3://{}/{}", bucket.name, prefix()), variables)
}

async fn works(remote: &Remote) {
    remote.put(&key("a"), Upload::from("a"), &PutOptions::default()).await.unwrap();
    assert_eq!(remote.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn it_passes_the_tests_of_all_buckets() {
    let Some(bucket) = TestBucket::s3() else { return };
    contract::objects(&bucket.open_s3()).await;
    contract::conditions(&bucket.open_s3()).await;
    contract::writers(&bucket.open_s3()).await;
    contract::large_file(&bucket.open_s3()).await;
}

#[tokio::test]
async fn refusals_have_kinds_and_no_secrets() {
    let Some(bucket) = TestBucket::s3() else { return };
    let mut variables = bucket.s3_variables();
    variables[2].1 = CANARY.to_owned();
    let wrong = open(&format!("s3://{}", bucket.name), variables);
    let missing = open("s3://there-is-no-such-bucket", bucket.s3_variables());
    let nobody =
        open(&format!("s3://{}", bucket.name), vec![("AWS_ENDPOINT_URL", bucket.server.clone())]);
    for (remote, kind, reason) in [
        (wrong, ErrorKind::Denied, "the secret key is wrong (HTTP 403, SignatureDoesNotMatch)"),
        (missing, ErrorKind::NotFound, "there is no such bucket (HTTP 404, NoSuchBucket)"),
        (
            nobody,
            ErrorKind::Denied,
            "access is denied (HTTP 403, AccessDenied); no credentials were found: set \
             AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
        ),
    ] {
        let get = remote.get(&key("a"), &GetRequest::default()).await.unwrap_err();
        let put = remote.put(&key("a"), Upload::from("a"), &PutOptions::default()).await;
        for error in [get, put.unwrap_err(), remote.list().await.unwrap_err()] {
            assert_eq!((error.kind(), error.reason()), (kind, reason), "{error}");
            let shown = format!("{error} {error:?} {remote:?}");
            assert!(!shown.contains("canary") && !shown.contains("ignature="), "{shown}");
        }
    }
}

#[tokio::test]
async fn profiles_contain_keys_or_a_program() {
    let Some(bucket) = TestBucket::s3() else { return };
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let program = home.path().join("print keys");
    let json = format!(
        r#"{{"Version":1,"AccessKeyId":"{}","SecretAccessKey":"{}"}}"#,
        bucket.user, bucket.secret
    );
    std::fs::write(&program, format!("#!/bin/sh\necho '{json}'\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let config = format!(
        "[profile run]\ncredential_process = '{}' --now\n[profile sso]\nsso_session = corp\n",
        program.display()
    );
    std::fs::write(home.path().join(".aws/config"), config).unwrap();
    let credentials = format!(
        "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        bucket.user, bucket.secret
    );
    std::fs::write(home.path().join(".aws/credentials"), credentials).unwrap();
    works(&at_home(&bucket, home.path(), &[])).await;
    works(&at_home(&bucket, home.path(), &[("AWS_PROFILE", "run")])).await;
    for (profile, reason) in [
        (
            "sso",
            "the profile `sso` uses sso_session, which only the AWS CLI supports; run: eval \"$(aws \
             configure export-credentials --profile sso --format env)\"",
        ),
        ("none", "there is no profile `none` in ~/.aws/config or ~/.aws/credentials"),
    ] {
        let home = home.path().to_str().unwrap();
        let settings =
            sealift_remote::Settings::from_vars([("HOME", home), ("AWS_PROFILE", profile)]);
        let error = Remote::open_with(&"s3://b".parse().unwrap(), &settings).unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Settings, reason));
    }
}

#[tokio::test]
async fn a_conditional_write_whose_answer_is_lost_takes_effect_once() {
    let Some(bucket) = TestBucket::s3() else { return };
    let (proxy, remote) = through(&bucket, |_| Action::Pass);
    let first = remote.put(&key("c"), Upload::from("one"), &PutOptions::default()).await.unwrap();
    for lost in [Action::LoseAnswer, Action::Close, Action::Answer(503, vec![], vec![])] {
        let is_first = std::sync::atomic::AtomicBool::new(true);
        proxy.reset(move |request| {
            let is_first = request.method == "PUT"
                && is_first.swap(false, std::sync::atomic::Ordering::SeqCst);
            if is_first { lost.clone() } else { Action::Pass }
        });
        let now = remote.head(&key("c")).await.unwrap().unwrap().etag.unwrap();
        let text = format!("{now} and more");
        let options = PutOptions::default().with_condition(Condition::Matches(now));
        let written = remote.put(&key("c"), Upload::from(text.as_str()), &options).await.unwrap();
        let found = remote.head(&key("c")).await.unwrap().unwrap();
        assert_eq!((found.etag, found.size), (written.etag, Some(text.len() as u64)));
    }
    let late = PutOptions::default().with_condition(Condition::Matches(first.etag.unwrap()));
    let error = remote.put(&key("c"), Upload::from("late"), &late).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Changed);
}

#[tokio::test]
async fn an_interrupted_download_is_continued() {
    let Some(bucket) = TestBucket::s3() else { return };
    let (proxy, remote) = through(&bucket, |_| Action::Pass);
    let content: Vec<u8> = (0..3_000_000_u32).map(|n| (n / 3) as u8).collect();
    remote.put(&key("d"), content.clone().into(), &PutOptions::default()).await.unwrap();
    proxy.reset(|request| match request.method.as_str() {
        "GET" => Action::CutAfter(700_000),
        _ => Action::Pass,
    });
    let before = proxy.requests().len();
    let download = remote.get(&key("d"), &GetRequest::default()).await.unwrap().found().unwrap();
    assert_eq!(download.bytes(1 << 24).await.unwrap(), content);
    assert!(proxy.requests().len() - before >= 4, "it was not cut");
}

#[tokio::test]
async fn parts_of_a_failed_upload_do_not_stay() {
    let Some(bucket) = TestBucket::s3() else { return };
    let large = || Upload::from(vec![7; 20_000_000]);
    let is_second = |request: &Request| request.target.contains("partNumber=2");
    let (_proxy, remote) = through(&bucket, move |request| match is_second(request) {
        true => Action::Answer(400, vec![], b"<Error><Code>NoLuck</Code></Error>".to_vec()),
        false => Action::Pass,
    });
    let error = remote.put(&key("failed"), large(), &PutOptions::default()).await.unwrap_err();
    assert!(error.reason().contains("NoLuck"), "{error}");
    remote.settle().await;

    let (proxy, dropped) = through(&bucket, move |request| match is_second(request) {
        true => Action::Hold,
        false => Action::Pass,
    });
    let (name, options) = (key("dropped"), PutOptions::default());
    let upload = dropped.put(&name, large(), &options);
    let held = tokio::task::spawn_blocking(move || {
        proxy.wait_for(3);
        proxy
    });
    let proxy = tokio::select! {
        result = upload => panic!("it cannot end: {result:?}"),
        proxy = held => proxy.unwrap(),
    };
    dropped.settle().await;
    drop(proxy);
    for remote in [&remote, &dropped] {
        let prefix = remote.location().to_string();
        let prefix = prefix.rsplit_once('/').unwrap().0.rsplit_once('/').unwrap().1.to_owned();
        let uploads = bucket.curl("GET", "?uploads=");
        assert!(uploads.contains("ListMultipartUploadsResult"), "{uploads}");
        assert!(!uploads.contains(&prefix), "{uploads}");
    }
    let plain = open(&dropped.location().to_string(), bucket.s3_variables());
    assert_eq!(plain.list().await.unwrap(), []);
}
