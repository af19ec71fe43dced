//! Finding out what archives hold, and telling when that means to read them.

use sealift_filename::{ArchivePath, Repository, Version};
use sealift_store::{Entry, LearnOptions, Query, Reading, Store};

use crate::{Context, Error, Event};

/// Finds out all about some archives, telling how many have to be read.
pub(crate) fn learn_all(
    store: &Store,
    archives: &[ArchivePath],
    context: &Context,
) -> Result<Vec<Entry>, Error> {
    with_learning(context, |learn| Ok(store.learn(archives, learn)?))
}

/// Runs something that may read archives.
pub(crate) fn with_learning<T>(
    context: &Context,
    work: impl FnOnce(&LearnOptions<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let on_start = |reading: Reading| context.report(Event::Reading { archives: reading.archives });
    let learn = LearnOptions {
        cancel: Some(context.cancel().flag()),
        on_start: Some(&on_start),
        ..LearnOptions::default()
    };
    work(&learn)
}

/// Gives the archives of an image, of one version where one is given. Where there are none, the error
/// tells what there is instead.
pub(crate) fn archives_of(
    store: &Store,
    image: &Repository,
    version: Option<&Version>,
) -> Result<Vec<ArchivePath>, Error> {
    let mut found = store.archives_of(image)?;
    if let Some(version) = version {
        found.retain(|archive| archive.name().version() == version.as_str());
    }
    if found.is_empty() {
        let query = Query::new(image.clone(), version.cloned());
        store.find(&query, &LearnOptions::default())?;
    }
    Ok(found)
}
