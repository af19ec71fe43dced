//! Selection of the objects to remove from a destination.

use std::collections::BTreeSet;

use sealift_catalog::{Keep, surplus};
use sealift_filename::ArchivePath;
use sealift_oci::Digest;
use sealift_remote::{Entry, Key};

use crate::config::image_config::Config;
use crate::published_layout::{BLOCKS_SUFFIX, SUMS_NAME, signed_sums_name};

/// Returns the objects to remove, in order of removal:
///
/// 1. archives of the published images that are not in the config and exceed `keep`,
/// 2. their block indexes, and block indexes without an archive,
/// 3. signed checksums of configs other than `configs`. If `configs` is empty because the previous
///    config is not known, all signed checksums are kept, because readers may still use that
///    config.
///
/// All other objects are kept.
pub(crate) fn removals(
    listed: &[Entry],
    config: &Config,
    published: &BTreeSet<&str>,
    keep: Keep,
    configs: &[Digest],
) -> Vec<Entry> {
    let named: BTreeSet<&ArchivePath> = config.values().map(|entry| &entry.path).collect();
    let archives: BTreeSet<ArchivePath> =
        listed.iter().filter_map(|entry| archive_of(&entry.key, published)).collect();
    let surplus: BTreeSet<ArchivePath> =
        surplus(&archives, keep).into_iter().filter(|archive| !named.contains(archive)).collect();
    let is_surplus =
        |key: &Key| archive_of(key, published).is_some_and(|archive| surplus.contains(&archive));
    let is_index = |key: &Key| {
        let archive = key.as_str().strip_suffix(BLOCKS_SUFFIX);
        let archive = archive.and_then(|archive| archive_of(&archive.parse().ok()?, published));
        // An interrupted removal may have left an index without its archive.
        archive.is_some_and(|archive| {
            surplus.contains(&archive) || !archives.contains(&archive) && !named.contains(&archive)
        })
    };
    let current: Vec<String> = configs.iter().map(signed_sums_name).collect();
    let is_old_sums = |key: &Key| {
        !current.is_empty()
            && is_signed_sums(key.as_str())
            && !current.iter().any(|name| key.as_str().starts_with(name))
    };
    let mut removed = Vec::new();
    for is_meant in [&is_surplus as &dyn Fn(&Key) -> bool, &is_index, &is_old_sums] {
        removed.extend(listed.iter().filter(|entry| is_meant(&entry.key)).cloned());
    }
    removed
}

/// Returns the archive that an object contains according to its name, if it is one of a published
/// image.
fn archive_of(key: &Key, published: &BTreeSet<&str>) -> Option<ArchivePath> {
    let archive: ArchivePath = key.as_str().parse().ok()?;
    let image = archive.repository();
    let image = image.as_ref().map_or(archive.image(), |image| image.as_str());
    published.contains(image).then_some(archive)
}

/// Returns `true` if a name is that of the checksums of one config, or of their signature.
fn is_signed_sums(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(SUMS_NAME).and_then(|rest| rest.strip_prefix('.')) else {
        return false;
    };
    let (hex, suffix) = rest.split_at_checked(16).unwrap_or(("", rest));
    !hex.is_empty()
        && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        && matches!(suffix, "" | ".sig" | ".minisig")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read::PublishedConfig;

    fn entry(name: &str) -> Entry {
        Entry::new(name.parse().unwrap(), 7)
    }

    fn config(path: &str) -> Config {
        let archive: ArchivePath = path.parse().unwrap();
        let name = archive.name();
        let json = serde_json::json!({ archive.image(): {
            "id": name.id(), "image": name, "tag": format!("{}:{}", archive.image(), name.version()),
            "archfmt": name.format(), "dirty": name.is_dirty(), "url": path, "path": path,
            "version": name.version(), "digest": Digest::of(b""), "size": 7,
            "sha256": Digest::of(b"").hex(), "platform": "linux/amd64",
        }});
        PublishedConfig::parse(json.to_string().as_bytes()).unwrap().images
    }

    #[test]
    fn only_surplus_archives_of_published_images_and_their_files_are_removed() {
        let (now, before, old) = (Digest::of(b"now"), Digest::of(b"before"), Digest::of(b"old"));
        let names = [
            "web_1.0.0.1_000000000001.zip",
            "web_1.0.0.1_000000000001.zip.blocks",
            "web_1.0.0.2_000000000002.zip",
            "web_1.0.0.2_000000000002.zip.blocks",
            "web_1.0.0.3_000000000003.zip",
            "web_1.0.0.0.1_000000000009.zip.blocks",
            "web_1.0.0.1_000000000001.zip.bak",
            "web_1.0.0.1.zip",
            "api_1.0.0.1_000000000001.zip",
            "api_1.0.0.1_000000000001.zip.blocks",
            "api_1.0.0.0_000000000001.zip",
            "team/web_1.0.0.1_000000000001.zip",
            "images.json",
            "SHA256SUMS",
            "SHA256SUMS.sig",
            "SHA256SUMS.bak",
            "notes.txt",
            &signed_sums_name(&now),
            &format!("{}.sig", signed_sums_name(&now)),
            &signed_sums_name(&before),
            &signed_sums_name(&old),
            &format!("{}.minisig", signed_sums_name(&old)),
        ];
        let listed = names.map(entry);
        // The config lists a version that is not the newest one, as after a roll-back.
        let config = config("web_1.0.0.2_000000000002.zip");
        let published = BTreeSet::from(["web"]);
        let removed = |number| {
            let keep = Keep::newest(number);
            let removed = removals(&listed, &config, &published, keep, &[now, before]);
            removed.iter().map(|entry| entry.key.to_string()).collect::<Vec<_>>()
        };
        let old = signed_sums_name(&old);
        let expected = [
            "web_1.0.0.1_000000000001.zip",
            "web_1.0.0.1_000000000001.zip.blocks",
            "web_1.0.0.0.1_000000000009.zip.blocks",
            &old,
            &format!("{old}.minisig"),
        ];
        assert_eq!(removed(0), expected);
        assert_eq!(removed(2), expected);
        assert_eq!(removed(3), expected[2..]);
    }
}
