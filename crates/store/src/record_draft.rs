//! Records that are being made.

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

/// What the names of drafts begin with.
pub(crate) const DRAFT_PREFIX: &str = "draft-";

/// How far the clock of the file system may be behind the one by which a writer waits.
const TICK: SignedDuration = SignedDuration::from_millis(10);

/// A record that is being made.
///
/// Its file exists before the archive is read. The time of that file decides whether the record is
/// believed later: it comes from the clock of the file system, which also stamps the archive, and
/// not from this host.
pub(crate) struct Draft {
    /// The open file; `None` if records are kept in memory.
    file: Option<(File, DraftFile)>,
    /// The name of the finished record.
    target: String,
    pub(crate) began: Timestamp,
}

/// The folder and the name of a draft. The file is removed on drop, unless it was renamed.
struct DraftFile(Dir, String);

impl Drop for DraftFile {
    fn drop(&mut self) {
        let _ = self.0.remove_file(&self.1);
    }
}

impl Store {
    /// Begins the record of an archive that has this size and time, right before the archive is
    /// read.
    ///
    /// If the archive was written only just now, this waits some milliseconds until a later change
    /// would have another time, so that the record is believed from the start. A file system with
    /// whole seconds is not waited for; there, the next caller reads the archive once more.
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

    /// Returns `true` if records may be written. They need the folder `.sealift`. If this store is
    /// a part of a larger one, creating that folder would separate it.
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
    /// Returns the permissions of a new file in this folder.
    pub(crate) fn permissions(&self) -> Option<Permissions> {
        let (file, _) = self.file.as_ref()?;
        Some(file.metadata().ok()?.permissions())
    }

    /// Writes the record and renames it.
    pub(crate) fn keep(self, record: &Record) -> io::Result<()> {
        let (mut file, place) = self.file.ok_or(io::ErrorKind::Unsupported)?;
        // Not synced: a record that a crash damages counts as missing.
        file.write_all(&record.to_bytes())?;
        let DraftFile(folder, name) = &place;
        folder.rename(name, folder, &self.target)
    }
}

fn create_draft(root: &Path, folder: &str) -> io::Result<(File, DraftFile, Timestamp)> {
    let folder = Dir::create(root, folder)?;
    let (file, name) = create_unique(&folder, DRAFT_PREFIX, "", 0o666)?;
    let place = DraftFile(folder, name);
    // A sweep removes drafts that are not locked. If that happens because there are no locks here,
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
