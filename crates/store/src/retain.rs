//! Retention: how many archives of an image stay.

use std::collections::{BTreeMap, BTreeSet};

use sealift_archive::Platform;
use sealift_filename::ArchivePath;

use crate::latest::rank;
use crate::{By, Entry};

/// Decides which archives go so that the `keep` latest of every image and platform stay: sorted by
/// path.
///
/// Latest is meant as in [`latest`](crate::latest), by version. One and the same archive in several
/// formats counts once, and stays or goes in all of them. Only regular files that are known to hold
/// an image ever go, and only those, and links to them, are counted: [`learn`](crate::Store::learn)
/// all of them before.
pub fn retain<'a>(entries: impl IntoIterator<Item = &'a Entry>, keep: usize) -> Vec<ArchivePath> {
    let mut groups: BTreeMap<(&str, Platform), Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        if let Some(platform) = entry.platform() {
            groups.entry((entry.archive.image(), platform)).or_default().push(entry);
        }
    }
    let mut removed: Vec<ArchivePath> = Vec::new();
    for group in groups.values() {
        let mut kept = BTreeSet::new();
        for entry in rank(group, By::Precedence) {
            let name = entry.archive.name();
            let twins = (name.version(), name.id());
            if kept.contains(&twins) {
                continue;
            }
            if kept.len() < keep {
                kept.insert(twins);
            } else if entry.is_regular {
                removed.push(entry.archive.clone());
            }
        }
    }
    removed.sort_unstable();
    removed
}
