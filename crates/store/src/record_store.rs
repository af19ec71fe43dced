//! Where records are kept: one small file an archive, or memory where that can't be written.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, PoisonError};
use std::thread;

use jiff::{SignedDuration, Timestamp};
use rustix::fs::FileType;
use sealift_archive::ArchiveIndex;
use sealift_catalog::{Stat, Suspicion};
use sealift_filename::ArchivePath;

use crate::error::Error;
use crate::fs::abandoned::open_abandoned;
use crate::fs::dir::Dir;
use crate::fs::own_folder::SEALIFT_FOLDER;
use crate::fs::own_folder::{is_folder, make_folder};
use crate::fs::stat::modified;
use crate::fs::unique::create_unique;
use crate::record::{FINE_GAP, Record};
use crate::store::Store;

/// The folder of the records in the folder for sealift's own notes.
const RECORDS_FOLDER: &str = "records";

/// How far the clock by which files are stamped may be behind the one by which we wait.
const TICK: SignedDuration = SignedDuration::from_millis(10);

const DRAFT_PREFIX: &str = "draft-";

/// There is no record that is believed.
pub(crate) struct Unbelieved(pub(crate) Option<Suspicion>);

/// A record that is about to be made. Its file is there already, because its time is the one by
/// which the record's truth is judged: that of the file system, not of this host, from before the
/// archive is read.
pub(crate) struct Draft {
    /// The file, where it will go, and the time; none where records are kept in memory.
    file: Option<(File, Leftover)>,
    /// The name that the record will have.
    target: String,
    pub(crate) began: Timestamp,
}

/// A draft's file, which goes unless the record is kept.
struct Leftover(Dir, String);

impl Drop for Leftover {
    fn drop(&mut self) {
        let _ = self.0.remove_file(&self.1);
    }
}

impl Store {
    fn records_folder(&self) -> PathBuf {
        self.sealift_folder().join(RECORDS_FOLDER)
    }

    /// Gives the file of an archive's record, whether or not there is one.
    fn record_path(&self, archive: &ArchivePath) -> PathBuf {
        self.records_folder().join(format!("{archive}.json"))
    }

    /// Returns `true` if something is noted down about any archive in a folder below the root.
    pub fn has_records_in(&self, folder: &str) -> bool {
        !self.recorded_in(folder.to_owned()).is_empty()
    }

    /// Returns the archives in a folder below the root of which something is noted down, in order.
    pub fn recorded_archives_in(&self, folder: &str) -> Vec<ArchivePath> {
        let recorded = self.recorded_in(folder.to_owned());
        let mut archives: Vec<ArchivePath> =
            recorded.iter().filter_map(|path| path.parse().ok()).collect();
        archives.sort_unstable();
        archives
    }

    /// Gives the paths of all archives of which something is noted down, believed or not.
    pub(crate) fn recorded(&self) -> HashSet<String> {
        self.recorded_in(String::new())
    }

    fn recorded_in(&self, folder: String) -> HashSet<String> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let remembered = self.remembered();
        let mut recorded: HashSet<String> = remembered
            .keys()
            .filter(|archive| archive.as_str().starts_with(&prefix))
            .map(ToString::to_string)
            .collect();
        let mut folders = vec![folder];
        while let Some(folder) = folders.pop() {
            // What can't be listed can't be read either.
            let Ok(entries) = fs::read_dir(self.records_folder().join(&folder)) else { continue };
            for entry in entries.flatten() {
                let Ok(name) = entry.file_name().into_string() else { continue };
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                if entry.file_type().is_ok_and(|file_type| file_type.is_dir()) {
                    folders.push(path);
                } else if let Some(archive) = path.strip_suffix(".json") {
                    recorded.insert(archive.to_owned());
                }
            }
        }
        recorded
    }

    /// Reads what is noted down about an archive, believed or not.
    pub(crate) fn read_record(&self, archive: &ArchivePath) -> Option<Record> {
        let remembered = self.remembered().get(archive).cloned();
        remembered.or_else(|| self.written_record(archive))
    }

    /// Returns the index by which parts of an archive are read, if a record that is believed has it. Records of earlier
    /// versions of sealift have none; examining the archive adds it.
    ///
    /// # Errors
    ///
    /// If the archive is not there.
    pub fn index(&self, archive: &ArchivePath) -> Result<Option<ArchiveIndex>, Error> {
        let stat = self.stat(archive)?;
        let believed = |record: Record| record.is_believed(&stat).then(|| record.into_index());
        let remembered = self.remembered().get(archive).cloned();
        let written = || Record::read_with_index(&fs::read(self.record_path(archive)).ok()?);
        Ok(remembered.and_then(believed).or_else(|| written().and_then(believed)).flatten())
    }

    fn written_record(&self, archive: &ArchivePath) -> Option<Record> {
        Record::read(&fs::read(self.record_path(archive)).ok()?)
    }

    /// Returns what is noted down about an archive that looks like this now, if it is to be believed.
    pub(crate) fn believed_record(&self, archive: &ArchivePath, stat: &Stat) -> Option<Record> {
        self.consult(archive, stat).ok()
    }

    /// Returns the record of an archive that looks like this now; if none is to be believed, what one
    /// that isn't gives reason to suspect.
    pub(crate) fn consult(&self, archive: &ArchivePath, stat: &Stat) -> Result<Record, Unbelieved> {
        let mut suspicion = None;
        let mut believe = |record: Record| {
            if record.is_believed(stat) {
                return Some(record);
            }
            suspicion = match record.doubted {
                true => Some(Suspicion::Damaged),
                false if !record.is_of(stat) => Some(Suspicion::Changed),
                false => suspicion,
            };
            None
        };
        let remembered = self.remembered().get(archive).cloned();
        let believed = remembered
            .and_then(&mut believe)
            .or_else(|| self.written_record(archive).and_then(&mut believe));
        believed.ok_or(Unbelieved(suspicion))
    }

    /// Begins a record of an archive that looks like this now, right before the archive is read.
    ///
    /// If the archive was written only just now, this waits until a later change of it could be
    /// told by its time: milliseconds, so that the record is believed from the start. A file system
    /// that tells only whole seconds is not waited for; there, whoever asks next reads once more.
    pub(crate) fn begin_record(&self, archive: &ArchivePath, stat: Stat) -> Draft {
        let target = record_name(archive);
        let age = Timestamp::now().duration_since(stat.modified);
        let enough = FINE_GAP + TICK;
        if !age.is_negative() && age < enough {
            thread::sleep((enough - age).unsigned_abs());
        }
        let create = || create_draft(self.root(), &record_folder(archive)).ok();
        let draft = self.may_write_records().then(create).flatten();
        match draft {
            Some((file, leftover, began)) => Draft { file: Some((file, leftover)), target, began },
            None => Draft { file: None, target, began: Timestamp::now() },
        }
    }

    /// Keeps a record, in memory if there is no other way.
    pub(crate) fn keep_record(&self, archive: &ArchivePath, draft: Draft, record: Record) {
        match draft.keep(&record) {
            Ok(()) => self.remembered().remove(archive),
            Err(_) => self.remembered().insert(archive.clone(), record),
        };
    }

    /// Drops what is noted down about an archive that is gone.
    pub(crate) fn drop_record(&self, archive: &ArchivePath) {
        self.remembered().remove(archive);
        let _ = Dir::open(self.root(), &record_folder(archive))
            .and_then(|folder| folder.remove_file(&record_name(archive)));
    }

    /// Tells whether records may be written down. They need a folder for sealift's own notes, and if
    /// this store is in truth a part of a larger one, making that folder would cut it off.
    fn may_write_records(&self) -> bool {
        let folder = self.sealift_folder();
        if is_folder(&folder) {
            return true;
        }
        let Ok(root) = fs::canonicalize(self.root()) else { return false };
        let is_part = root.ancestors().skip(1).any(|above| above.join(SEALIFT_FOLDER).exists());
        !is_part && make_folder(&folder).is_ok()
    }

    fn remembered(&self) -> MutexGuard<'_, HashMap<ArchivePath, Record>> {
        // A map that a panicking thread has left is whole: it changes by single inserts.
        self.memory().lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops the records of archives that are gone, and drafts that were left behind.
    pub(crate) fn prune_records(&self) {
        if let Ok(records) = Dir::open(self.root(), &record_root()) {
            self.prune(&records, "");
        }
    }

    /// Returns whether the folder has nothing left in it.
    fn prune(&self, folder: &Dir, relative: &str) -> bool {
        let Ok(entries) = folder.entries() else { return false };
        let mut is_empty = true;
        for (name, kind) in entries {
            let Ok(name) = name.into_string() else {
                is_empty = false;
                continue;
            };
            let inner =
                if relative.is_empty() { name.clone() } else { format!("{relative}/{name}") };
            is_empty &= match kind {
                FileType::Directory => {
                    folder.inner(&name).is_ok_and(|below| self.prune(&below, &inner))
                        && folder.remove_empty_folder(&name).is_ok()
                }
                FileType::RegularFile => {
                    (self.is_stray_record(&inner) || is_left_draft(folder, &name))
                        && folder.remove_file(&name).is_ok()
                }
                _ => false,
            };
        }
        is_empty
    }

    fn is_stray_record(&self, relative: &str) -> bool {
        let Some(archive) = relative.strip_suffix(".json") else { return false };
        let found = fs::symlink_metadata(self.root().join(archive));
        found.is_err_and(|error| {
            matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        })
    }
}

/// Tells whether a file is a draft that nobody works on any more.
fn is_left_draft(folder: &Dir, name: &str) -> bool {
    name.starts_with(DRAFT_PREFIX) && open_abandoned(folder, name).is_some()
}

/// Gives the folder of all records, counted from the root.
fn record_root() -> String {
    format!("{SEALIFT_FOLDER}/{RECORDS_FOLDER}")
}

/// Gives the folder of an archive's record, counted from the root.
fn record_folder(archive: &ArchivePath) -> String {
    format!("{}/{}", record_root(), archive.folder())
}

/// Gives the name that an archive's record has in its folder.
fn record_name(archive: &ArchivePath) -> String {
    format!("{}.json", archive.name())
}

fn create_draft(root: &Path, folder: &str) -> io::Result<(File, Leftover, Timestamp)> {
    let folder = Dir::create(root, folder)?;
    let (file, name) = create_unique(&folder, DRAFT_PREFIX, "", 0o666)?;
    let leftover = Leftover(folder, name);
    // So that whoever sweeps sees that it isn't left behind. Without, the record may be kept in memory.
    let _ = file.try_lock();
    let metadata = file.metadata()?;
    Ok((file, leftover, modified(&metadata)))
}

impl Draft {
    /// Gives the permissions that a new file gets here.
    pub(crate) fn permissions(&self) -> Option<fs::Permissions> {
        let (file, _) = self.file.as_ref()?;
        Some(file.metadata().ok()?.permissions())
    }

    fn keep(self, record: &Record) -> io::Result<()> {
        let (mut file, leftover) = self.file.ok_or(io::ErrorKind::Unsupported)?;
        // Not synced: a record that a crash damages is as good as none.
        file.write_all(&record.to_bytes())?;
        let Leftover(folder, name) = &leftover;
        folder.rename(name, folder, &self.target)
    }
}
