//! Entries of archives, according to their records.

use std::convert::Infallible;
use std::fs::{self, Metadata};
use std::io;
use std::num::NonZeroUsize;

use jiff::Timestamp;
use sealift_catalog::{Entry, Knowledge, KnownImage, Stat};
use sealift_filename::ArchivePath;

use crate::fs::stat::stat_of;
use crate::read::parallel::in_parallel;
use crate::record_store::Untrusted;
use crate::store::Store;

/// The number of records from which on reading them on several threads is faster.
const WORTH_THREADS: usize = 64;

impl Store {
    /// Returns the entry of an archive according to its record, or `None` if the archive does not
    /// exist. If its size cannot be determined, the entry is [unreadable](Knowledge::Unreadable).
    pub fn entry(&self, archive: &ArchivePath) -> Option<Entry> {
        let (metadata, removable) = match self.metadata(archive) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                let stat = Stat { size: 0, modified: Timestamp::MIN };
                let knowledge = Knowledge::Unreadable { reason: error.to_string() };
                let entry = Entry::new(archive.clone(), stat).with_removable(false);
                return Some(entry.with_knowledge(knowledge));
            }
        };
        let stat = stat_of(&metadata);
        let entry = Entry::new(archive.clone(), stat).with_removable(removable);
        Some(match self.consult(archive, &stat) {
            Ok(record) => entry.with_knowledge(record.into()),
            Err(Untrusted(suspicion)) => entry.with_suspicion(suspicion),
        })
    }

    /// Returns the metadata of an archive's file, and whether the archive can be removed.
    ///
    /// Only regular files can be removed, because a symbolic link can point to a file that does not
    /// belong to sealift. A link is read like its target: the size and time are those of the
    /// target, and a record of the link becomes invalid when the target changes. The metadata of
    /// the link is read first, because that is sufficient for regular files.
    fn metadata(&self, archive: &ArchivePath) -> io::Result<(Metadata, bool)> {
        let path = self.path_of(archive);
        let metadata = fs::symlink_metadata(&path)?;
        match metadata.is_file() {
            true => Ok((metadata, true)),
            false => Ok((fs::metadata(&path)?, false)),
        }
    }

    /// Returns the entries of archives according to their records. Archives that do not exist are
    /// left out.
    pub fn entries(&self, archives: &[ArchivePath]) -> Vec<Entry> {
        let jobs = (archives.len() < WORTH_THREADS).then_some(NonZeroUsize::MIN);
        let Ok(entries) =
            in_parallel(archives, jobs, |archive| Ok::<_, Infallible>(self.entry(archive)));
        entries.into_iter().flatten().collect()
    }

    /// Returns the image in the record of an archive, even if the file has changed or was found
    /// damaged since.
    pub fn recorded_image(&self, archive: &ArchivePath) -> Option<KnownImage> {
        match self.read_record(archive)?.into() {
            Knowledge::Image(known) => Some(*known),
            _ => None,
        }
    }

    /// Marks the record of an archive as doubtful, because its file was found damaged while it had
    /// this size and time. The next operation reads the file again.
    ///
    /// The record itself is kept, because it states that the file was an image. If the file has
    /// been replaced since, its record is not changed.
    pub fn doubt(&self, archive: &ArchivePath, stat: Stat) {
        if let Some(record) = self.believed_record(archive, &stat)
            && record.image().is_some()
        {
            let draft = self.begin_record(archive, stat);
            self.keep_record(archive, draft, record.doubted());
        }
    }
}
