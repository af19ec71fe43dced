//! The one archive to use, and its content.

use std::io::Write;
use std::path::PathBuf;

use sealift_archive::ProvenReader;
use sealift_store::{Depth, Entry, Knowledge, LatestOptions, Query, Store};

use crate::learn::with_learning;
use crate::naming::naming_of;
use crate::pump::Pump;
use crate::{Context, Error, Work};

/// Gives the file of the archive that is asked for.
///
/// # Cancel safety
///
/// When the future is dropped, reading stops soon after. Nothing but records is written.
///
/// # Errors
///
/// Where there is none, or several for several platforms, or it is known to be damaged.
pub async fn path(store: &Store, query: &Query, context: &Context) -> Result<PathBuf, Error> {
    let entry = find(store, query, context).await?;
    Ok(store.path_of(&entry.archive))
}

/// Writes the archive that is asked for as a plain tar, whatever its form in the folder. It carries the
/// `image:tag` of its file name and no other.
///
/// It is proven while it is written: its end comes only when all of it is whole. So a reader on the other
/// side of a pipe has no image where this fails.
///
/// # Cancel safety
///
/// When the future is dropped, writing stops soon after. The output then lacks the end of the archive.
///
/// # Errors
///
/// As [`path`], and where the archive turns out to be damaged, or can't be written out.
pub async fn cat(
    store: &Store,
    query: &Query,
    mut output: impl Write + Send + 'static,
    context: &Context,
) -> Result<(), Error> {
    let entry = find(store, query, context).await?;
    let path = store.path_of(&entry.archive);
    let (label, naming) = (entry.archive.to_string(), naming_of(&entry.archive)?);
    let result = context
        .blocking(move |context| {
            let reader = ProvenReader::open_as(path, naming)?;
            let mut pump = Pump::start(reader, &label, Work::Reading, context);
            while let Some(bytes) = pump.next()? {
                output.write_all(&bytes).map_err(Error::Output)?;
            }
            output.flush().map_err(Error::Output)
        })
        .await;
    context.finish(entry.archive.as_str());
    result
}

/// Finds the archive; one that is known to be damaged is refused.
pub(crate) async fn find(store: &Store, query: &Query, context: &Context) -> Result<Entry, Error> {
    let (finder, query) = (store.clone(), query.clone());
    let entry = context
        .blocking(move |context| with_learning(context, |learn| Ok(finder.find(&query, learn)?)))
        .await?;
    refuse_damaged(store, &entry)?;
    Ok(entry)
}

/// Finds the latest archive of every image, whatever has to be read for it.
pub(crate) async fn latest(
    store: &Store,
    options: &LatestOptions,
    context: &Context,
) -> Result<Vec<Entry>, Error> {
    let (store, options) = (store.clone(), options.clone());
    context
        .blocking(move |context| {
            let archives = store.scan()?.archives;
            with_learning(context, |learn| {
                Ok(store.latest(&archives, &options, Depth::All, learn)?)
            })
        })
        .await
}

/// Refuses an archive that is known to be damaged, or of a form that isn't taken.
pub(crate) fn refuse_damaged(store: &Store, entry: &Entry) -> Result<(), Error> {
    match &entry.knowledge {
        Some(Knowledge::Damaged { fault }) => {
            let path = store.path_of(&entry.archive);
            Err(sealift_archive::Error::Fault { path, source: fault.clone() }.into())
        }
        _ => Ok(()),
    }
}
