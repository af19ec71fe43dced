//! Archives whose parts are read.

use std::ops::ControlFlow;

use sealift_archive::{Archive, ExamineOptions};
use sealift_catalog::Entry;
use sealift_store::Store;

use crate::error::Error;
use crate::run::Run;
use crate::select::examine::examine_all;
use crate::select::refuse_flawed;

/// Opens an archive of which any part can be read. One without a record is read first, and refused if it cannot be used.
pub(crate) fn open(store: &Store, entry: Entry, run: &Run) -> Result<Archive, Error> {
    let archive = entry.archive.clone();
    if entry.identity().is_none() {
        for entry in examine_all(store, std::slice::from_ref(&archive), run)? {
            refuse_flawed(store, &entry)?;
        }
    }
    let go_on = |_| run.check_cancelled().map_or(ControlFlow::Break(()), ControlFlow::Continue);
    let options = ExamineOptions::new().with_on_bytes(&go_on);
    store.open_archive(&archive, &options).or_else(|error| {
        run.check_cancelled()?;
        Err(error.into())
    })
}
