//! The images of an update, as the engine and the folder have them.

use std::collections::HashMap;

use futures_util::{StreamExt as _, stream};
use sealift_catalog::{Action, Snapshot, Wanted, plan};
use sealift_docker::{Engine, IdKind};
use sealift_filename::{ArchivePath, Reference};
use sealift_oci::Digest;
use sealift_store::Store;

use crate::engine_image::{Inspected, tagged};
use crate::error::Error;
use crate::error::kind::ErrorKind;
use crate::run::Run;
use crate::select::examine::{report_unreadable, with_read_options};
use crate::update::options::UpdateOptions;

/// The number of concurrent inspect requests.
const QUESTIONS: usize = 16;

/// The number of images from which a list is cheaper than an inspect request for each.
const MANY: usize = 8;

/// A requested image, and its description by the engine.
pub(crate) type ResolvedImage = (Reference, Result<Inspected, Error>);

/// The images of a call, as the engine and the folder have them.
pub(crate) struct Resolved {
    /// The images in the order of the call, without duplicates.
    pub(crate) images: Vec<ResolvedImage>,
    /// The archives in the folder of the images that the engine has.
    pub(crate) snapshot: Snapshot,
}

/// Images that the folder already has, and the archives that were read to find out.
#[derive(Default)]
struct SettledImages {
    images: HashMap<Reference, Inspected>,
    snapshot: Snapshot,
}

/// Looks up the images of a call in the engine, and their archives in the folder.
///
/// With many images, a list of the engine's images is requested first. Images that it shows to be
/// in the folder need no further request. Images that cannot have an archive name are refused.
///
/// # Errors
///
/// Returns an error if the folder cannot be read, the engine does not answer, or the run is
/// cancelled. Errors of single images are in their results.
pub(crate) async fn resolve(
    engine: &Engine,
    store: Option<&Store>,
    references: &[Reference],
    options: &UpdateOptions,
    run: &Run,
) -> Result<Resolved, Error> {
    let references = distinct(references);
    let SettledImages { images: settled, snapshot } = match store {
        Some(store) => settled(engine, store, &references, options, run).await?,
        None => SettledImages::default(),
    };
    let settled = &settled;
    // The reference is moved into the closure. If it were borrowed, the future could not be
    // spawned.
    let ask = |reference: Reference| async move {
        if let Some(image) = settled.get(&reference) {
            return (reference, Ok(image.clone()));
        }
        let asked = Inspected::ask(engine, &reference, options.platform.as_ref());
        let image = run.wait_for(asked).await.and_then(check);
        (reference, image)
    };
    let count = references.len();
    let asked = stream::iter(references).map(ask).buffered(QUESTIONS).collect().await;
    let images = refuse_fatal(asked)?;
    let found = images.iter().filter_map(|(_, image)| image.as_ref().ok());
    let snapshot = match store {
        Some(_) if settled.len() == count => snapshot,
        Some(store) => read_snapshot(store, found, options, run).await?,
        None => Snapshot::default(),
    };
    Ok(Resolved { images, snapshot })
}

fn distinct(references: &[Reference]) -> Vec<Reference> {
    let mut distinct: Vec<Reference> = Vec::new();
    for reference in references {
        if !distinct.contains(reference) {
            distinct.push(reference.clone());
        }
    }
    distinct
}

/// Returns an error that would be the same for every image, if there is one.
fn refuse_fatal(images: Vec<ResolvedImage>) -> Result<Vec<ResolvedImage>, Error> {
    let is_fatal =
        |error: &Error| matches!(error.kind(), ErrorKind::Unreachable | ErrorKind::Interrupted);
    images
        .into_iter()
        .map(|(reference, image)| match image {
            Err(error) if is_fatal(&error) => Err(error),
            image => Ok((reference, image)),
        })
        .collect()
}

/// Returns an error if an image cannot have an archive name, so that it is not saved in vain.
fn check(image: Inspected) -> Result<Inspected, Error> {
    image.wanted.check_name()?;
    Ok(image)
}

/// Reads the archives of images in the folder: with `clean` those of all versions, otherwise those
/// of the requested versions.
async fn read_snapshot(
    store: &Store,
    images: impl Iterator<Item = &Inspected>,
    options: &UpdateOptions,
    run: &Run,
) -> Result<Snapshot, Error> {
    let name = |image: &Inspected| (image.wanted.repository.clone(), image.wanted.version.clone());
    let names: Vec<_> = images.map(name).collect();
    let (store, planning) = (store.clone(), options.planning(Vec::new()));
    run.blocking(move |run| {
        let snapshot =
            with_read_options(run, |reading| Ok(store.snapshot(&names, &planning, reading)?))?;
        report_unreadable(snapshot.entries(), run);
        Ok(snapshot)
    })
    .await
}

/// Finds the images of a call that the folder already has, with one list request.
///
/// If the engine uses the digest of the config as the id, this digest and a record are sufficient.
/// All other images, and all images of small calls, are inspected one by one.
async fn settled(
    engine: &Engine,
    store: &Store,
    references: &[Reference],
    options: &UpdateOptions,
    run: &Run,
) -> Result<SettledImages, Error> {
    if references.len() < MANY || options.platform.is_some() {
        return Ok(SettledImages::default());
    }
    // If listing fails, each image is inspected, which returns a more specific error.
    let list = run.wait_for(async { Ok(engine.list().await?) }).await;
    let list = match list {
        Ok(list) => list,
        Err(Error::Interrupted) => return Err(Error::Interrupted),
        Err(_) => return Ok(SettledImages::default()),
    };
    let with_config = list.iter().filter(|image| image.id_kind == IdKind::Config);
    let ids: HashMap<Reference, Digest> = with_config
        .flat_map(|image| image.repo_tags.iter().map(|tag| (tag, image.id)))
        .filter_map(|(tag, id)| Some((Reference::parse(tag).ok()?, id)))
        .collect();
    let listed: Vec<(&Reference, Inspected)> = references
        .iter()
        .filter_map(|reference| {
            let tagged = tagged(reference).ok()?;
            let config = *ids.get(&tagged)?;
            Some((reference, Inspected::by_config(tagged, config)))
        })
        .collect();
    let images = listed.iter().map(|(_, image)| image);
    let snapshot = read_snapshot(store, images.clone(), options, run).await?;
    let wanted: Vec<Wanted> = images.map(|image| image.wanted.clone()).collect();
    let plan = plan(&snapshot, &wanted, &options.planning(Vec::new()));
    let settled = listed.into_iter().zip(plan.items).filter_map(|((reference, image), item)| {
        let Action::Keep { archive } = item.action else { return None };
        Some((reference.clone(), completed(image, &snapshot, &archive)?))
    });
    Ok(SettledImages { images: settled.collect(), snapshot })
}

/// Adds the platform and the layers of the archive with the same image.
fn completed(
    mut image: Inspected,
    snapshot: &Snapshot,
    archive: &ArchivePath,
) -> Option<Inspected> {
    let identity = snapshot.entry(archive)?.identity()?;
    image.wanted.platform = identity.platform.clone();
    image.wanted.diff_ids.clone_from(&identity.diff_ids);
    Some(image)
}
