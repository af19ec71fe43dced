//! What an update would do, as data.

use sealift_docker::Engine;
use sealift_filename::{ImageId, Reference, Repository};
use sealift_store::{Action, Plan, PlanItem, Snapshot, Store, Wanted, other_builds, plan};

use crate::engine_image::Inspected;
use crate::error::Error;
use crate::run::Run;
use crate::update::resolve::ask_all;
use crate::update::{UpdateOptions, distinct, is_fatal, plan_options, rebuilt, snapshot};

/// What an update would do.
#[derive(Debug)]
pub struct UpdatePlan {
    /// What would become of the images of the call, in its order, each once.
    pub images: Vec<ImagePlan>,
    /// What would be done, without the images that fail.
    pub plan: Plan,
}

/// What would become of one image.
#[derive(Debug)]
pub struct ImagePlan {
    /// What was asked for, `image:tag`.
    pub reference: Reference,
    /// What would be done for it.
    pub result: Result<PlannedImage, Error>,
}

/// What would be done for one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedImage {
    /// The item of the plan.
    pub item: PlanItem,
    /// The ids of the other builds of the same release that are certainly in the folder, if it is saved.
    pub replaces: Vec<ImageId>,
}

/// Plans an update, and changes nothing.
///
/// Without a store, because its folder does not exist yet, everything would be saved. One image failing does
/// not stop the others, as in [`update`](crate::update()).
///
/// # Cancel safety
///
/// When the future is dropped, reading stops soon after. Nothing but records is written.
///
/// # Errors
///
/// If no engine answers or the folder can't be read. What is wrong with one image stands in its result.
pub async fn plan_update(
    engine: &Engine,
    store: Option<&Store>,
    references: &[Reference],
    options: &UpdateOptions,
    run: &Run,
) -> Result<UpdatePlan, Error> {
    let references = distinct(references);
    let mut asked = Box::pin(ask_all(engine, store, &references, options, run)).await?;
    let fatal = |image: &Result<_, Error>| image.as_ref().is_err_and(is_fatal);
    if let Some(at) = asked.images.iter().position(fatal) {
        return Err(asked.images.swap_remove(at).err().unwrap_or(Error::Interrupted));
    }
    let found: Vec<Inspected> = asked.images.iter().flatten().cloned().collect();
    let snapshot = match (asked.snapshot, store) {
        (Some(snapshot), _) => snapshot,
        (None, Some(store)) => snapshot(store, &found, options, run).await?,
        (None, None) => Snapshot::default(),
    };
    let wanted: Vec<Wanted> = found.into_iter().map(|image| image.wanted).collect();
    let items = plan(&snapshot, &wanted, &plan_options(options, Vec::new())).items;

    let mut possible = Vec::new();
    let mut spare: Vec<Repository> = Vec::new();
    let mut planned = wanted.into_iter().zip(items);
    let mut images = Vec::new();
    for (reference, image) in references.into_iter().zip(asked.images) {
        let result = image.and_then(|_| {
            let (wanted, item) = planned.next().ok_or(Error::Interrupted)?;
            let replaces = match item.action {
                Action::Save { .. } => other_builds(&snapshot, &wanted, None),
                _ => Vec::new(),
            };
            if options.immutable && !replaces.is_empty() {
                return Err(rebuilt(&wanted, replaces, store));
            }
            possible.push(wanted);
            Ok(PlannedImage { item, replaces })
        });
        if result.is_err() {
            spare.push(reference.repository().clone());
        }
        images.push(ImagePlan { reference, result });
    }
    let plan = plan(&snapshot, &possible, &plan_options(options, spare));
    Ok(UpdatePlan { images, plan })
}
