//! The plan of an update.

use std::path::{Path, PathBuf};

use sealift_catalog::{Action, Plan, PlanItem, plan};
use sealift_docker::Engine;
use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Reference, Repository, Version};
use sealift_oci::Platform;
use sealift_store::Store;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::path_text::PathText;
use crate::run::Run;
use crate::update::decide::{Decision, decide};
use crate::update::options::UpdateOptions;
use crate::update::report::{RemovedArchive, serialize_failed};
use crate::update::resolve::resolve;

/// The actions that an update would take.
///
/// It serializes as `{items: […], would_remove: […]}`, with the paths of the archives in the
/// folder.
#[derive(Debug)]
#[non_exhaustive]
pub struct UpdatePlan {
    /// The images of the call, in its order and without duplicates.
    pub images: Vec<ImagePlan>,
    /// The plan, without the images that fail.
    pub plan: Plan,
    /// The folder, which is the start of the paths of archives.
    pub folder: PathBuf,
}

/// The plan for one image, or its error.
#[derive(Debug)]
#[non_exhaustive]
pub struct ImagePlan {
    /// The requested image.
    pub reference: Reference,
    /// The plan or the error.
    pub result: Result<PlannedImage, Error>,
}

/// The plan for one image.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedImage {
    /// The item of the plan.
    pub item: PlanItem,
    /// If the image must be saved, the ids of other builds of the same release in the folder. Only
    /// builds that certainly differ are included.
    pub replaces: Vec<ImageId>,
}

/// Returns what [`update`](crate::update()) would do, without changing anything.
///
/// `store` is `None` if the folder does not exist yet; all images must be saved then. If one image
/// fails, the others are still planned.
///
/// # Cancel safety
///
/// If the future is dropped, reading stops soon after. Only records are written.
///
/// # Panics
///
/// Panics outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// Returns an error if the engine does not answer or the folder cannot be read. Errors of single
/// images are in their results.
pub async fn plan_update(
    engine: &Engine,
    store: Option<&Store>,
    references: &[Reference],
    options: &UpdateOptions,
    run: &Run,
) -> Result<UpdatePlan, Error> {
    let resolved = Box::pin(resolve(engine, store, references, options, run)).await?;
    let Decision { tasks, snapshot, options } = decide(resolved, options, store);
    let (mut possible, mut images) = (Vec::new(), Vec::new());
    for (reference, task) in tasks {
        let result = task.map(|task| {
            possible.push(task.image.wanted);
            PlannedImage { item: task.item, replaces: task.replaces }
        });
        images.push(ImagePlan { reference, result });
    }
    let folder = store.map(|store| store.root().to_owned()).unwrap_or_default();
    Ok(UpdatePlan { images, plan: plan(&snapshot, &possible, &options), folder })
}

impl Serialize for UpdatePlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let items = self.images.iter().map(|image| Item { image, folder: &self.folder });
        let removed = |removal| RemovedArchive::new(removal, &self.folder);
        let mut document = serializer.serialize_struct("UpdatePlan", 2)?;
        document.serialize_field("items", &items.collect::<Vec<_>>())?;
        let would_remove: Vec<_> = self.plan.remove.iter().map(removed).collect();
        document.serialize_field("would_remove", &would_remove)?;
        document.end()
    }
}

/// The JSON form of an image in a plan.
struct Item<'a> {
    image: &'a ImagePlan,
    folder: &'a Path,
}

impl Serialize for Item<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let PlannedImage { item, replaces } = match &self.image.result {
            Ok(planned) => planned,
            Err(error) => return serialize_failed(&self.image.reference, error, serializer),
        };
        let path = |archive: &ArchivePath| PathText(self.folder.join(archive.as_str()));
        let action = match &item.action {
            Action::Keep { archive } => ActionDocument::Keep { path: path(archive) },
            Action::Save { format, id } => ActionDocument::Save { format, id: *id, replaces },
            Action::Compress { from, to } => {
                ActionDocument::Compress { from: path(from), to: path(to) }
            }
            Action::UnsupportedFormat { archive } => {
                ActionDocument::UnsupportedFormat { path: path(archive) }
            }
        };
        let PlanItem { image, version, platform, .. } = item;
        ItemDocument { image, version, platform, action }.serialize(serializer)
    }
}

#[derive(Serialize)]
struct ItemDocument<'a> {
    image: &'a Repository,
    version: &'a Version,
    platform: &'a Platform,
    #[serde(flatten)]
    action: ActionDocument<'a>,
}

#[derive(Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
enum ActionDocument<'a> {
    Keep { path: PathText },
    Save { format: &'a ArchiveFormat, id: Option<ImageId>, replaces: &'a [ImageId] },
    Compress { from: PathText, to: PathText },
    UnsupportedFormat { path: PathText },
}
