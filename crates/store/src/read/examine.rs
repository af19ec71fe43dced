//! Reading one archive to find out what it holds.

use jiff::Timestamp;
use sealift_archive::{ExamineOptions, Fault, FaultKind, Look, Proof};
use sealift_catalog::{Entry, Knowledge, KnownImage, Stat};
use sealift_filename::{ArchiveFormat, ArchivePath};

use crate::error::Error;
use crate::record::{Content, Record, RecordedIndex};
use crate::record_draft::Draft;
use crate::store::Store;

impl Store {
    /// Reads an archive, whatever its record contains, and records what it holds. If the file has
    /// changed since it was recorded, the new content is accepted:
    /// [`changed_from`](sealift_catalog::KnownImage::changed_from) is `None`.
    ///
    /// Damage is returned as [`Knowledge::Damaged`].
    ///
    /// # Errors
    ///
    /// If the archive cannot be read.
    pub fn examine(
        &self,
        archive: &ArchivePath,
        options: &ExamineOptions<'_>,
    ) -> Result<Knowledge, Error> {
        Ok(self.examine_and_record(archive, options, true)?.1)
    }

    /// Reads an archive as [`examine`](Self::examine) does, but records nothing: the record keeps
    /// what the file held before, and
    /// [`changed_from`](sealift_catalog::KnownImage::changed_from) shows a change.
    ///
    /// # Errors
    ///
    /// If the archive cannot be read.
    pub fn check(
        &self,
        archive: &ArchivePath,
        options: &ExamineOptions<'_>,
    ) -> Result<Knowledge, Error> {
        let before = self.read_record(archive);
        let stat = self.stat(archive)?;
        Ok(match self.read(archive, before.as_ref(), options, false)? {
            Ok((content, _)) => Record::new(stat, Timestamp::now(), content).into(),
            Err(fault) => Knowledge::Damaged { fault },
        })
    }

    /// Reads an archive and records what it holds. If the file has changed, the knowledge and the
    /// record keep stating that.
    pub(crate) fn examine_unaccepted(
        &self,
        archive: &ArchivePath,
        options: &ExamineOptions<'_>,
    ) -> Result<(Stat, Knowledge), Error> {
        self.examine_and_record(archive, options, false)
    }

    fn examine_and_record(
        &self,
        archive: &ArchivePath,
        options: &ExamineOptions<'_>,
        is_accepted: bool,
    ) -> Result<(Stat, Knowledge), Error> {
        let before = self.read_record_with_index(archive);
        let stat = self.stat(archive)?;
        let draft = self.begin_record(archive, stat);
        // If another writer replaces the file meanwhile, what was read does not describe the new
        // file, which has its own record.
        let is_unchanged = || Ok::<_, Error>(self.stat(archive)? == stat);
        match self.read(archive, before.as_ref(), options, is_accepted)? {
            Ok((content, index)) => {
                let record = Record::new(stat, draft.began, content).with_index(index);
                if is_unchanged()? {
                    self.keep_record(archive, draft, record.clone());
                }
                Ok((stat, record.into()))
            }
            Err(fault) => {
                if is_unchanged().unwrap_or(false) {
                    self.forget(archive, draft, before);
                }
                Ok((stat, Knowledge::Damaged { fault }))
            }
        }
    }

    /// Reads an archive. Returns a fault if it is damaged: a file that was recorded as an image and
    /// looks like anything else now is damaged too.
    fn read(
        &self,
        archive: &ArchivePath,
        before: Option<&Record>,
        options: &ExamineOptions<'_>,
        is_accepted: bool,
    ) -> Result<Result<(Content, Option<RecordedIndex>), Fault>, Error> {
        let known = before.and_then(Record::image);
        let fault = match sealift_archive::examine_file(self.path_of(archive), options) {
            Ok(proof) => {
                let changed_from = known.filter(|_| !is_accepted).and_then(|known| {
                    let origin = known.changed_from.unwrap_or(known.sha256);
                    (origin != proof.sha256()).then_some(origin)
                });
                let mut image = KnownImage::from(&proof);
                image.wrong_member = wrong_member(archive, &proof);
                image.changed_from = changed_from;
                // A copy has another time, and its record is not believed.
                let same = known.filter(|known| known.sha256 == image.sha256);
                image.saved = same.and_then(|known| known.saved);
                return Ok(Ok((
                    Content::Image(Box::new(image)),
                    Some(RecordedIndex::new(&proof, before)),
                )));
            }
            Err(sealift_archive::Error::Fault { source, .. }) => source,
            Err(error) => return Err(error.into()),
        };
        let fault = if known.is_some() { fault.of_known_image() } else { fault };
        Ok(match fault {
            Fault::NotAnImage { reason } => Ok((Content::NoImage { reason }, None)),
            fault if fault.kind() == FaultKind::NotAnImage => {
                Ok((Content::NoImage { reason: fault.reason().to_string() }, None))
            }
            fault => Err(fault),
        })
    }

    /// Stops believing the record of an archive that is damaged. A record that the file was an
    /// image stays.
    fn forget(&self, archive: &ArchivePath, draft: Draft, before: Option<Record>) {
        match before.filter(|before| before.image().is_some()) {
            Some(before) => self.keep_record(archive, draft, before.doubted()),
            None => self.drop_record(archive),
        }
    }

    /// Reads a few kilobytes of an archive at most, and returns what is known then; `None` if it
    /// may hold an image. That it holds none is recorded, unless it was recorded as an image: then
    /// it is damaged.
    pub(crate) fn look(&self, entry: &Entry) -> Result<Option<Knowledge>, Error> {
        let archive = &entry.archive;
        if self.recorded_image(archive).is_some() {
            return Ok(match sealift_archive::look_file(self.path_of(archive))? {
                Look::MayHoldImage => None,
                Look::NoImage { reason } => {
                    let fault = Fault::NotAnImage { reason }.of_known_image();
                    Some(Knowledge::Damaged { fault })
                }
            });
        }
        let draft = self.begin_record(archive, entry.stat);
        match sealift_archive::look_file(self.path_of(archive))? {
            Look::MayHoldImage => Ok(None),
            Look::NoImage { reason } => {
                let record = Record::new(entry.stat, draft.began, Content::NoImage { reason });
                if self.stat(archive)? == entry.stat {
                    self.keep_record(archive, draft, record.clone());
                }
                Ok(Some(record.into()))
            }
        }
    }
}

/// Returns the name of the file in a zip if it is not the one that the archive's name requires.
fn wrong_member(archive: &ArchivePath, proof: &Proof) -> Option<String> {
    let is_zip = archive.name().format() == ArchiveFormat::Zip;
    let member = proof.member_name()?;
    (is_zip && member != archive.name().member_name()).then(|| member.to_owned())
}

/// Returns what is known about an archive that the operating system refuses to read. Other errors
/// are returned as they are.
pub(crate) fn unreadable(error: Error) -> Result<Knowledge, Error> {
    match &error {
        Error::Io { source, .. } | Error::Archive(sealift_archive::Error::Io { source, .. }) => {
            Ok(Knowledge::Unreadable { reason: source.to_string() })
        }
        _ => Err(error),
    }
}
