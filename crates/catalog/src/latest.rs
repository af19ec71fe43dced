//! Which archive of an image is the latest: the question without a folder.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use sealift_filename::ImageId;
use sealift_oci::Platform;

use crate::entry::Entry;
use crate::flaw::PassedOver;

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

/// Returns the latest archive of every image, one for each of its platforms, sorted by path. The
/// result does not depend on the order of the entries.
///
/// The highest [precedence](sealift_filename::Precedence) is the latest; among archives of one
/// version, the one with the latest [time](Entry::time), then with the highest id. Of the formats in
/// which there is one and the same archive, zip is chosen before docker, and that before all others.
///
/// An archive that is known to hold no image, or that is [misnamed](Entry::is_misnamed), does not
/// count. One that hasn't been read yet, is damaged, or can't be read competes on every platform,
/// since it may be of any; a damaged or unreadable one does not count if the same archive is there
/// in another format, whole.
pub fn latest<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    options: &LatestOptions,
) -> Vec<&'a Entry> {
    let mut latest: Vec<&Entry> = by_image(contenders(entries, options))
        .values()
        .flat_map(|candidates| winners(candidates, options))
        .collect();
    latest.sort_by(|left, right| left.archive.cmp(&right.archive));
    latest
}

/// Returns the archives that [`latest`] would have chosen without their flaws, sorted by path: those
/// that are misnamed, and those that are damaged or can't be read and are there in another format.
pub fn passed_over<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    options: &LatestOptions,
) -> Vec<PassedOver> {
    let entries: Vec<&Entry> = entries.into_iter().collect();
    let twins = WholeTwins::among(&entries);
    let is_flawed = |entry: &Entry| entry.is_misnamed() || twins.replace(entry);
    if !entries.iter().any(|entry| is_flawed(entry)) {
        return Vec::new();
    }
    let images = by_image(contenders(entries.iter().copied(), options));
    let mut passed_over = Vec::new();
    for entry in entries.iter().filter(|entry| is_flawed(entry) && is_asked_for(entry, options)) {
        let Some(flaw) = entry.flaw() else { continue };
        let winners = match images.get(entry.archive.image()) {
            Some(candidates) => winners(candidates, options),
            None => Vec::new(),
        };
        let rival = winners.iter().copied().find(|winner| match entry.is_misnamed() {
            true => winner.platform().is_none() || winner.platform() == entry.platform(),
            false => twin_key(winner) == twin_key(entry),
        });
        let is_first = match rival {
            Some(rival) if entry.is_misnamed() => {
                rank(&[entry, rival], options.by)[0].archive == entry.archive
            }
            Some(_) => true,
            None => entry.is_misnamed(),
        };
        if is_first {
            let instead = rival.or(winners.first().copied()).map(|winner| winner.archive.clone());
            passed_over.push(PassedOver { archive: entry.archive.clone(), flaw, instead });
        }
    }
    passed_over.sort_by(|left, right| left.archive.cmp(&right.archive));
    passed_over
}

fn by_image(entries: Vec<&Entry>) -> BTreeMap<&str, Vec<&Entry>> {
    let mut images: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        images.entry(entry.archive.image()).or_default().push(entry);
    }
    images
}

/// Returns the archives that can be chosen at all.
pub(crate) fn contenders<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    options: &LatestOptions,
) -> Vec<&'a Entry> {
    let entries: Vec<&Entry> = entries.into_iter().collect();
    let twins = WholeTwins::among(&entries);
    let counts = |entry: &&Entry| {
        is_asked_for(entry, options)
            && !entry.holds_no_image()
            && !entry.is_misnamed()
            && !twins.replace(entry)
    };
    entries.iter().copied().filter(counts).collect()
}

fn is_asked_for(entry: &Entry, options: &LatestOptions) -> bool {
    let is_wanted = |platform: Platform| {
        options.platform.as_ref().is_none_or(|wanted| wanted.normalized() == platform)
    };
    let is_left_out = options.release && entry.archive.name().is_dirty();
    !is_left_out && entry.platform().is_none_or(is_wanted)
}

/// The whole archives by which damaged ones of the same image, version and id can be replaced.
struct WholeTwins<'a>(HashSet<(&'a str, (&'a str, ImageId))>);

impl<'a> WholeTwins<'a> {
    fn among(entries: &[&'a Entry]) -> Self {
        if !entries.iter().any(|entry| is_broken(entry)) {
            return Self(HashSet::new());
        }
        let whole = entries.iter().filter(|entry| entry.is_rightly_named());
        Self(whole.map(|entry| (entry.archive.image(), twin_key(entry))).collect())
    }

    /// Returns `true` if an archive is of no use, and there is another one for it.
    fn replace(&self, entry: &Entry) -> bool {
        is_broken(entry) && self.0.contains(&(entry.archive.image(), twin_key(entry)))
    }
}

fn is_broken(entry: &Entry) -> bool {
    entry.is_damaged() || entry.is_unreadable()
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
        let preference = (!is_broken(entry), format_preference(entry));
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
