//! Finds the file of one archive.

use std::path::PathBuf;

use sealift_catalog::Query;
use sealift_store::Store;

use crate::error::Error;
use crate::run::Run;
use crate::select::find;

/// Returns the file of the archive that answers a query.
///
/// # Cancel safety
///
/// When the future is dropped, reading stops soon after. Nothing but records is written.
///
/// # Panics
///
/// Outside of a tokio runtime.
///
/// # Errors
///
/// If there is none, if there are several for several platforms, or if it is known to be damaged.
pub async fn path(store: &Store, query: &Query, run: &Run) -> Result<PathBuf, Error> {
    let entry = find(store, query, run).await?;
    Ok(store.path_of(&entry.archive))
}
