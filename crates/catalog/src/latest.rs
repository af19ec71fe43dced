//! Which archive of an image is the latest.

use std::collections::{BTreeMap, BTreeSet};

use sealift_oci::Platform;

use crate::contenders::{WholeBuilds, build_key, contenders, is_asked_for, rank};
use crate::entry::Entry;
use crate::flaw::PassedOver;
use crate::latest_options::LatestOptions;

/// Returns the latest archive of every image, one for each of its platforms, sorted by path. The
/// result does not depend on the order of the entries.
///
/// The highest [precedence](sealift_filename::Precedence) is the latest; among archives of one
/// version, the one with the latest [time](Entry::time), then with the highest id. If a build has
/// archives in several formats, zip is chosen before docker, and docker before all others.
///
/// An archive that is known to hold no image, or that is [misnamed](Entry::is_misnamed), does not
/// count. One that is unread, damaged or unreadable competes on every platform, because it may be
/// for any; if it is damaged or unreadable, it does not count if the same build has a whole archive
/// in another format.
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

/// Returns the archives that [`latest`] would have chosen without their flaws, sorted by path:
/// those that are misnamed, and those that are damaged or unreadable and have a whole archive of
/// the same build in another format.
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
        // The platform of a misnamed archive is known, so it competes with the winner of that
        // platform. The platform of a broken one is unknown, and only the same build replaces it.
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

/// Returns the latest of each platform among the candidates of one image.
///
/// Platforms come from the archives whose content is known. An archive of unknown platform can be
/// the winner of several of them, and then appears once. If no platform is known, all candidates
/// are one group: the highest version wins.
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
