//! The plan of an update, as data.

use sealift_archive::FaultKind;
use sealift_filename::{ArchiveFormat, ArchivePath};
use serde::Serialize;

use crate::action::{Action, PlanItem};
use crate::entry::Entry;
use crate::formats::Formats;
use crate::knowledge::Knowledge;
use crate::plan_options::PlanOptions;
use crate::removals::{Removal, predicted_removals};
use crate::snapshot::Snapshot;
use crate::wanted::Wanted;

/// The plan of an update.
///
/// It serializes as `{"items": […], "remove": […]}`, with paths relative to the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The actions for each image of the call, in the order of the call.
    pub items: Vec<PlanItem>,
    /// The archives to remove at the end if all items succeed, sorted by path.
    ///
    /// If the result of a save is not known in advance, archives that can contain the same image
    /// are not included.
    pub remove: Vec<Removal>,
}

/// Creates the plan of an update from a snapshot of the archives and the engine's descriptions of
/// all images of the call.
///
/// An archive that is damaged or whose content is unknown is not kept as the archive of an image,
/// and is not removed. A damaged zip is replaced by a new zip, also if `compress` is not set.
#[must_use = "nothing is done yet: carry out the plan"]
pub fn plan(snapshot: &Snapshot, images: &[Wanted], options: &PlanOptions) -> Plan {
    let items: Vec<PlanItem> =
        images.iter().map(|wanted| plan_item(snapshot, wanted, options)).collect();
    let remove = predicted_removals(snapshot, images, &items, options);
    Plan { items, remove }
}

/// Creates the part of a plan for one image.
#[must_use = "nothing is done yet: carry out the item"]
pub fn plan_item(snapshot: &Snapshot, wanted: &Wanted, options: &PlanOptions) -> PlanItem {
    PlanItem {
        image: wanted.repository.clone(),
        version: wanted.version.clone(),
        platform: wanted.platform.clone(),
        action: decide(snapshot, wanted, options),
    }
}

fn decide(snapshot: &Snapshot, wanted: &Wanted, options: &PlanOptions) -> Action {
    let found = Formats::find(
        snapshot,
        wanted,
        |entry| entry.identity().is_some_and(|identity| wanted.matches(identity)),
        |id| wanted.has_short_id(id),
    );
    if let Some(entry) = found.unsupported {
        return Action::UnsupportedFormat { archive: entry.archive.clone() };
    }
    let keep = |entry: &Entry| Action::Keep { archive: entry.archive.clone() };
    let compress = options.compress || has_damaged_zip(snapshot, wanted);
    let options = options.clone().with_compress(compress);
    match (found.zip, found.docker) {
        (Some(zip), _) => keep(zip),
        (None, Some(docker)) if options.compress => {
            Action::Compress { from: docker.archive.clone(), to: zip_of(&docker.archive) }
        }
        (None, Some(docker)) => keep(docker),
        (None, None) => Action::Save { format: options.format(), id: wanted.id() },
    }
}

/// Returns `true` if a damaged zip has the name of the image's archive. The new archive is then a
/// zip as well, so that it replaces the damaged one instead of being added next to it.
///
/// If the engine does not report the config, the id in the name is not known, so any zip of the
/// version counts.
fn has_damaged_zip(snapshot: &Snapshot, wanted: &Wanted) -> bool {
    snapshot.of_version(&wanted.repository, &wanted.version).any(|entry| {
        let name = entry.archive.name();
        let is_damaged = matches!(
            &entry.knowledge,
            Some(Knowledge::Damaged { fault }) if fault.kind() == FaultKind::Damaged
        );
        is_damaged
            && name.format() == ArchiveFormat::Zip
            && (wanted.config.is_none() || wanted.has_short_id(name.id()))
    })
}

/// Returns the path of the same archive as a zip. The id does not change, even if it is not that of
/// the config, because an archive is never renamed silently.
fn zip_of(archive: &ArchivePath) -> ArchivePath {
    // The name is valid in this folder, so the name of its zip is valid there as well.
    archive.with_name(archive.name().to_zip()).unwrap_or_else(|_| archive.clone())
}
