//! Azure Blob Storage, on Azurite.

use sealift_remote::{ErrorKind, GetRequest};

use crate::contract;
use crate::servers::{TestBucket, open};

#[tokio::test]
async fn it_passes_the_tests_of_all_buckets() {
    let Some(bucket) = TestBucket::azure() else { return };
    contract::objects(&bucket.open_azure()).await;
    contract::conditions(&bucket.open_azure()).await;
    contract::writers(&bucket.open_azure()).await;
    contract::large_file(&bucket.open_azure()).await;
}

#[tokio::test]
async fn a_wrong_key_is_denied_without_being_shown() {
    let Some(bucket) = TestBucket::azure() else { return };
    let connection = format!(
        "AccountName={};AccountKey=Y2FuYXJ5Y2FuYXJ5;BlobEndpoint={}",
        bucket.user, bucket.server
    );
    let place = format!("az://{}", bucket.name);
    let remote = open(&place, vec![("AZURE_STORAGE_CONNECTION_STRING", connection)]);
    let error = remote.get(&"a".parse().unwrap(), &GetRequest::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert!(!format!("{error} {error:?} {remote:?}").contains("Y2FuYXJ5"), "{error}");
}
