//! Opening of archives in the folder for reading in the order of their plain tars.

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use sealift_archive::{Archive, ExamineOptions};
use sealift_filename::ArchivePath;
use sealift_store::Store;

use crate::error::Error;
use crate::event::Work;
use crate::run::Run;
use crate::select::refuse_flawed;

/// Opens an archive for reading in the order of its plain tar. If it has no valid record, it is
/// read and verified first. Archives with a flaw are refused.
pub(crate) fn open_archive(
    store: &Store,
    archive: &ArchivePath,
    label: &str,
    run: &Run,
) -> Result<Archive, Error> {
    let size = store.stat(archive)?.size;
    // The activity starts with the first byte, because an archive with a record is not read.
    let activity = Mutex::new(None);
    let on_bytes = |bytes| {
        let mut activity = activity.lock().unwrap_or_else(PoisonError::into_inner);
        activity
            .get_or_insert_with(|| run.activity(label, Work::Reading, Some(size)))
            .progress(bytes);
        match run.cancel().is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let options = ExamineOptions::new().with_on_bytes(&on_bytes);
    let opened = store.open_for_one_pass(archive, &options)?;
    if let Some(entry) = store.entry(archive) {
        refuse_flawed(store, &entry)?;
    }
    Ok(opened)
}
