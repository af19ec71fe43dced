//! Asks an engine for the images of an update: all on one list, or each by itself.

use std::collections::HashMap;

use futures_util::{StreamExt as _, stream};
use sealift_docker::{Engine, IdKind};
use sealift_filename::{ArchivePath, Reference};
use sealift_oci::Digest;
use sealift_store::{Action, Snapshot, Store, Wanted, check_name, plan};

use crate::engine_image::Inspected;
use crate::error::Error;
use crate::run::Run;
use crate::update::{UpdateOptions, plan_options, snapshot};

/// How many images the engine is asked for at a time.
const QUESTIONS: usize = 16;

/// From how many images on one list is cheaper than asking for each.
const MANY: usize = 8;

/// What an engine has of the images of a call.
pub(crate) struct Asked {
    /// In the order of the call.
    pub(crate) images: Vec<Result<Inspected, Error>>,
    /// What the folder holds of them, where that settled them all.
    pub(crate) snapshot: Option<Snapshot>,
}

/// Images that are in the folder already, and what the folder holds of those that were looked for.
#[derive(Default)]
struct SettledImages {
    images: HashMap<Reference, Inspected>,
    snapshot: Snapshot,
}

/// Asks the engine for the images of a call, and refuses those that can't be archived. What a list settles, with what
/// is in the folder, isn't asked for.
///
/// # Errors
///
/// If the folder can't be read, or somebody asks to stop. What is wrong with one image stands in its place.
pub(crate) async fn ask_all(
    engine: &Engine,
    store: Option<&Store>,
    references: &[Reference],
    options: &UpdateOptions,
    run: &Run,
) -> Result<Asked, Error> {
    let SettledImages { images: settled, snapshot } = match store {
        Some(store) => settled(engine, store, references, options, run).await?,
        None => SettledImages::default(),
    };
    let settled = &settled;
    // By value: a closure that takes references makes a future that cannot be spawned.
    let ask = |reference: Reference| async move {
        if let Some(image) = settled.get(&reference) {
            return Ok(image.clone());
        }
        let asked = Inspected::ask(engine, &reference, options.platform.as_ref());
        let image = run.wait_for(asked).await?;
        check(&image, options)?;
        Ok(image)
    };
    let images = stream::iter(references.to_vec()).map(ask).buffered(QUESTIONS).collect().await;
    let are_all_settled = store.is_some() && settled.len() == references.len();
    Ok(Asked { images, snapshot: are_all_settled.then_some(snapshot) })
}

/// Refuses before a long save what can't have an archive's name.
fn check(image: &Inspected, options: &UpdateOptions) -> Result<(), Error> {
    check_name(&image.wanted, &plan_options(options, Vec::new()))
        .map_err(|error| Error::Usage { message: error.to_string() })
}

/// Finds those images of a call that are in the folder already, from one list.
///
/// Where the engine's id of an image is its config's digest, that and a record decide; nothing more has to be asked.
/// All else is left for a question of its own, as is everything where there are few images.
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
    let ids: HashMap<Reference, &str> = with_config
        .flat_map(|image| image.repo_tags.iter().map(|tag| (tag, image.id.as_str())))
        .filter_map(|(tag, id)| Some((Reference::parse(tag).ok()?, id)))
        .collect();
    let listed: Vec<(&Reference, Inspected)> = references
        .iter()
        .filter_map(|reference| {
            let (repository, version) = (reference.repository(), reference.version_or_latest());
            let tagged = Reference::new(repository.clone(), Some(version.clone())).ok()?;
            let config: Digest = ids.get(&tagged)?.parse().ok()?;
            Some((reference, Inspected::by_config(repository.clone(), version, config)))
        })
        .collect();
    let images: Vec<Inspected> = listed.iter().map(|(_, image)| image.clone()).collect();
    let snapshot = snapshot(store, &images, options, run).await?;
    let wanted: Vec<Wanted> = images.iter().map(|image| image.wanted.clone()).collect();
    let plan = plan(&snapshot, &wanted, &plan_options(options, Vec::new()));
    let settled = listed.into_iter().zip(plan.items).filter_map(|((reference, image), item)| {
        let Action::Keep { archive } = item.action else { return None };
        Some((reference.clone(), completed(image, &snapshot, &archive)?))
    });
    Ok(SettledImages { images: settled.collect(), snapshot })
}

/// Adds what the archive says of the image, which is the same one.
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
