//! What an update is going to do, as data.

use sealift_filename::ArchivePath;
use serde::Serialize;

use crate::action::{Action, PlanItem};
use crate::entry::Entry;
use crate::formats::Formats;
use crate::plan_options::PlanOptions;
use crate::removals::{Removal, predicted_removals};
use crate::snapshot::Snapshot;
use crate::wanted::Wanted;

/// What an update is going to do.
///
/// It serializes as `{"items": […], "remove": […]}`, with paths relative to the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// What is done for each image of the call, in its order.
    pub items: Vec<PlanItem>,
    /// What is removed at the end if all items succeed, sorted by path.
    ///
    /// As long as it is not known which image a save will bring, archives that may turn out to hold
    /// it are not included.
    pub remove: Vec<Removal>,
}

/// Decides what an update does, from a snapshot of the archives and the engine's description of all
/// images of the call.
///
/// Nothing is decided by an archive that has not been read: an archive that is damaged or unknown
/// is neither kept as the image's archive nor removed.
#[must_use = "nothing is done yet: carry out the plan"]
pub fn plan(snapshot: &Snapshot, images: &[Wanted], options: &PlanOptions) -> Plan {
    let items: Vec<PlanItem> =
        images.iter().map(|wanted| plan_item(snapshot, wanted, options)).collect();
    let remove = predicted_removals(snapshot, images, &items, options);
    Plan { items, remove }
}

/// Decides what an update does for one image, as [`plan`] does for several.
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
    match (found.zip, found.docker) {
        (Some(zip), _) => keep(zip),
        (None, Some(docker)) if options.compress => {
            Action::Compress { from: docker.archive.clone(), to: zip_of(&docker.archive) }
        }
        (None, Some(docker)) => keep(docker),
        (None, None) => Action::Save { format: options.format(), id: wanted.id() },
    }
}

/// Returns the path of the same archive as a zip. The id stays, also if it is not the config's: an
/// archive is never renamed silently.
fn zip_of(archive: &ArchivePath) -> ArchivePath {
    // The name was read in this folder, so the name of its zip is valid there too.
    archive.with_name(archive.name().to_zip()).unwrap_or_else(|_| archive.clone())
}
