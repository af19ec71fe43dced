//! The path of one archive.

use std::path::PathBuf;

use sealift_catalog::Query;
use sealift_store::Store;

use crate::error::Error;
use crate::run::Run;
use crate::select::find;

/// Returns the path of the archive that matches a query.
///
/// # Cancel safety
///
/// If the future is dropped, reading stops soon after. Only records are written.
///
/// # Panics
///
/// Panics outside of a tokio runtime.
///
/// # Errors
///
/// Returns an error if there is no such archive, if there are several for different platforms, or
/// if it has a flaw.
pub async fn path(store: &Store, query: &Query, run: &Run) -> Result<PathBuf, Error> {
    let entry = find(store, query, run).await?;
    Ok(store.path_of(&entry.archive))
}
