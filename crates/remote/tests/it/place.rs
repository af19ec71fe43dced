//! Functions of the tests to open locations and read objects.

use std::time::Duration;

use bytes::Bytes;
use sealift_remote::{Download, Error, Get, GetRequest, Key, Remote, Settings};

/// Returns settings with short pauses, and these variables.
pub(crate) fn settings(variables: &[(&str, &str)]) -> Settings {
    Settings::from_vars(variables.iter().copied()).with_backoff(Duration::from_millis(4))
}

pub(crate) fn open(url: &str) -> Remote {
    open_with(url, &[])
}

pub(crate) fn open_with(url: &str, variables: &[(&str, &str)]) -> Remote {
    Remote::open_with(&url.parse().unwrap(), &settings(variables)).unwrap()
}

pub(crate) fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// Requests an object that exists.
pub(crate) async fn download(remote: &Remote, request: &GetRequest) -> Result<Download, Error> {
    match remote.get(&key("a.bin"), request).await? {
        Get::Found(download) => Ok(download),
        other => panic!("{other:?}"),
    }
}

/// Requests an object that exists, and reads it.
pub(crate) async fn read(remote: &Remote, request: &GetRequest) -> Result<Bytes, Error> {
    download(remote, request).await?.bytes(1 << 24).await
}

/// Returns bytes without repetitions.
pub(crate) fn content(size: usize) -> Vec<u8> {
    (0..size as u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).take(size).collect()
}
