//! The decision what an update does for each image: a pure function of the images in the folder and
//! the engine.

use sealift_catalog::{Action, PlanItem, PlanOptions, Snapshot, other_builds, plan_item};
use sealift_filename::{ImageId, Reference, Repository};
use sealift_store::Store;

use crate::engine_image::Inspected;
use crate::error::Error;
use crate::immutable::refuse_other_builds;
use crate::update::options::UpdateOptions;
use crate::update::resolve::Resolved;

/// The task for one image.
pub(crate) struct Task {
    pub(crate) image: Inspected,
    pub(crate) item: PlanItem,
    /// If the image must be saved, the ids of other builds of the same release in the folder. Only
    /// builds that certainly differ are included.
    pub(crate) replaces: Vec<ImageId>,
}

/// The tasks for the images of a call.
pub(crate) struct Decision {
    /// The tasks in the order of the call.
    pub(crate) tasks: Vec<(Reference, Result<Task, Error>)>,
    pub(crate) snapshot: Snapshot,
    /// The options, with the repositories of failed images, of which nothing is removed.
    pub(crate) options: PlanOptions,
}

/// Decides what to do for every image.
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
                // Whether other archives are other builds may be known only after the save.
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
