//! Images of BuildKit: with provenance, with layers in several forms, and for several platforms
//! under one tag.

use sealift_workflow::catalog::{LatestOptions, Query};
use sealift_workflow::oci::Platform;
use sealift_workflow::{Error, ErrorKind, Run, Selection, path};

use crate::conformance::{PLAIN, ZIP, travels};
use crate::stand::Stand;
use crate::suite::suite;

/// Builds the same image twice. The provenance differs, and with it the id in a containerd store.
async fn keeps_after_a_rebuild_that_changed_nothing_but_provenance(stand: Stand) {
    let options = ["--load"];
    if !stand.build_by_buildkit("1.0.0.1", "one", &options) {
        return;
    }
    let saved = stand.update("1.0.0.1", &PLAIN).await;
    assert!(saved.saved);
    let reference = stand.reference("1.0.0.1").to_string();
    let first = stand.engine.inspect(&reference).await.unwrap().unwrap();
    stand.build_by_buildkit("1.0.0.1", "one", &options);
    let second = stand.engine.inspect(&reference).await.unwrap().unwrap();
    let has_provenance = !stand.identity_of(&saved.file.archive).indexes.is_empty();
    assert_eq!(first.id != second.id, has_provenance, "{first:?}\n{second:?}");

    assert!(!stand.update("1.0.0.1", &PLAIN).await.saved);
    assert_eq!(stand.files(), [saved.file.archive.to_string()]);
}

async fn saves_again_after_a_change(stand: Stand) {
    if !stand.build_by_buildkit("1.0.0.1", "one", &["--load"]) {
        return;
    }
    let first = stand.update("1.0.0.1", &PLAIN).await;
    stand.build_by_buildkit("1.0.0.1", "two", &["--load"]);
    let second = stand.update("1.0.0.1", &PLAIN).await;
    assert!(second.saved && second.file.id != first.file.id);
}

async fn loads_into_every_other_engine(stand: Stand) {
    if stand.build_by_buildkit("1.0.0.1", "one", &["--load"]) {
        travels(&stand).await;
    }
}

/// A containerd store keeps layers in the form in which they were exported.
async fn layers_can_be_plain_gzip_or_zstd(stand: Stand) {
    for compression in ["uncompressed", "gzip", "zstd"] {
        let reference = stand.reference("1.0.0.1");
        let output = format!(
            "--output=type=image,name={reference},compression={compression},\
             force-compression=true,oci-mediatypes=true"
        );
        if !stand.build_by_buildkit("1.0.0.1", "one", &[&output]) {
            return;
        }
        let elsewhere = stand.elsewhere(stand.engine.clone());
        let saved = elsewhere.update("1.0.0.1", &ZIP).await;
        let identity = elsewhere.identity_of(&saved.file.archive);
        assert_eq!(identity.diff_ids.len(), 1, "{compression}");
        assert_eq!(identity.config.to_string()[7..19], *saved.file.id.as_str(), "{compression}");
        assert!(!elsewhere.update("1.0.0.1", &PLAIN).await.saved, "{compression}");
        assert!(stand.engine.remove(&reference.to_string()).await.unwrap());
        assert!(elsewhere.load_into(&stand.engine, "1.0.0.1").await.loaded, "{compression}");
    }
}

/// Two platforms of one tag are stored as two archives, even if they have layers in common.
async fn platforms_of_one_tag_are_distinguished(stand: Stand) {
    let platforms = ["linux/amd64", "linux/arm64"].map(|text| text.parse::<Platform>().unwrap());
    let options = ["--load", "--platform=linux/amd64,linux/arm64"];
    if !stand.build_by_buildkit("1.0.0.1", "one", &options) {
        return;
    }
    let error = stand.try_update("1.0.0.1", &PLAIN, &Run::default()).await.result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(matches!(&error, Error::SeveralPlatforms { platforms: found, .. }
        if *found == platforms));

    let mut archives = Vec::new();
    for platform in &platforms {
        let options = PLAIN.clone().with_platform(platform.clone()).with_clean(true);
        let saved = stand.update("1.0.0.1", &options).await;
        assert!(saved.saved && saved.removed.is_empty(), "{saved:?}");
        let identity = stand.identity_of(&saved.file.archive);
        assert_eq!(identity.platform, *platform);
        assert!(!stand.update("1.0.0.1", &options).await.saved, "{platform}");
        archives.push(saved.file.archive.to_string());
    }
    archives.sort();
    assert_eq!(stand.files(), archives, "each platform is kept when the other is cleaned");
    let s390x = PLAIN.clone().with_platform("linux/s390x".parse::<Platform>().unwrap());
    let error = stand.try_update("1.0.0.1", &s390x, &Run::default()).await.result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().ends_with("is for linux/amd64, linux/arm64, not for linux/s390x"));

    let reference = stand.reference("1.0.0.1").to_string();
    let query = Query::new(stand.repository(), None);
    let error = path(&stand.store(), &query, &Run::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    for platform in &platforms {
        assert!(stand.engine.remove(&reference).await.unwrap());
        let selection = Selection::Latest(LatestOptions::default().with_platform(platform.clone()));
        let loaded = stand.load_all(&stand.engine, selection).await;
        assert!(loaded[0].loaded, "{platform}");
        let options = PLAIN.clone().with_platform(platform.clone());
        assert!(!stand.update("1.0.0.1", &options).await.saved, "{platform} was loaded");
    }
}

suite! { docker, "docker":
    keeps_after_a_rebuild_that_changed_nothing_but_provenance
    saves_again_after_a_change
    loads_into_every_other_engine
}
suite! { moby_classic, "moby-classic":
    keeps_after_a_rebuild_that_changed_nothing_but_provenance
    saves_again_after_a_change
    loads_into_every_other_engine
}
suite! { moby_containerd, "moby-containerd":
    keeps_after_a_rebuild_that_changed_nothing_but_provenance
    saves_again_after_a_change
    loads_into_every_other_engine
    layers_can_be_plain_gzip_or_zstd
    platforms_of_one_tag_are_distinguished
}
suite! { trixie_containerd, "trixie-containerd":
    keeps_after_a_rebuild_that_changed_nothing_but_provenance
    saves_again_after_a_change
    loads_into_every_other_engine
    layers_can_be_plain_gzip_or_zstd
}
