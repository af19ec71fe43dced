//! What an update does for each image: a pure function of what the folder and the engine have.

use sealift_catalog::{Action, PlanItem, PlanOptions, Snapshot, other_builds, plan_item};
use sealift_filename::{ImageId, Reference, Repository};
use sealift_store::Store;

use crate::engine_image::Inspected;
use crate::error::Error;
use crate::immutable::refuse_other_builds;
use crate::update::options::UpdateOptions;
use crate::update::resolve::Resolved;

/// What is to be done for an image.
pub(crate) struct Task {
    pub(crate) image: Inspected,
    pub(crate) item: PlanItem,
    /// The ids of the other builds of the same release that are certainly in the folder, if it is
    /// saved.
    pub(crate) replaces: Vec<ImageId>,
}

/// What is to be done for the images of a call.
pub(crate) struct Decision {
    /// In the order of the call.
    pub(crate) tasks: Vec<(Reference, Result<Task, Error>)>,
    pub(crate) snapshot: Snapshot,
    /// With the images of which nothing is to be cleaned, as one of them has failed already.
    pub(crate) options: PlanOptions,
}

/// Decides what is to be done for every image that the engine has.
pub(crate) fn decide(
    resolved: Resolved,
    options: &UpdateOptions,
    store: Option<&Store>,
) -> Decision {
    let Resolved { images, snapshot } = resolved;
    let planning = options.planning(Vec::new());
    let mut tasks = Vec::new();
    for (reference, image) in images {
        let task = image.and_then(|image| {
            let item = plan_item(&snapshot, &image.wanted, &planning);
            let replaces = match item.action {
                // What is not certain yet is decided once the save has told which build it is.
                Action::Save { .. } => other_builds(&snapshot, &image.wanted, None),
                Action::Keep { .. }
                | Action::Compress { .. }
                | Action::UnsupportedFormat { .. } => Vec::new(),
            };
            refuse_other_builds(options.immutable, &image.reference, &replaces, store)?;
            Ok(Task { image, item, replaces })
        });
        tasks.push((reference, task));
    }
    let failed = tasks.iter().filter(|(_, task)| task.is_err());
    let spare: Vec<Repository> =
        failed.map(|(reference, _)| reference.repository().clone()).collect();
    Decision { tasks, snapshot, options: options.planning(spare) }
}
