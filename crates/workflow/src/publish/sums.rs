//! The checksums beside a config.

use std::collections::BTreeMap;

use sealift_filename::ArchivePath;
use sealift_oci::Digest;

use crate::config::image_config::Config;
use crate::published_layout::blocks_path;
use crate::sums_text;

/// The SHA-256 of the block indexes of archives.
pub(crate) type IndexSums = BTreeMap<ArchivePath, Digest>;

/// Returns the text of `SHA256SUMS`: the config, then the archives that it names, each with its
/// block index.
///
/// Of the archives of other publishers, the checksums before have those of the block indexes. A
/// line is kept as long as the one of its archive stays the same.
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
        let is_same = before.get(path.as_str()) == Some(sha256);
        let kept = before.get(index.as_str()).filter(|_| is_same);
        if let Some(sha256) = indexes.get(path).or(kept) {
            text += &(sums_text::line(&index, sha256) + "\n");
        }
    }
    text
}

/// Returns the checksums that are signed: the config, then the archives that it names.
///
/// They are a function of the config alone: two publishers of the same config write the same text
/// under its name, so that the signature of one fits the checksums of the other. Block indexes need
/// no signature, as each archive is compared with its checksum in the end.
pub(crate) fn signed_text(config_name: &str, config_sha256: &Digest, config: &Config) -> String {
    text(config_name, config_sha256, config, &IndexSums::new(), "")
}
