//! What an engine and the folder have of the images of an update.

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

/// How many images the engine is asked for at a time.
const QUESTIONS: usize = 16;

/// From how many images on one list is cheaper than asking for each.
const MANY: usize = 8;

/// What was asked for, and what the engine has of it.
pub(crate) type ResolvedImage = (Reference, Result<Inspected, Error>);

/// What an engine and the folder have of the images of a call.
pub(crate) struct Resolved {
    /// In the order of the call, each once.
    pub(crate) images: Vec<ResolvedImage>,
    /// What the folder has of those that the engine has.
    pub(crate) snapshot: Snapshot,
}

/// Images that are in the folder already, and what the folder holds of those that were looked for.
#[derive(Default)]
struct SettledImages {
    images: HashMap<Reference, Inspected>,
    snapshot: Snapshot,
}

/// Looks the images of a call up in the engine, and their archives in the folder. Images that
/// cannot be archived are refused. What one list of the engine's images settles, with what is in
/// the folder, is not looked up by itself.
///
/// # Errors
///
/// If the folder cannot be read, no engine answers, or somebody asks to stop. What is wrong with
/// one image is in its place.
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
    // By value: a closure that takes references makes a future that cannot be spawned.
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

/// Returns the first error that would be the same for every image.
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

/// Refuses before a long save what cannot have an archive's name.
fn check(image: Inspected) -> Result<Inspected, Error> {
    image.wanted.check_name()?;
    Ok(image)
}

/// Reads what the folder has of images: with `clean` all of their archives, otherwise those of
/// their versions.
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

/// Finds those images of a call that are in the folder already, from one list.
///
/// Where the engine's id of an image is its config's digest, that and a record decide; nothing more
/// has to be asked. All else is left for a question of its own, as is everything where there are
/// few images.
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
    // An engine that can't list is asked for each image, and says what is wrong.
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

/// Adds the platform and the layers that the archive of the same image has.
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
