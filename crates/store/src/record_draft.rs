//! Creation of records.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::path::Path;
use std::thread;

use jiff::{SignedDuration, Timestamp};
use sealift_catalog::Stat;
use sealift_filename::ArchivePath;

use crate::fs::dir::Dir;
use crate::fs::own_folder::{SEALIFT_FOLDER, is_folder, make_folder};
use crate::fs::stat::modified;
use crate::fs::unique::create_unique;
use crate::record::{FINE_GAP, Record};
use crate::store::Store;

/// The folder of the records in `.sealift`.
pub(crate) const RECORDS_FOLDER: &str = "records";

/// The prefix of the names of drafts.
pub(crate) const DRAFT_PREFIX: &str = "draft-";

/// The maximum difference by which the file system's clock lags the system clock.
const TICK: SignedDuration = SignedDuration::from_millis(10);

/// A record that is being created.
///
/// Its file is created before the archive is read. The modification time of this file decides
/// whether the record is valid later. It comes from the clock of the file system, which also sets
/// the time of the archive; the clock of this host may differ.
pub(crate) struct Draft {
    /// The open file, or `None` if records are kept in memory.
    file: Option<(File, DraftFile)>,
    /// The name of the finished record.
    target: String,
    pub(crate) began: Timestamp,
}

/// The folder and the name of a draft. The file is deleted when dropped, unless it was renamed.
struct DraftFile(Dir, String);

impl Drop for DraftFile {
    fn drop(&mut self) {
        let _ = self.0.remove_file(&self.1);
    }
}

impl Store {
    /// Begins the record of an archive with this size and time. Must be called right before the
    /// archive is read.
    ///
    /// If the archive was written in the last few milliseconds, this function waits until a later
    /// change would get another time, so that the record is valid immediately. It does not wait the
    /// longer time that file systems with whole seconds need; on these, the archive is read once
    /// more later.
    pub(crate) fn begin_record(&self, archive: &ArchivePath, stat: Stat) -> Draft {
        let age = Timestamp::now().duration_since(stat.modified);
        let enough = FINE_GAP + TICK;
        if !age.is_negative() && age < enough {
            thread::sleep((enough - age).unsigned_abs());
        }
        let target = record_name(archive);
        let create = || create_draft(self.root(), &record_folder(archive)).ok();
        match self.may_write_records().then(create).flatten() {
            Some((file, place, began)) => Draft { file: Some((file, place)), target, began },
            None => Draft { file: None, target, began: Timestamp::now() },
        }
    }

    /// Returns `true` if records can be written. They need the folder `.sealift`. If this store is
    /// a part of a larger store, that folder is not created, because it would separate the part.
    fn may_write_records(&self) -> bool {
        let folder = self.sealift_folder();
        if is_folder(&folder) {
            return true;
        }
        let Ok(root) = fs::canonicalize(self.root()) else { return false };
        let is_part = root.ancestors().skip(1).any(|above| above.join(SEALIFT_FOLDER).exists());
        !is_part && make_folder(&folder).is_ok()
    }
}

impl Draft {
    /// Returns the permissions that new files get in this folder.
    pub(crate) fn permissions(&self) -> Option<Permissions> {
        let (file, _) = self.file.as_ref()?;
        Some(file.metadata().ok()?.permissions())
    }

    /// Writes the record and renames it to its final name.
    pub(crate) fn keep(self, record: &Record) -> io::Result<()> {
        let (mut file, place) = self.file.ok_or(io::ErrorKind::Unsupported)?;
        // The file is not synced: if a crash damages a record, it counts as missing.
        file.write_all(&record.to_bytes())?;
        let DraftFile(folder, name) = &place;
        folder.rename(name, folder, &self.target)
    }
}

fn create_draft(root: &Path, folder: &str) -> io::Result<(File, DraftFile, Timestamp)> {
    let folder = Dir::create(root, folder)?;
    let (file, name) = create_unique(&folder, DRAFT_PREFIX, "", 0o666)?;
    let place = DraftFile(folder, name);
    // A sweep removes drafts that are not locked. If the file system has no locks and that happens,
    // the record is kept in memory.
    let _ = file.try_lock();
    let metadata = file.metadata()?;
    Ok((file, place, modified(&metadata)))
}

/// Returns the folder of all records, relative to the root.
pub(crate) fn record_root() -> String {
    format!("{SEALIFT_FOLDER}/{RECORDS_FOLDER}")
}

/// Returns the folder of an archive's record, relative to the root.
pub(crate) fn record_folder(archive: &ArchivePath) -> String {
    format!("{}/{}", record_root(), archive.folder())
}

/// Returns the name of an archive's record in its folder.
pub(crate) fn record_name(archive: &ArchivePath) -> String {
    format!("{}.json", archive.name())
}
