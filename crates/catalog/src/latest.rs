//! The choice of the latest archive of an image.

use std::collections::{BTreeMap, BTreeSet};

use sealift_oci::Platform;

use crate::contenders::{WholeBuilds, build_key, contenders, is_asked_for, rank};
use crate::entry::Entry;
use crate::flaw::PassedOver;
use crate::latest_options::LatestOptions;

/// Returns the latest archive of each image and platform, sorted by path. The result does not
/// depend on the order of the entries.
///
/// The latest archive is the one with the highest [precedence](sealift_filename::Precedence). Among
/// archives of one version, it is the one with the latest [time](Entry::time), then the one with
/// the highest id. If a build has archives in several formats, zip is preferred to docker, and
/// docker to all others.
///
/// An archive is ignored if it is known to contain no image or to be
/// [misnamed](Entry::is_misnamed). The platform of an unread, damaged or unreadable archive is
/// unknown, so it is a candidate for every platform. However, a damaged or unreadable archive is
/// ignored if the same build has an intact archive in another format.
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

/// Returns the archives that [`latest`] would have chosen if they had no flaws, sorted by path.
/// These are misnamed archives, and damaged or unreadable ones if the same build has an intact
/// archive in another format.
pub fn passed_over<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    options: &LatestOptions,
) -> Vec<PassedOver> {
    let entries: Vec<&Entry> = entries.into_iter().collect();
    let whole = WholeBuilds::among(&entries);
    let is_flawed = |entry: &Entry| entry.is_misnamed() || whole.replace(entry);
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
        // The platform of a misnamed archive is known, so it is compared with the latest archive of
        // that platform. The platform of a damaged one is unknown, and only the same build replaces
        // it.
        let rival = winners.iter().copied().find(|winner| match entry.is_misnamed() {
            true => winner.platform().is_none() || winner.platform() == entry.platform(),
            false => build_key(winner) == build_key(entry),
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

/// Returns the latest archive of each platform among the candidates of one image.
///
/// The platforms are those of the archives whose content is known. An archive with an unknown
/// platform can be the latest of several platforms, and is then returned once. If no platform is
/// known, all candidates form one group.
fn winners<'a>(candidates: &[&'a Entry], options: &LatestOptions) -> Vec<&'a Entry> {
    let ranked = rank(candidates, options.by);
    let platforms: BTreeSet<Option<Platform>> = match &options.platform {
        Some(platform) => BTreeSet::from([Some(platform.normalized())]),
        None => {
            let known: BTreeSet<_> =
                ranked.iter().map(|entry| entry.platform()).filter(Option::is_some).collect();
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
