//! Releases that were built again under the same version.

use std::collections::BTreeSet;

use sealift_filename::ImageId;
use sealift_oci::Identity;

use crate::entry::{Entry, Knowledge};
use crate::snapshot::Snapshot;
use crate::wanted::Wanted;

/// Returns the ids, sorted, of the other builds of a release that a snapshot
/// holds: archives of the same image, version and platform with another image inside. A dirty version
/// is no release, and has none.
///
/// Without the identity of what was saved, only those are returned that are certainly another build. An
/// archive that is damaged counts by the id in its name, and on every platform.
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
                None => wanted.is(there) || wanted.may_be(there),
            };
            let platform = identity.map_or(&wanted.platform, |identity| &identity.platform);
            !is_same && platform.matches(&there.platform) && entry.is_rightly_named()
        }
        Some(Knowledge::Damaged { .. }) => {
            let id = entry.archive.name().id();
            match identity {
                Some(identity) => !identity.has_short_id(id),
                None => wanted.config.is_some() && !wanted.answers_to(id),
            }
        }
        _ => false,
    };
    let entries = snapshot.of_version(&wanted.repository, &wanted.version);
    let ids: BTreeSet<ImageId> =
        entries.filter(is_other).map(|entry| entry.archive.name().id()).collect();
    ids.into_iter().collect()
}
