//! Tests that every type of bucket must pass.

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use sealift_remote::oci::Digest;
use sealift_remote::{Condition, ErrorKind, Get, GetRequest, Key, PutOptions, Remote, Upload};

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

async fn read(remote: &Remote, key: &Key, request: GetRequest) -> Vec<u8> {
    let download = remote.get(key, &request).await.unwrap().found().unwrap();
    download.bytes(1 << 30).await.unwrap().to_vec()
}

/// Tests that objects are written, described, read in ranges, listed and removed.
pub(super) async fn objects(remote: &Remote) {
    let name = key("team/web_1.0+beta.2_0123456789ab.zip");
    assert_eq!(remote.head(&name).await.unwrap(), None);
    assert!(matches!(remote.get(&name, &GetRequest::default()).await.unwrap(), Get::NotFound));
    let sha256 = Digest::of(b"0123456789");
    let options = PutOptions::default()
        .with_content_type("application/zip")
        .with_cache_control("public, max-age=31536000, immutable")
        .with_sha256(sha256);
    let written = remote.put(&name, Upload::from("0123456789"), &options).await.unwrap();
    let found = remote.head(&name).await.unwrap().unwrap();
    assert_eq!((found.size, found.sha256), (Some(10), Some(sha256)));
    assert_eq!(found.etag, written.etag);
    assert!(found.etag.as_ref().is_some_and(sealift_remote::Etag::is_strong));
    for range in [0..10, 3..7, 9..10, 4..4] {
        let request = GetRequest::default().with_range(range.clone());
        let bytes = read(remote, &name, request).await;
        assert_eq!(bytes, b"0123456789"[range.start as usize..range.end as usize]);
    }
    for range in [5..11, 10..12, 20..30] {
        let request = GetRequest::default().with_range(range);
        assert_eq!(remote.get(&name, &request).await.unwrap_err().kind(), ErrorKind::BadAnswer);
    }
    remote.put(&key(".hidden"), Upload::from("x"), &PutOptions::default()).await.unwrap();
    let unusual = key("odd ~#%*?[]{}|<>\"`^&='ü.txt");
    remote.put(&unusual, Upload::from(""), &PutOptions::default()).await.unwrap();
    assert_eq!(read(remote, &unusual, GetRequest::default()).await, b"");
    let list = remote.list().await.unwrap();
    let listed: Vec<(&Key, u64)> = list.iter().map(|entry| (&entry.key, entry.size)).collect();
    assert_eq!(listed, [(&unusual, 0), (&name, 10)]);
    assert!(remote.remove(&name).await.unwrap());
    assert!(!remote.remove(&name).await.unwrap());
    assert_eq!(remote.list().await.unwrap().len(), 1);
}

/// Tests the conditions for reading and writing.
pub(super) async fn conditions(remote: &Remote) {
    let name = key("images.json");
    let put = async |text: &'static str, condition| {
        let options = PutOptions::default().with_condition(condition);
        remote.put(&name, Upload::from(text), &options).await
    };
    let first = put("one", Condition::Absent).await.unwrap().etag.unwrap();
    assert_eq!(put("two", Condition::Absent).await.unwrap_err().kind(), ErrorKind::Changed);
    let second = put("two", Condition::Matches(first.clone())).await.unwrap().etag.unwrap();
    let late = put("three", Condition::Matches(first.clone())).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Changed, "{late}");
    let same = GetRequest::default().with_if_none_match(Some(second.clone()));
    assert!(matches!(remote.get(&name, &same).await.unwrap(), Get::NotModified));
    let older = GetRequest::default().with_if_none_match(Some(first.clone()));
    assert_eq!(read(remote, &name, older).await, b"two");
    let held = GetRequest::default().with_if_match(Some(second));
    assert_eq!(read(remote, &name, held.clone().with_range(1..3)).await, b"wo");
    let gone = GetRequest::default().with_if_match(Some(first));
    assert_eq!(remote.get(&name, &gone).await.unwrap_err().kind(), ErrorKind::Changed);
}

/// Tests that several writers of a counter in the same object lose no step.
pub(super) async fn writers(remote: &Remote) {
    const STEPS: usize = 5;
    let name = key("counter");
    remote.put(&name, Upload::from("0"), &PutOptions::default()).await.unwrap();
    let count = async |writer: usize| {
        let mut done = 0;
        while done < STEPS {
            let found = remote.get(&name, &GetRequest::default()).await.unwrap().found().unwrap();
            let etag = found.object().etag.clone().unwrap();
            let text = String::from_utf8(found.bytes(100).await.unwrap().to_vec()).unwrap();
            let number: usize = text.split(' ').next().unwrap().parse().unwrap();
            let next = format!("{} by {writer}", number + 1);
            let options = PutOptions::default().with_condition(Condition::Matches(etag));
            match remote.put(&name, Upload::from(next.as_str()), &options).await {
                Ok(_) => done += 1,
                Err(error) => assert_eq!(error.kind(), ErrorKind::Changed, "{error}"),
            }
        }
    };
    tokio::join!(count(1), count(2), count(3));
    let last = String::from_utf8(read(remote, &name, GetRequest::default()).await).unwrap();
    assert_eq!(last.split(' ').next(), Some("15"));
}

/// Tests that a file that is larger than one part arrives completely, with its attributes.
pub(super) async fn large_file(remote: &Remote) {
    let content: Vec<u8> = (0..36_000_000_u32).map(|n| (n / 5) as u8).collect();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&content).unwrap();
    let (size, sha256) = (content.len() as u64, Digest::of(&content));
    let sent = AtomicU64::new(0);
    let on_bytes = |bytes| {
        sent.fetch_add(bytes, Ordering::Relaxed);
    };
    let options = PutOptions::default().with_sha256(sha256).with_on_bytes(&on_bytes);
    let name = key("large.zip");
    let written = remote.put(&name, Upload::File { file, size }, &options).await.unwrap();
    assert_eq!(sent.load(Ordering::Relaxed), size);
    let found = remote.head(&name).await.unwrap().unwrap();
    assert_eq!((found.size, found.sha256, found.etag), (Some(size), Some(sha256), written.etag));
    let range = GetRequest::default().with_range(8_388_600..8_388_700);
    assert_eq!(read(remote, &name, range).await, content[8_388_600..8_388_700]);
    assert_eq!(Digest::of(&read(remote, &name, GetRequest::default()).await), sha256);
    let options = PutOptions::default().with_condition(Condition::Absent);
    let again = remote.put(&name, Upload::from(content), &options).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Changed);
}
