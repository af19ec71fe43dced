//! Which archive of an image is the latest: the question without a folder.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use sealift_archive::Platform;
use sealift_filename::ImageId;

use crate::Entry;

/// By what one archive is later than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum By {
    /// By its version.
    #[default]
    Precedence,
    /// By when its file was last modified.
    Modified,
}

/// Which archives count, and how they follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LatestOptions {
    /// By what one archive is later than another.
    pub by: By,
    /// Leave out dirty versions.
    pub release: bool,
    /// Leave out all other platforms.
    pub platform: Option<Platform>,
}

/// Gives the latest archive of every image, one for each of its platforms, sorted by path. It doesn't
/// depend on the order of the entries.
///
/// Highest [precedence](sealift_filename::Precedence) is latest; among archives of one version, the
/// one of the latest [time](Entry::time), then of the highest id. Of the formats in which there is
/// one and the same archive, zip is chosen before docker, and that before all others. What is known to
/// hold no image doesn't count. What hasn't been read yet, or is damaged, competes on every platform:
/// it may be of any.
pub fn latest<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    options: &LatestOptions,
) -> Vec<&'a Entry> {
    let mut images: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        if counts(entry, options) {
            images.entry(entry.archive.image()).or_default().push(entry);
        }
    }
    let mut latest: Vec<&Entry> =
        images.values().flat_map(|candidates| winners(candidates, options)).collect();
    latest.sort_by(|left, right| left.archive.cmp(&right.archive));
    latest
}

/// Tells whether an archive is a candidate at all.
pub(crate) fn counts(entry: &Entry, options: &LatestOptions) -> bool {
    let is_wanted = |platform: Platform| {
        options.platform.as_ref().is_none_or(|wanted| wanted.normalized() == platform)
    };
    let is_left_out = options.release && entry.archive.name().is_dirty();
    !is_left_out && !entry.holds_no_image() && entry.platform().is_none_or(is_wanted)
}

/// Gives the latest of each platform among the candidates of one image.
fn winners<'a>(candidates: &[&'a Entry], options: &LatestOptions) -> Vec<&'a Entry> {
    let ranked = rank(candidates, options.by);
    let platforms: BTreeSet<Option<Platform>> = match &options.platform {
        Some(platform) => BTreeSet::from([Some(platform.normalized())]),
        None => {
            let known: BTreeSet<_> =
                ranked.iter().map(|entry| entry.platform()).filter(Option::is_some).collect();
            // Nothing is known of any: then they are one group.
            if known.is_empty() { BTreeSet::from([None]) } else { known }
        }
    };
    let mut winners: Vec<&Entry> = Vec::new();
    for platform in platforms {
        let winner = ranked
            .iter()
            .find(|entry| entry.platform().is_none_or(|of| platform.as_ref() == Some(&of)));
        if let Some(winner) = winner
            && !winners.iter().any(|other| other.archive == winner.archive)
        {
            winners.push(winner);
        }
    }
    winners
}

/// Sorts the candidates of one image, latest first.
pub(crate) fn rank<'a>(candidates: &[&'a Entry], by: By) -> Vec<&'a Entry> {
    // The same archive in several formats stands where the latest of them stands.
    let mut times: HashMap<(&str, ImageId), (Timestamp, Timestamp)> = HashMap::new();
    for entry in candidates {
        let (time, modified) = (entry.time(), entry.stat.modified);
        times
            .entry(twin_key(entry))
            .and_modify(|latest| *latest = (latest.0.max(time), latest.1.max(modified)))
            .or_insert((time, modified));
    }
    let key = |entry: &'a Entry| {
        let name = entry.archive.name();
        let (time, modified) = times[&twin_key(entry)];
        let first = match by {
            By::Precedence => None,
            By::Modified => Some(modified),
        };
        let preference = (!entry.is_damaged(), format_preference(entry));
        (first, name.precedence(), time, name.id(), preference, &entry.archive)
    };
    let mut ranked = candidates.to_vec();
    ranked.sort_by_cached_key(|entry| Reverse(key(entry)));
    ranked
}

/// What the same archive has in common in all formats.
fn twin_key(entry: &Entry) -> (&str, ImageId) {
    (entry.archive.name().version(), entry.archive.name().id())
}

/// Which format is preferred among those of the same archive, higher is better: a zip is smaller, and
/// it is what clusters are told to fetch.
fn format_preference(entry: &Entry) -> u8 {
    match entry.archive.name().format().as_str() {
        "zip" => 2,
        "docker" => 1,
        _ => 0,
    }
}
