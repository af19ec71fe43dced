//! Archives with what their records say.

use std::fs;
use std::io;

use jiff::Timestamp;
use sealift_catalog::{Entry, Knowledge, KnownImage, Stat};
use sealift_filename::ArchivePath;

use crate::error::Error;
use crate::fs::stat::stat_of;
use crate::record_store::Unbelieved;
use crate::store::Store;

impl Store {
    /// Tells what a believed record says of an archive; none if there is no such record.
    ///
    /// # Errors
    ///
    /// If the archive isn't there.
    pub fn knowledge(&self, archive: &ArchivePath) -> Result<Option<Knowledge>, Error> {
        let stat = self.stat(archive)?;
        Ok(self.believed_record(archive, &stat).map(Knowledge::from))
    }

    /// Returns an archive with what a believed record says of it; none if it is gone. A file that can't
    /// even be asked for its size is [unreadable](Knowledge::Unreadable).
    pub fn entry(&self, archive: &ArchivePath) -> Option<Entry> {
        let path = self.path_of(archive);
        let metadata = fs::symlink_metadata(&path).and_then(|metadata| {
            let is_regular = metadata.is_file();
            Ok((if is_regular { metadata } else { fs::metadata(&path)? }, is_regular))
        });
        let (metadata, is_regular) = match metadata {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                let stat = Stat { size: 0, modified: Timestamp::MIN };
                let knowledge = Some(Knowledge::Unreadable { reason: error.to_string() });
                let archive = archive.clone();
                return Some(Entry {
                    archive,
                    stat,
                    is_regular: false,
                    suspicion: None,
                    knowledge,
                });
            }
        };
        let stat = stat_of(&metadata);
        let (knowledge, suspicion) = match self.consult(archive, &stat) {
            Ok(record) => (Some(Knowledge::from(record)), None),
            Err(Unbelieved(suspicion)) => (None, suspicion),
        };
        Some(Entry { archive: archive.clone(), stat, is_regular, suspicion, knowledge })
    }

    /// Returns archives with what believed records say of them, without those that are gone.
    pub fn entries(&self, archives: &[ArchivePath]) -> Vec<Entry> {
        archives.iter().filter_map(|archive| self.entry(archive)).collect()
    }

    /// Returns the image that an archive was recorded to hold, whether or not the file has changed
    /// or was found damaged since.
    pub fn recorded_image(&self, archive: &ArchivePath) -> Option<KnownImage> {
        match self.read_record(archive)?.into() {
            Knowledge::Image(known) => Some(*known),
            _ => None,
        }
    }

    /// Stops believing the record of an archive that was found damaged while its file looked like
    /// this: whoever needs to know reads the file again.
    ///
    /// The record stays, since it states that this was an image. A record of another file, which
    /// somebody has put in its place since, is believed as before.
    pub fn doubt(&self, archive: &ArchivePath, stat: Stat) {
        if let Some(record) = self.believed_record(archive, &stat)
            && record.image().is_some()
        {
            let draft = self.begin_record(archive, stat);
            self.keep_record(archive, draft, record.doubted());
        }
    }
}
