//! The checksums beside a config.

use std::collections::BTreeMap;

use sealift_filename::{ArchiveFormat, ArchivePath};
use sealift_oci::Digest;

use crate::config::image_config::{Config, ImageConfig};
use crate::published_layout::blocks_path;
use crate::sums_text;

/// The SHA-256 of the block indexes of archives; `None` for those that have none.
pub(crate) type IndexSums = BTreeMap<ArchivePath, Option<Digest>>;

/// Returns the text of `SHA256SUMS`: the config, then the archives that it names, each with its
/// block index.
///
/// Of archives that are not in `indexes`, the line of the block index [is kept](kept).
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

/// Returns the archives in a config whose block indexes may exist and are neither in `indexes` nor
/// in the checksums before: another publisher has written them and not its checksums yet.
pub(crate) fn unknown(config: &Config, indexes: &IndexSums, before: &str) -> Vec<ArchivePath> {
    let before = sums_text::parse(before);
    let is_unknown = |entry: &&ImageConfig| {
        entry.archfmt == ArchiveFormat::Zip
            && !indexes.contains_key(&entry.path)
            && kept(&before, &entry.path, &entry.sha256).is_none()
    };
    config.values().filter(is_unknown).map(|entry| entry.path.clone()).collect()
}

/// Returns the SHA-256 of an archive's block index that checksums state, if they state that of the
/// archive as well.
fn kept<'a>(
    sums: &'a BTreeMap<&str, Digest>,
    archive: &ArchivePath,
    sha256: &Digest,
) -> Option<&'a Digest> {
    let is_same = sums.get(archive.as_str()) == Some(sha256);
    sums.get(&*blocks_path(archive)).filter(|_| is_same)
}

/// Returns the checksums that are signed: the config, then the archives that it names.
///
/// They are a function of the config alone: two publishers of the same config write the same text
/// under its name, so that the signature of one fits the checksums of the other. Block indexes need
/// no signature, as each archive is compared with its checksum in the end.
pub(crate) fn signed_text(config_name: &str, config_sha256: &Digest, config: &Config) -> String {
    text(config_name, config_sha256, config, &IndexSums::new(), "")
}
