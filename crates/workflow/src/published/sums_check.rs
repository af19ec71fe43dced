//! Comparison of the checksums next to a config with the config.

use std::collections::BTreeMap;

use sealift_filename::ArchivePath;
use sealift_oci::Digest;

use crate::published::place::{PublishedPlace, ReadConfig, key};
use crate::published::report::Beside;
use crate::published_layout::{MAX_SUMS_SIZE, SUMS_NAME, blocks_path};
use crate::sums_text;

/// The checksums next to a config, and their state.
pub(crate) struct PublishedSums {
    sums: BTreeMap<String, Digest>,
    pub(crate) state: Beside,
}

impl PublishedSums {
    /// Reads the checksums and compares them with the config.
    pub(crate) async fn read(place: &PublishedPlace, config: &ReadConfig) -> Self {
        let text = match place.read_text(&key(SUMS_NAME), MAX_SUMS_SIZE).await {
            Ok(Some((text, _))) => text,
            Ok(None) => {
                // `sealift config -o` writes a config without checksums and without a sequence
                // number.
                let state =
                    if config.config.sequence == 0 { Beside::None } else { Beside::Missing };
                return Self { sums: BTreeMap::new(), state };
            }
            Err(error) => {
                let state = Beside::Unreadable { reason: error.to_string() };
                return Self { sums: BTreeMap::new(), state };
            }
        };
        let sums: BTreeMap<String, Digest> = sums_text::parse(&text)
            .into_iter()
            .map(|(path, sha256)| (path.to_owned(), sha256))
            .collect();
        let state = match wrong(&sums, place.config().as_str(), config) {
            Some(reason) => Beside::Wrong { reason },
            None => Beside::Right,
        };
        Self { sums, state }
    }

    /// Returns the expected SHA-256 of an archive's block index. `None` if it is not listed, or if
    /// the checksums do not match the config.
    pub(crate) fn of_index(&self, archive: &ArchivePath) -> Option<Digest> {
        let belong = self.state == Beside::Right;
        self.sums.get(&blocks_path(archive)).filter(|_| belong).copied()
    }
}

/// Returns the first mismatch between checksums and a config, a clause.
fn wrong(sums: &BTreeMap<String, Digest>, name: &str, config: &ReadConfig) -> Option<String> {
    let listed = sums.get(name);
    let sha256 = config.sha256();
    // The checksums that `sealift config --format sums` writes do not list the config.
    if listed.is_none() && config.config.sequence > 0 {
        return Some(format!("it does not list {name}"));
    }
    if listed.is_some_and(|listed| *listed != sha256) {
        return Some(format!("it belongs to another {name}"));
    }
    config.config.images.values().find_map(|entry| match sums.get(entry.path.as_str()) {
        None => Some(format!("it does not list {}", entry.path)),
        Some(sha256) if *sha256 != entry.sha256 => {
            Some(format!("its SHA-256 of {} differs from the config", entry.path))
        }
        Some(_) => None,
    })
}
