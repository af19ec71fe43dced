//! Storage of records: one small file for each archive, or memory if the folder is read-only.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{MutexGuard, PoisonError};

use sealift_archive::{ArchiveIndex, BlockTable};
use sealift_catalog::{Stat, Suspicion};
use sealift_filename::ArchivePath;

use crate::fs::dir::Dir;
use crate::record::Record;
use crate::record_draft::{Draft, RECORDS_FOLDER, record_folder, record_name};
use crate::store::Store;

/// There is no valid record. An invalid one can be a reason to suspect the archive.
pub(crate) struct Untrusted(pub(crate) Option<Suspicion>);

impl Store {
    fn records_folder(&self) -> PathBuf {
        self.sealift_folder().join(RECORDS_FOLDER)
    }

    /// Returns the path of an archive's record, whether or not it exists.
    fn record_path(&self, archive: &ArchivePath) -> PathBuf {
        self.records_folder().join(format!("{archive}.json"))
    }

    /// Returns the archives in a subfolder that have records, sorted. The archives themselves may
    /// be missing or unreadable.
    pub fn recorded_archives_in(&self, folder: &str) -> Vec<ArchivePath> {
        let recorded = self.recorded_in(folder.to_owned());
        let mut archives: Vec<ArchivePath> =
            recorded.iter().filter_map(|path| path.parse().ok()).collect();
        archives.sort_unstable();
        archives
    }

    /// Returns the paths of all archives with records, valid or not.
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
            // Records in a folder that cannot be listed cannot be read either.
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

    /// Returns the record of an archive, valid or not.
    pub(crate) fn read_record(&self, archive: &ArchivePath) -> Option<Record> {
        let remembered = self.remembered().get(archive).cloned();
        remembered.or_else(|| self.written_record(archive))
    }

    /// Returns the record of an archive with its index, valid or not.
    pub(crate) fn read_record_with_index(&self, archive: &ArchivePath) -> Option<Record> {
        let remembered = self.remembered().get(archive).cloned();
        remembered.or_else(|| Record::read_with_index(&fs::read(self.record_path(archive)).ok()?))
    }

    /// Returns the index of an archive with this size and time, if it has a valid record with an
    /// index. Records of early versions of sealift have none.
    pub(crate) fn believed_index(
        &self,
        archive: &ArchivePath,
        stat: &Stat,
    ) -> Option<ArchiveIndex> {
        let believed = |record: Record| record.is_believed(stat).then(|| record.into_index())?;
        let remembered = self.remembered().get(archive).cloned();
        let written = || Record::read_with_index(&fs::read(self.record_path(archive)).ok()?);
        remembered.and_then(believed).or_else(|| written().and_then(believed))
    }

    /// Adds the blocks of a zip to the record of an archive with this size and time.
    pub(crate) fn record_blocks(&self, archive: &ArchivePath, stat: Stat, blocks: &BlockTable) {
        let draft = self.begin_record(archive, stat);
        let is_of = |record: &Record| record.is_of(&stat) && !record.doubted;
        if let Some(record) = self.read_record_with_index(archive).filter(is_of)
            && self.stat(archive).is_ok_and(|now| now == stat)
        {
            self.keep_record(archive, draft, record.with_blocks(blocks.clone()));
        }
    }

    fn written_record(&self, archive: &ArchivePath) -> Option<Record> {
        Record::read(&first_line(File::open(self.record_path(archive)).ok()?).ok()?)
    }

    /// Returns the record of an archive with this size and time, if it is valid.
    pub(crate) fn believed_record(&self, archive: &ArchivePath, stat: &Stat) -> Option<Record> {
        self.consult(archive, stat).ok()
    }

    /// Returns the record of an archive with this size and time. If no record is valid, returns the
    /// suspicion that results from the others.
    pub(crate) fn consult(&self, archive: &ArchivePath, stat: &Stat) -> Result<Record, Untrusted> {
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
        believed.ok_or(Untrusted(suspicion))
    }

    /// Stores a record. If it cannot be written, it is kept in memory.
    pub(crate) fn keep_record(&self, archive: &ArchivePath, draft: Draft, record: Record) {
        match draft.keep(&record) {
            Ok(()) => self.remembered().remove(archive),
            Err(_) => self.remembered().insert(archive.clone(), record),
        };
    }

    /// Removes the record of an archive that no longer exists.
    pub(crate) fn drop_record(&self, archive: &ArchivePath) {
        self.remembered().remove(archive);
        let _ = Dir::open(self.root(), &record_folder(archive))
            .and_then(|folder| folder.remove_file(&record_name(archive)));
    }

    fn remembered(&self) -> MutexGuard<'_, HashMap<ArchivePath, Record>> {
        // A panic cannot leave the map incomplete, because each change is a single operation.
        self.memory().lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a file up to its first line break. The index after it can be much longer.
fn first_line(mut file: impl Read) -> io::Result<Vec<u8>> {
    /// Most records without their index fit into one piece.
    const PIECE: usize = 4 << 10;
    let mut bytes = Vec::new();
    loop {
        let start = bytes.len();
        let count = file.by_ref().take(PIECE as u64).read_to_end(&mut bytes)?;
        if let Some(end) = bytes[start..].iter().position(|byte| *byte == b'\n') {
            bytes.truncate(start + end);
            return Ok(bytes);
        }
        if count < PIECE {
            return Ok(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that counts bytes.
    struct Counted<'a>(&'a [u8], usize);

    impl Read for &mut Counted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.read(buffer)?;
            self.1 += count;
            Ok(count)
        }
    }

    #[test]
    fn only_the_first_line_of_a_record_is_read() {
        for length in [0, 1, 4095, 4096, 4097, 10_000] {
            let line = vec![b'x'; length];
            let record = [&line[..], b"\n", &vec![b'y'; 1 << 20]].concat();
            let mut counted = Counted(&record, 0);
            assert_eq!(first_line(&mut counted).unwrap(), line);
            assert!(counted.1 <= length + (4 << 10), "{length}: {}", counted.1);
            assert_eq!(first_line(&line[..]).unwrap(), line);
        }
    }
}
