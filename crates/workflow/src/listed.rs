//! What one list of the engine's images already settles.

use std::collections::HashMap;

use sealift_archive::Digest;
use sealift_docker::{Engine, IdKind};
use sealift_filename::Reference;
use sealift_store::{Action, Snapshot, Wanted, plan};

use crate::inspected::{Inspected, with_version};
use crate::update::{UpdateOptions, plan_options, snapshot};
use crate::{Context, Error};

/// From how many images on one list is cheaper than asking for each.
const MANY: usize = 8;

/// Finds those images of a call that are in the folder already, from one list.
///
/// Where the engine's id of an image is its config's digest, that and a record decide; nothing more has to be asked.
/// All else is left for a question of its own, as is everything where there are few images.
pub(crate) async fn settled(
    engine: &Engine,
    store: &sealift_store::Store,
    references: &[Reference],
    options: &UpdateOptions,
    context: &Context,
) -> Result<HashMap<Reference, Inspected>, Error> {
    if references.len() < MANY || options.platform.is_some() {
        return Ok(HashMap::new());
    }
    // An engine that can't list is asked for each image, and says what is wrong.
    let list = context.wait_for(async { Ok(engine.list().await?) }).await;
    let list = match list {
        Ok(list) => list,
        Err(Error::Interrupted) => return Err(Error::Interrupted),
        Err(_) => return Ok(HashMap::new()),
    };
    let with_config = list.iter().filter(|image| image.id_kind == IdKind::Config);
    let ids: HashMap<&str, &str> = with_config
        .flat_map(|image| image.repo_tags.iter().map(|tag| (tag.as_str(), image.id.as_str())))
        .collect();
    let listed: Vec<(&Reference, Inspected)> = references
        .iter()
        .filter_map(|reference| {
            let (repository, version) = (reference.repository(), reference.version_or_latest());
            let id = ids.get(with_version(repository, &version).as_str())?;
            let config: Digest = id.parse().ok()?;
            Some((reference, Inspected::by_config(repository.clone(), version, config)))
        })
        .collect();
    let images: Vec<Inspected> = listed.iter().map(|(_, image)| image.clone()).collect();
    let snapshot = snapshot(store, &images, options, context).await?;
    let wanted: Vec<Wanted> = images.iter().map(|image| image.wanted.clone()).collect();
    let plan = plan(&snapshot, &wanted, &plan_options(options, Vec::new()));
    let settled = listed.into_iter().zip(plan.items).filter_map(|((reference, image), item)| {
        let Action::Keep { archive } = item.action else { return None };
        Some((reference.clone(), completed(image, &snapshot, &archive)?))
    });
    Ok(settled.collect())
}

/// Adds what the archive says of the image, which is the same one.
fn completed(
    mut image: Inspected,
    snapshot: &Snapshot,
    archive: &sealift_filename::ArchivePath,
) -> Option<Inspected> {
    let identity = snapshot.entry(archive)?.identity()?;
    image.wanted.platform = identity.platform.clone();
    image.wanted.diff_ids.clone_from(&identity.diff_ids);
    Some(image)
}
