//! Loads over a network, which are compressed.

use std::fs::File;

use sealift_testing::layouts::{Body, Entry, Image, pack};
use sealift_testing::tcp_relay;
use sealift_workflow::docker::Engine;
use sealift_workflow::{ErrorKind, Run};

use crate::partial::{add_form, is_whole, load_by, remove, result_of};
use crate::stand::{Stand, connect};
use crate::suite::suites;

/// Connects to an engine through a relay at an address that counts as remote.
fn over_network(engine: &Engine) -> Engine {
    let address = engine.endpoint().address.to_string();
    let port = tcp_relay(&address).port();
    connect(&format!("tcp://0.0.0.0:{port}"))
}

/// Creates a version of the test's image, with a layer that all versions share and one of its own.
fn image(stand: &Stand, version: &str) -> Image {
    let layer = |name: &str| {
        let line = format!("{} {name}\n", stand.image);
        let body = Body::File(line.repeat(100_000).into_bytes());
        pack(&[Entry { name: name.to_owned(), body }])
    };
    let mut image = Image::new(&stand.reference(version).to_string(), 0);
    image.layers = vec![layer("base"), layer(version)];
    image
}

async fn sent_bytes_are_compressed(stand: Stand) {
    let far = stand.elsewhere(over_network(&stand.engine));
    for (version, layers_there) in [("1", 0), ("2", 1)] {
        add_form(&far, version, &image(&far, version).docker_blobs()).await;
        let transfer = load_by(&far, version, false, &Run::default()).await.transfer.unwrap();
        assert_eq!(transfer.layers_there, layers_there, "{transfer:?}");
        assert!(transfer.bytes_sent > 2_000_000, "{transfer:?}");
        let compressed = transfer.compressed_to.unwrap();
        assert!(compressed < transfer.bytes_sent / 10, "{transfer:?}");
        is_whole(&stand, version, &image(&far, version)).await;
    }
    remove(&stand, "2").await;
    add_form(&stand, "2", &image(&stand, "2").docker_blobs()).await;
    let near = load_by(&stand, "2", false, &Run::default()).await.transfer.unwrap();
    assert_eq!(near.compressed_to, None);
}

async fn a_damaged_archive_creates_no_image(stand: Stand) {
    let far = stand.elsewhere(over_network(&stand.engine));
    add_form(&far, "1", &image(&far, "1").docker_blobs()).await;
    load_by(&far, "1", false, &Run::default()).await;
    remove(&stand, "1").await;
    let archive = far.store().root().join(&far.files()[0]);
    let mut bytes = std::fs::read(&archive).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    // The record stays valid, so the damage is detected during the upload.
    let modified = std::fs::metadata(&archive).unwrap().modified().unwrap();
    std::fs::write(&archive, bytes).unwrap();
    File::options().write(true).open(&archive).unwrap().set_modified(modified).unwrap();
    let error = result_of(&far, "1", true, &Run::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged, "{error:?}");
    let tag = stand.reference("1").to_string();
    assert!(stand.engine.inspect(&tag).await.unwrap().is_none());
}

suites! {
    sent_bytes_are_compressed
    a_damaged_archive_creates_no_image
}
