//! Brings a folder in step with an engine.

mod carry_out;
pub(crate) mod clean_up;
pub(crate) mod plan;
mod resolve;

use std::path::PathBuf;

use futures_util::{StreamExt as _, stream};
use sealift_archive::Level;
use sealift_docker::Engine;
use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Reference, Repository};
use sealift_oci::{Digest, Platform};
use sealift_store::{Keep, Outcome, PlanOptions, Snapshot, Store, Wanted, plan, removals};
use serde::Serialize;

use crate::engine_image::{Inspected, with_version};
use crate::error::{Error, ErrorKind};
use crate::run::Run;
use crate::select::learn::{report_unreadable, with_learning};
use crate::update::carry_out::{Done, Worker};
use crate::update::clean_up::RemovedArchive;
use crate::update::clean_up::clean_up;
use crate::update::resolve::{Asked, ask_all};

/// How to update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateOptions {
    /// Archives end as zips, whether or not they were saved now.
    pub compress: bool,
    /// How hard to compress.
    pub level: Level,
    /// Remove other archives of the call's images, once everything else is durable.
    pub clean: bool,
    /// With `clean`: keep this many of them, as [`plan_clean`](crate::plan_clean()) does.
    pub keep: Option<Keep>,
    /// Take the images for this platform.
    pub platform: Option<Platform>,
    /// How many images to work on at a time.
    pub jobs: usize,
    /// Refuse another build of a release that is in the folder.
    pub immutable: bool,
}

impl Default for UpdateOptions {
    fn default() -> Self {
        Self {
            compress: false,
            level: Level::Default,
            clean: false,
            keep: None,
            platform: None,
            jobs: 1,
            immutable: false,
        }
    }
}

/// How an update went, image by image.
#[derive(Debug)]
pub struct UpdateReport {
    /// The images of the call, in its order, each once.
    pub images: Vec<ImageUpdate>,
    /// What went wrong with the removals at the end. The images are all in the folder nevertheless.
    pub clean_errors: Vec<Error>,
}

/// How an update went for one image.
#[derive(Debug)]
pub struct ImageUpdate {
    /// What was asked for, `image:tag`.
    pub reference: Reference,
    /// What became of it.
    pub result: Result<Updated, Error>,
}

/// An image that is in the folder now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Updated {
    /// The image.
    pub image: String,
    /// The version.
    pub version: String,
    /// The id in the archive's name.
    pub id: ImageId,
    /// The full digest of the image's config.
    pub digest: Digest,
    /// The archive's name, relative to the folder.
    #[serde(skip)]
    pub archive: ArchivePath,
    /// The path of the archive, with the folder in front.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// Its format.
    pub format: ArchiveFormat,
    /// Whether it was saved now.
    pub saved: bool,
    /// Whether it was made a zip now.
    pub compressed: bool,
    /// The size of the file in bytes.
    pub size: u64,
    /// The size of the plain archive inside in bytes.
    pub plain_size: u64,
    /// The ids of the other builds of the same release that were in the folder, if it was saved now.
    pub replaces: Vec<ImageId>,
    /// What was removed for it at the end.
    pub removed: Vec<RemovedArchive>,
}

/// Saves images from an engine into a folder, where they aren't there yet.
///
/// What is there under its version is kept, whatever engine wrote it. A save is proven whole, and proven to
/// be the image that the engine had shown, before its archive appears. One image failing doesn't
/// stop the others; nothing of a failed image is cleaned.
///
/// Once it is cancelled, the report says which images are in the folder; the others failed with [`Error::Interrupted`].
///
/// # Cancel safety
///
/// When the future is dropped, the work that runs on other threads stops soon after and removes its staging files. Each
/// archive is then either published or not there at all.
///
/// # Errors
///
/// Where nothing at all can be done: no engine answers, the folder can't be read. What goes wrong with one
/// image stands in its result.
pub async fn update(
    engine: &Engine,
    store: &Store,
    references: &[Reference],
    options: &UpdateOptions,
    run: &Run,
) -> Result<UpdateReport, Error> {
    let references = distinct(references);
    let sweeper = store.clone();
    run.blocking(move |_| Ok(sweeper.sweep()?)).await?;

    // It is large, and stands on the heap.
    let asked = Box::pin(ask_all(engine, Some(store), &references, options, run)).await;
    let Asked { images: mut asked, snapshot: known } = asked?;
    let fatal = |image: &Result<_, Error>| image.as_ref().is_err_and(is_fatal);
    if let Some(at) = asked.iter().position(fatal) {
        return Err(asked.swap_remove(at).err().unwrap_or(Error::Interrupted));
    }
    let found: Vec<Inspected> = asked.iter().flatten().cloned().collect();
    let spare = references
        .iter()
        .zip(&asked)
        .filter(|(_, image)| image.is_err())
        .map(|(reference, _)| reference.repository().clone())
        .collect();
    let plan_options = plan_options(options, spare);
    let snapshot = match known {
        Some(snapshot) => snapshot,
        None => snapshot(store, &found, options, run).await?,
    };
    let wanted: Vec<Wanted> = found.iter().map(|image| image.wanted.clone()).collect();
    let plan = plan(&snapshot, &wanted, &plan_options);

    let work = Worker {
        engine,
        store,
        snapshot: &snapshot,
        options: &plan_options,
        level: options.level,
        immutable: options.immutable,
        run,
    };
    let mut done: Vec<(usize, Result<Done, Error>)> =
        stream::iter(found.into_iter().zip(plan.items).enumerate())
            .map(|(index, (image, item))| {
                let (work, reference) = (&work, image.reference.clone());
                async move {
                    let done = work.carry_out(image, item.action).await;
                    (index, done.map_err(|error| about(error, reference)))
                }
            })
            .buffer_unordered(options.jobs.max(1))
            .collect()
            .await;
    done.sort_by_key(|(index, _)| *index);

    // The results of what the engine has stand between those of what it doesn't have.
    let mut done = done.into_iter().map(|(_, result)| result);
    let results: Vec<Result<Done, Error>> = asked
        .into_iter()
        .map(|image| image.and_then(|_| done.next().unwrap_or(Err(Error::Interrupted))))
        .collect();
    let (removed, clean_errors) = match run.cancel().is_cancelled() {
        // Whoever wants to stop doesn't want anything removed either.
        true => (Vec::new(), vec![Error::Interrupted]),
        false => {
            let outcomes = outcomes(&references, &results);
            // What came without a part that engines always write may have lost more: nothing is
            // removed for it.
            let suspects = results.iter().flatten().filter(|done| done.lacked_manifest);
            let suspects: Vec<_> = suspects.map(|done| &done.wanted.repository).collect();
            let planned = removals(&snapshot, &outcomes, &plan_options);
            clean_up(store, planned, &suspects, run).await
        }
    };
    let images = references
        .into_iter()
        .zip(results)
        .map(|(reference, result)| {
            let result = result.map(|done| done.into_updated(store, &removed));
            ImageUpdate { reference, result }
        })
        .collect();
    Ok(UpdateReport { images, clean_errors })
}

/// Returns how it went for each image, for what is removed at the end.
fn outcomes<'a>(
    references: &'a [Reference],
    results: &'a [Result<Done, Error>],
) -> Vec<Outcome<'a>> {
    let outcome = |(reference, result): (&'a Reference, &'a Result<Done, Error>)| match result {
        Ok(done) => {
            Outcome::Done { wanted: &done.wanted, identity: &done.identity, archive: &done.archive }
        }
        Err(_) => Outcome::Failed { repository: reference.repository() },
    };
    references.iter().zip(results).map(outcome).collect()
}

pub(crate) async fn snapshot(
    store: &Store,
    images: &[Inspected],
    options: &UpdateOptions,
    run: &Run,
) -> Result<Snapshot, Error> {
    let names: Vec<_> = images
        .iter()
        .map(|image| (image.wanted.repository.clone(), image.wanted.version.clone()))
        .collect();
    let (store, clean) = (store.clone(), options.clean);
    run.blocking(move |run| {
        let learnt = with_learning(run, |learn| Ok(store.snapshot(&names, clean, learn)?));
        learnt.inspect(|snapshot| report_unreadable(snapshot.entries(), run))
    })
    .await
}

pub(crate) fn plan_options(options: &UpdateOptions, spare: Vec<Repository>) -> PlanOptions {
    PlanOptions { compress: options.compress, clean: options.clean, keep: options.keep, spare }
}

/// Names the image in an error of the file system, which knows only its own files.
fn about(error: Error, image: String) -> Error {
    use sealift_store::ErrorKind as StoreErrorKind;
    match error {
        Error::Store(source)
            if !matches!(
                source.kind(),
                StoreErrorKind::Locked | StoreErrorKind::Cancelled | StoreErrorKind::Archive
            ) =>
        {
            Error::NotArchived { image, source: Box::new(source) }
        }
        error => error,
    }
}

/// Tells an error that would be the same for every image.
pub(crate) fn is_fatal(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::Interrupted)
}

pub(crate) fn distinct(references: &[Reference]) -> Vec<Reference> {
    let mut distinct: Vec<Reference> = Vec::new();
    for reference in references {
        if !distinct.contains(reference) {
            distinct.push(reference.clone());
        }
    }
    distinct
}

/// Returns the error for another build of a release.
pub(crate) fn rebuilt(wanted: &Wanted, ids: Vec<ImageId>, store: Option<&Store>) -> Error {
    Error::Rebuilt {
        image: with_version(&wanted.repository, &wanted.version),
        ids,
        folder: store.map(|store| store.root().to_owned()).unwrap_or_default(),
    }
}
