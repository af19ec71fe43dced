//! Examination of single archives.

use std::fs::File;
use std::io;

use jiff::Timestamp;
use sealift_archive::{ExamineOptions, Fault, Look, Proof};
use sealift_catalog::{Entry, Knowledge, KnownImage, Stat};
use sealift_filename::{ArchiveFormat, ArchivePath};

use crate::error::Error;
use crate::fs::stat::stat_of;
use crate::record::{Content, Record, RecordedIndex};
use crate::record_draft::Draft;
use crate::store::Store;

impl Store {
    /// Reads an archive completely, regardless of its record, and records the content. If the file
    /// has changed since it was recorded, the new content is accepted:
    /// [`changed_from`](sealift_catalog::KnownImage::changed_from) is `None`.
    ///
    /// A damaged archive is returned as [`Knowledge::Damaged`].
    ///
    /// # Errors
    ///
    /// Returns an error if the archive cannot be read.
    pub fn examine(
        &self,
        archive: &ArchivePath,
        options: &ExamineOptions<'_>,
    ) -> Result<Knowledge, Error> {
        let (file, stat) = self.open_file(archive)?;
        let found = self.examine_and_record(archive, &file, stat, options, true)?;
        Ok(knowledge(found))
    }

    /// Reads an archive like [`examine`](Self::examine), but does not change its record. If the
    /// content differs from the record, [`changed_from`](sealift_catalog::KnownImage::changed_from)
    /// has the recorded checksum.
    ///
    /// # Errors
    ///
    /// Returns an error if the archive cannot be read.
    pub fn check(
        &self,
        archive: &ArchivePath,
        options: &ExamineOptions<'_>,
    ) -> Result<Knowledge, Error> {
        let before = self.read_record(archive);
        let (file, stat) = self.open_file(archive)?;
        let found = self.read(archive, &file, before.as_ref(), options, false)?;
        Ok(knowledge(found.map(|(content, _)| Record::new(stat, Timestamp::now(), content))))
    }

    /// Reads an archive and records its content. If the file has changed, the entry and the record
    /// state the earlier checksum.
    pub(crate) fn examine_unaccepted(
        &self,
        archive: &ArchivePath,
        options: &ExamineOptions<'_>,
    ) -> Result<(Stat, Knowledge), Error> {
        let (file, stat) = self.open_file(archive)?;
        let found = self.examine_and_record(archive, &file, stat, options, false)?;
        Ok((stat, knowledge(found)))
    }

    /// Opens an archive's file. The returned size and time belong to the opened file, even if
    /// another process replaces the archive.
    ///
    /// # Errors
    ///
    /// Returns an error if the archive does not exist or cannot be read.
    pub fn open_file(&self, archive: &ArchivePath) -> Result<(File, Stat), Error> {
        let path = self.path_of(archive);
        match File::open(&path).and_then(|file| Ok((file.metadata()?, file))) {
            Ok((metadata, file)) => Ok((file, stat_of(&metadata))),
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                Err(Error::NotFound { what: "archive", path })
            }
            Err(source) => Err(Error::io("open", path, source)),
        }
    }

    /// Reads an archive's open file and records its content. Returns a fault if the archive is
    /// damaged.
    pub(crate) fn examine_and_record(
        &self,
        archive: &ArchivePath,
        file: &File,
        stat: Stat,
        options: &ExamineOptions<'_>,
        is_accepted: bool,
    ) -> Result<Result<Record, Fault>, Error> {
        let before = self.read_record_with_index(archive);
        let draft = self.begin_record(archive, stat);
        // If another process has replaced the file, the content that was read belongs to the old
        // one.
        let is_unchanged = || Ok::<_, Error>(self.stat(archive)? == stat);
        match self.read(archive, file, before.as_ref(), options, is_accepted)? {
            Ok((content, index)) => {
                let record = Record::new(stat, draft.began, content).with_index(index);
                if is_unchanged()? {
                    self.keep_record(archive, draft, record.clone());
                }
                Ok(Ok(record))
            }
            Err(fault) => {
                if is_unchanged().unwrap_or(false) {
                    self.forget(archive, draft, before);
                }
                Ok(Err(fault))
            }
        }
    }

    /// Reads an archive. Returns a fault if it is damaged. If the record states that the file was
    /// an image, any other content also counts as damage.
    fn read(
        &self,
        archive: &ArchivePath,
        file: &File,
        before: Option<&Record>,
        options: &ExamineOptions<'_>,
        is_accepted: bool,
    ) -> Result<Result<(Content, Option<RecordedIndex>), Fault>, Error> {
        let known = before.and_then(Record::image);
        let options = options.clone().with_input(self.path_of(archive));
        let fault = match sealift_archive::examine(file, &options) {
            Ok(proof) => {
                let changed_from = known.filter(|_| !is_accepted).and_then(|known| {
                    let origin = known.changed_from.unwrap_or(known.sha256);
                    (origin != proof.sha256()).then_some(origin)
                });
                let mut image = KnownImage::from(&proof);
                image.wrong_member = wrong_member(archive, &proof);
                image.changed_from = changed_from;
                // A copy of the archive has another time, so its record is not valid, but its time
                // of saving still applies to the same content.
                let same = known.filter(|known| known.sha256 == image.sha256);
                image.saved = same.and_then(|known| known.saved);
                return Ok(Ok((
                    Content::Image(Box::new(image)),
                    RecordedIndex::new(&proof, before),
                )));
            }
            Err(sealift_archive::Error::Fault { source, .. }) => source,
            Err(error) => return Err(error.into()),
        };
        let fault = if known.is_some() { fault.of_known_image() } else { fault };
        Ok(match fault {
            Fault::NotAnImage { reason } => Ok((Content::NoImage { reason }, None)),
            fault => Err(fault),
        })
    }

    /// Invalidates the record of a damaged archive. If it states that the file was an image, it is
    /// kept and marked as doubtful.
    fn forget(&self, archive: &ArchivePath, draft: Draft, before: Option<Record>) {
        match before.filter(|before| before.image().is_some()) {
            Some(before) => self.keep_record(archive, draft, before.doubted()),
            None => self.drop_record(archive),
        }
    }

    /// Reads at most a few kilobytes of an archive. Returns `None` if it may contain an image. If
    /// it certainly contains none, this is recorded; but if its record states that it was an image,
    /// it is reported as damaged.
    pub(crate) fn look(&self, entry: &Entry) -> Result<Option<Knowledge>, Error> {
        let archive = &entry.archive;
        let path = self.path_of(archive);
        let Look::NoImage { reason } = sealift_archive::look_file(&path)? else { return Ok(None) };
        if self.recorded_image(archive).is_some() {
            let fault = Fault::NotAnImage { reason }.of_known_image();
            return Ok(Some(Knowledge::Damaged { fault }));
        }
        // A draft must exist before the look that it records. Most archives contain an image, so
        // they are spared the draft, and the few others are looked into twice.
        let draft = self.begin_record(archive, entry.stat);
        let Look::NoImage { reason } = sealift_archive::look_file(&path)? else { return Ok(None) };
        let record = Record::new(entry.stat, draft.began, Content::NoImage { reason });
        if self.stat(archive)? == entry.stat {
            self.keep_record(archive, draft, record.clone());
        }
        Ok(Some(record.into()))
    }
}

fn knowledge(found: Result<Record, Fault>) -> Knowledge {
    found.map_or_else(|fault| Knowledge::Damaged { fault }, Knowledge::from)
}

/// Returns the name of the member in a zip if it does not match the archive's name.
fn wrong_member(archive: &ArchivePath, proof: &Proof) -> Option<String> {
    let is_zip = archive.name().format() == ArchiveFormat::Zip;
    let member = proof.member_name()?;
    (is_zip && member != archive.name().member_name()).then(|| member.to_owned())
}

/// Converts an error of the operating system to the knowledge that the archive is unreadable. Other
/// errors are returned unchanged.
pub(crate) fn unreadable(error: Error) -> Result<Knowledge, Error> {
    match &error {
        Error::Io { source, .. } | Error::Archive(sealift_archive::Error::Io { source, .. }) => {
            Ok(Knowledge::Unreadable { reason: source.to_string() })
        }
        _ => Err(error),
    }
}
