//! Entries for the tests, created without a folder.

use proptest::prelude::*;
use sealift_archive::Fault;
use sealift_catalog::{Entry, Knowledge, KnownImage, Stat, Wanted};
use sealift_filename::{Repository, Version};
use sealift_oci::{Digest, Identity, Platform};
use sealift_testing::layouts::Image;

/// Returns the identity of the image with this seed.
pub(crate) fn identity(seed: u8, architecture: &str) -> Identity {
    let image = Image { architecture: architecture.to_owned(), ..Image::new("web:1.0", seed) };
    let diff_ids = image.layers.iter().map(|layer| Digest::of(layer)).collect();
    let platform = platform(&format!("linux/{architecture}"));
    let mut identity = Identity::new(image.id().parse().unwrap(), diff_ids, platform);
    identity.created = Some("2026-01-02T03:04:05.6Z".to_owned());
    identity.repo_tags = vec!["web:1.0".to_owned()];
    identity
}

pub(crate) fn platform(text: &str) -> Platform {
    text.parse().unwrap()
}

/// Returns the entry of a correctly named archive that does not exist as a file.
pub(crate) fn entry(image: &str, version: &str, identity: &Identity, format: &str) -> Entry {
    let archive = format!("{image}_{version}_{}.{format}", identity.config.short());
    let known = KnownImage::new(identity.clone(), Digest::of(archive.as_bytes()), 1);
    unread(&archive).with_knowledge(Knowledge::Image(Box::new(known)))
}

pub(crate) fn unread(archive: &str) -> Entry {
    let stat = Stat { size: 1, modified: "2026-03-01T00:00:00.5Z".parse().unwrap() };
    Entry::new(archive.parse().unwrap(), stat)
}

/// Returns the description of an image by an engine with the classic store.
pub(crate) fn wanted(image: &str, version: &str, identity: &Identity) -> Wanted {
    vague(image, version, identity).with_config(Some(identity.config))
}

/// Returns the description of an image by an engine that does not report the config.
pub(crate) fn vague(image: &str, version: &str, identity: &Identity) -> Wanted {
    let repository = Repository::parse(image).unwrap();
    Wanted::new(repository, Version::from(version), identity.platform.clone())
        .with_diff_ids(identity.diff_ids.clone())
}

/// Generates entries of few images, versions, times and platforms, so that many are candidates for
/// the same choice.
pub(crate) fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let version = prop::sample::select(vec!["1.0", "1.9.0.0", "1.10", "1.9.0.7", "dev", "latest"]);
    let image = prop::sample::select(vec!["web", "web_admin", "team/web"]);
    let format = prop::sample::select(vec!["zip", "docker", "rkt"]);
    let what = prop::sample::select(vec![
        "amd64",
        "arm64",
        "unread",
        "none",
        "damaged",
        "unreadable",
        "misnamed",
    ]);
    let one = (
        image,
        version,
        0..4_u8,
        format,
        what,
        0..3_i64,
        prop::option::of(0..3_i64),
        prop::bool::weighted(0.9),
    );
    let one = one.prop_map(|(image, version, seed, format, what, modified, saved, removable)| {
        let architecture = if what == "arm64" { "arm64" } else { "amd64" };
        let mut entry = entry(image, version, &identity(seed, architecture), format);
        entry.stat.modified = second(modified);
        entry.removable = removable;
        match (what, &mut entry.knowledge) {
            ("unread", knowledge) => *knowledge = None,
            ("none", knowledge) => {
                *knowledge = Some(Knowledge::NoImage { reason: "is a photo".to_owned() });
            }
            ("unreadable", knowledge) => {
                *knowledge = Some(Knowledge::Unreadable { reason: "no".to_owned() });
            }
            ("misnamed", Some(Knowledge::Image(image))) => {
                image.identity.config = Digest::of(b"another image");
            }
            ("damaged", knowledge) => {
                let fault = Fault::TrailingData { at: 1 };
                *knowledge = Some(Knowledge::Damaged { fault });
            }
            (_, Some(Knowledge::Image(image))) => image.saved = saved.map(second),
            _ => {}
        }
        entry
    });
    prop::collection::vec(one, 0..12).prop_map(|mut entries| {
        entries.sort_by(|left, right| left.archive.cmp(&right.archive));
        entries.dedup_by(|left, right| left.archive == right.archive);
        entries
    })
}

pub(crate) fn second(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_767_000_000 + second).unwrap()
}
