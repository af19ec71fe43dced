//! The checksums of a published config.

use std::collections::BTreeMap;

use sealift_filename::{ArchiveFormat, ArchivePath};
use sealift_oci::Digest;

use crate::config::image_config::{Config, ImageConfig};
use crate::published_layout::blocks_path;
use crate::sums_text;

/// The SHA-256 of the block indexes of archives, or `None` for archives without one.
pub(crate) type IndexSums = BTreeMap<ArchivePath, Option<Digest>>;

/// Returns the text of `SHA256SUMS`: the config, then its archives, each followed by its block
/// index.
///
/// For archives that are not in `indexes`, the line of the block index is copied from the previous
/// checksums if [possible](kept).
pub(crate) fn text(
    config_name: &str,
    config_sha256: &Digest,
    config: &Config,
    indexes: &IndexSums,
    before: &str,
) -> String {
    let before = sums_text::parse(before);
    let mut paths: BTreeMap<&ArchivePath, &Digest> = BTreeMap::new();
    for entry in config.values() {
        paths.insert(&entry.path, &entry.sha256);
    }
    let mut text = sums_text::line(config_name, config_sha256) + "\n";
    for (path, sha256) in paths {
        text += &(sums_text::line(path.as_str(), sha256) + "\n");
        let index = blocks_path(path);
        let sha256 = match indexes.get(path) {
            Some(sha256) => sha256.as_ref(),
            None => kept(&before, path, sha256),
        };
        if let Some(sha256) = sha256 {
            text += &(sums_text::line(&index, sha256) + "\n");
        }
    }
    text
}

/// Returns the archives in a config whose block indexes are neither in `indexes` nor in the
/// previous checksums. They belong to another publisher that has not written its checksums yet.
pub(crate) fn unknown(config: &Config, indexes: &IndexSums, before: &str) -> Vec<ArchivePath> {
    let before = sums_text::parse(before);
    let is_unknown = |entry: &&ImageConfig| {
        entry.archfmt == ArchiveFormat::Zip
            && !indexes.contains_key(&entry.path)
            && kept(&before, &entry.path, &entry.sha256).is_none()
    };
    config.values().filter(is_unknown).map(|entry| entry.path.clone()).collect()
}

/// Returns the SHA-256 of an archive's block index from checksums, if these also list the same
/// archive.
fn kept<'a>(
    sums: &'a BTreeMap<&str, Digest>,
    archive: &ArchivePath,
    sha256: &Digest,
) -> Option<&'a Digest> {
    let is_same = sums.get(archive.as_str()) == Some(sha256);
    sums.get(&*blocks_path(archive)).filter(|_| is_same)
}

/// Returns the checksums to sign: the config, then its archives.
///
/// They depend on the config only. Two publishers of the same config write the same text under the
/// same name, so the signature of one is valid for the checksums of the other. Block indexes need
/// no signature, because each fetched archive is compared with its checksum.
pub(crate) fn signed_text(config_name: &str, config_sha256: &Digest, config: &Config) -> String {
    text(config_name, config_sha256, config, &IndexSums::new(), "")
}
