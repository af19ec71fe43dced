//! Different builds of the same release.

use std::collections::BTreeSet;

use sealift_filename::ImageId;
use sealift_oci::Identity;

use crate::entry::Entry;
use crate::knowledge::Knowledge;
use crate::snapshot::Snapshot;
use crate::wanted::Wanted;

/// Returns the sorted ids of the other builds of a release: of archives in the snapshot with the
/// same image, version and platform, but another content. Returns nothing for a dirty version,
/// which is not a release.
///
/// If `identity`, that of the saved image, is not known, only archives that are certainly another
/// build are returned. The content of a damaged archive is unknown, so it is compared by the id in
/// its name, independent of the platform.
pub fn other_builds(
    snapshot: &Snapshot,
    wanted: &Wanted,
    identity: Option<&Identity>,
) -> Vec<ImageId> {
    if wanted.version.is_dirty() {
        return Vec::new();
    }
    let is_other = |entry: &&Entry| match &entry.knowledge {
        Some(Knowledge::Image(image)) => {
            let there = &image.identity;
            let is_same = match identity {
                Some(identity) => there.is_same_image(identity),
                None => wanted.matches(there) || wanted.may_match(there),
            };
            let platform = identity.map_or(&wanted.platform, |identity| &identity.platform);
            !is_same && platform.matches(&there.platform) && entry.is_rightly_named()
        }
        Some(Knowledge::Damaged { .. }) => {
            let id = entry.archive.name().id();
            match identity {
                Some(identity) => !identity.has_short_id(id),
                None => wanted.config.is_some() && !wanted.has_short_id(id),
            }
        }
        Some(Knowledge::NoImage { .. } | Knowledge::Unreadable { .. }) | None => false,
    };
    let entries = snapshot.of_version(&wanted.repository, &wanted.version);
    let ids: BTreeSet<ImageId> =
        entries.filter(is_other).map(|entry| entry.archive.name().id()).collect();
    ids.into_iter().collect()
}
