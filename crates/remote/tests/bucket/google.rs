//! Google Cloud Storage, on a fake server.
//!
//! The emulators in package registries do not support conditional writes and the XML API's uploads
//! in parts; see `xtask/src/servers/google.py`.

use sealift_remote::{ErrorKind, GetRequest};

use crate::contract;
use crate::servers::TestBucket;

#[tokio::test]
async fn it_passes_the_tests_of_all_buckets() {
    let Some(bucket) = TestBucket::google() else { return };
    let open = || bucket.open_google(&bucket.secret);
    contract::objects(&open()).await;
    contract::conditions(&open()).await;
    contract::writers(&open()).await;
    contract::large_file(&open()).await;
}

#[tokio::test]
async fn a_wrong_token_is_denied_without_being_shown() {
    let Some(bucket) = TestBucket::google() else { return };
    let remote = bucket.open_google("canary-token");
    let error = remote.get(&"a".parse().unwrap(), &GetRequest::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert!(!format!("{error} {error:?} {remote:?}").contains("canary"), "{error}");
}
