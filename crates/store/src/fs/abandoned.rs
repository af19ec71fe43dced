//! Files that crashed writers left behind.

use std::fs::{File, Metadata, TryLockError};

use jiff::{SignedDuration, Timestamp};

use crate::fs::dir::Dir;
use crate::fs::shared::is_shared;
use crate::fs::stat::modified;

/// The age from which an unlocked file counts as abandoned even if locks of other hosts may be
/// invisible.
const ABANDONED: SignedDuration = SignedDuration::from_hours(24);

/// Opens and locks a file that its writer would keep locked, if it is abandoned. Also returns its
/// size.
///
/// If all locks are visible, a file that can be locked has no writer. If locks of other hosts may
/// be invisible, or if the file system has no locks, the time of the last change decides.
pub(crate) fn open_abandoned(folder: &Dir, name: &str) -> Option<(File, u64)> {
    let file = folder.open_file(name).ok()?;
    let metadata = file.metadata().ok()?;
    let is_locked_by_us = match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => return None,
        Err(TryLockError::Error(_)) => false,
    };
    let is_certain = is_locked_by_us && !is_shared(&file);
    let is_abandoned = metadata.is_file() && (is_certain || age(&metadata) > ABANDONED);
    is_abandoned.then_some((file, metadata.len()))
}

/// Returns the time since a file was modified.
fn age(metadata: &Metadata) -> SignedDuration {
    Timestamp::now().duration_since(modified(metadata))
}
