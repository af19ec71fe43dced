//! The candidates for the latest archive, and their order.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use sealift_filename::{ArchiveFormat, ImageId};
use sealift_oci::Platform;

use crate::entry::Entry;
use crate::latest_options::{By, LatestOptions};

/// Returns the archives that can be the latest.
pub(crate) fn contenders<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    options: &LatestOptions,
) -> Vec<&'a Entry> {
    let entries: Vec<&Entry> = entries.into_iter().collect();
    let whole = WholeBuilds::among(&entries);
    let counts = |entry: &&Entry| {
        is_asked_for(entry, options)
            && !entry.holds_no_image()
            && !entry.is_misnamed()
            && !whole.replace(entry)
    };
    entries.iter().copied().filter(counts).collect()
}

/// Returns `true` if the options do not exclude an archive.
pub(crate) fn is_asked_for(entry: &Entry, options: &LatestOptions) -> bool {
    let is_wanted = |platform: Platform| {
        options.platform.as_ref().is_none_or(|wanted| wanted.normalized() == platform)
    };
    let is_left_out = options.release && entry.archive.name().is_dirty();
    !is_left_out && entry.platform().is_none_or(is_wanted)
}

/// Sorts the candidates of one image, latest first.
pub(crate) fn rank<'a>(candidates: &[&'a Entry], by: By) -> Vec<&'a Entry> {
    // All formats of a build are ordered by the time of the latest one. Otherwise compressing an
    // archive later would make its build newer than another one.
    let mut times: HashMap<BuildKey<'_>, (Timestamp, Timestamp)> = HashMap::new();
    for entry in candidates {
        let (time, modified) = (entry.time(), entry.stat.modified);
        times
            .entry(build_key(entry))
            .and_modify(|latest| *latest = (latest.0.max(time), latest.1.max(modified)))
            .or_insert((time, modified));
    }
    let key = |entry: &'a Entry| {
        let name = entry.archive.name();
        let (time, modified) = times[&build_key(entry)];
        let first = match by {
            By::Precedence => None,
            By::Modified => Some(modified),
        };
        let preference = (!is_broken(entry), format_preference(entry));
        (first, name.precedence(), time, name.id(), preference, &entry.archive)
    };
    let mut ranked = candidates.to_vec();
    ranked.sort_by_cached_key(|entry| Reverse(key(entry)));
    ranked
}

/// The key of a build within one image, which all its formats have in common: version and id.
pub(crate) type BuildKey<'a> = (&'a str, ImageId);

/// Returns the key of an archive's build.
pub(crate) fn build_key(entry: &Entry) -> BuildKey<'_> {
    (entry.archive.name().version(), entry.archive.name().id())
}

/// The builds that have an intact archive, by image. Such an archive replaces damaged or unreadable
/// archives of the same build in other formats.
pub(crate) struct WholeBuilds<'a>(HashSet<(&'a str, BuildKey<'a>)>);

impl<'a> WholeBuilds<'a> {
    pub(crate) fn among(entries: &[&'a Entry]) -> Self {
        if !entries.iter().any(|entry| is_broken(entry)) {
            return Self(HashSet::new());
        }
        let whole = entries.iter().filter(|entry| entry.is_rightly_named());
        Self(whole.map(|entry| (entry.archive.image(), build_key(entry))).collect())
    }

    /// Returns `true` if an archive is damaged or unreadable and another one can replace it.
    pub(crate) fn replace(&self, entry: &Entry) -> bool {
        is_broken(entry) && self.0.contains(&(entry.archive.image(), build_key(entry)))
    }
}

fn is_broken(entry: &Entry) -> bool {
    entry.is_damaged() || entry.is_unreadable()
}

/// Returns the preference of a format among those of the same build. The highest one is preferred.
/// A zip is preferred, because it is smaller and because clusters are configured to fetch zips.
fn format_preference(entry: &Entry) -> u8 {
    match entry.archive.name().format() {
        ArchiveFormat::Zip => 2,
        ArchiveFormat::Docker => 1,
        ArchiveFormat::Other(_) => 0,
    }
}
