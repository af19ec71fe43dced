//! Finding out what archives hold, as thoroughly as is needed.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use jiff::Timestamp;
use sealift_archive::{ExamineOptions, Fault, FaultKind, Look};
use sealift_catalog::{Entry, Knowledge, Snapshot, Stat};
use sealift_filename::{ArchiveFormat, ArchivePath, Repository, Version};

use crate::error::{Error, ErrorKind};
use crate::record::{Content, ImageContent, Record};
use crate::record_store::Draft;
use crate::store::Store;

/// How archives are read, and who is told about it.
#[derive(Default, Clone, Copy)]
pub struct LearnOptions<'a> {
    /// Stop with an error of the kind [`Cancelled`](ErrorKind::Cancelled) once this is set.
    pub cancel: Option<&'a AtomicBool>,
    /// Called before archives are read, whenever any have to be: once in most cases.
    pub on_start: Option<&'a (dyn Fn(Reading) + Sync)>,
    /// Called with the number of bytes that were read since the last call.
    pub on_bytes: Option<&'a (dyn Fn(u64) + Sync)>,
    /// How many archives to read at a time; as many as there are processors unless it is set.
    pub jobs: Option<NonZeroUsize>,
}

impl std::fmt::Debug for LearnOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LearnOptions").field("jobs", &self.jobs).finish_non_exhaustive()
    }
}

/// How a file looked, and what it holds.
type Examined = Result<(Stat, Knowledge), Error>;

/// What has to be read because no record tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// How many archives.
    pub archives: usize,
    /// How many bytes they have together.
    pub bytes: u64,
}

impl Store {
    /// Gives archives with all that can be known about them: those without a believed record are
    /// read, and recorded. Those that are gone are left out.
    ///
    /// # Errors
    ///
    /// If the caller asks to stop. An archive that is damaged or can't be read is no error: its entry
    /// shows that.
    pub fn learn(
        &self,
        archives: &[ArchivePath],
        options: &LearnOptions<'_>,
    ) -> Result<Vec<Entry>, Error> {
        let mut entries = self.entries(archives);
        self.learn_entries(&mut entries, |_| true, options)?;
        Ok(entries)
    }

    /// Gives the archives of all images that a call of `update` names, of other versions too.
    ///
    /// Whatever such a call decides by has been read then: the archives of the versions that it
    /// names, and all of these images if it is going to clean.
    ///
    /// # Errors
    ///
    /// If the folder of an image can't be read.
    pub fn snapshot(
        &self,
        images: &[(Repository, Version)],
        clean: bool,
        options: &LearnOptions<'_>,
    ) -> Result<Snapshot, Error> {
        let mut repositories: Vec<_> = images.iter().map(|(repository, _)| repository).collect();
        repositories.sort_unstable();
        repositories.dedup();
        let mut entries = Vec::new();
        for repository in repositories {
            entries.extend(self.entries(&self.archives_of(repository)?));
        }
        let is_named = |entry: &Entry| {
            let archive = &entry.archive;
            images.iter().any(|(repository, version)| {
                version.as_str() == archive.name().version()
                    && archive.repository().as_ref() == Some(repository)
            })
        };
        self.learn_entries(&mut entries, |entry| clean || is_named(entry), options)?;
        Ok(Snapshot::new(entries))
    }

    /// Reads those entries that aren't known yet and of which something has to be known. Those that
    /// are gone by now are taken out.
    pub(crate) fn learn_entries(
        &self,
        entries: &mut Vec<Entry>,
        is_needed: impl Fn(&Entry) -> bool,
        options: &LearnOptions<'_>,
    ) -> Result<(), Error> {
        let unread: Vec<usize> = (0..entries.len())
            .filter(|&index| entries[index].knowledge.is_none() && is_needed(&entries[index]))
            .collect();
        if unread.is_empty() {
            return Ok(());
        }
        if let Some(on_start) = options.on_start {
            let bytes = unread.iter().map(|&index| entries[index].stat.size).sum();
            on_start(Reading { archives: unread.len(), bytes });
        }
        let unread: Vec<(usize, ArchivePath)> =
            unread.into_iter().map(|index| (index, entries[index].archive.clone())).collect();
        let mut gone = Vec::new();
        for (index, result) in self.examine_all(&unread, options) {
            match result {
                Ok((stat, knowledge)) => {
                    entries[index].stat = stat;
                    entries[index].suspicion = None;
                    entries[index].knowledge = Some(knowledge);
                }
                Err(error) if error.kind() == ErrorKind::NotFound => gone.push(index),
                Err(error) => match unreadable(&error) {
                    Some(knowledge) => entries[index].knowledge = Some(knowledge),
                    None => return Err(error),
                },
            }
        }
        gone.sort_unstable();
        for index in gone.into_iter().rev() {
            entries.remove(index);
        }
        Ok(())
    }

    /// Reads several archives at a time. Once the caller asks to stop, no more are begun.
    fn examine_all(
        &self,
        archives: &[(usize, ArchivePath)],
        options: &LearnOptions<'_>,
    ) -> Vec<(usize, Examined)> {
        let processors = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let jobs = options.jobs.unwrap_or_else(processors).get().min(archives.len());
        let next = AtomicUsize::new(0);
        let is_cancelled = AtomicBool::new(false);
        let results = Mutex::new(Vec::with_capacity(archives.len()));
        let examine =
            ExamineOptions { deep: false, cancel: options.cancel, on_bytes: options.on_bytes };
        let work = || {
            while !is_cancelled.load(Ordering::Relaxed)
                && let Some((index, archive)) = archives.get(next.fetch_add(1, Ordering::Relaxed))
            {
                let result = self.examine_with_stat(archive, &examine, false);
                if matches!(&result, Err(error) if error.kind() == ErrorKind::Cancelled) {
                    is_cancelled.store(true, Ordering::Relaxed);
                }
                results.lock().unwrap_or_else(PoisonError::into_inner).push((*index, result));
            }
        };
        thread::scope(|scope| {
            for _ in 1..jobs {
                scope.spawn(work);
            }
            work();
        });
        results.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads an archive, whatever its record says, and records what it holds. If the file has
    /// changed, the new content is accepted: [`KnownImage::changed_from`](crate::KnownImage) is `None`.
    ///
    /// # Errors
    ///
    /// If the archive can't be read. Damage is knowledge, no error.
    pub fn examine(
        &self,
        archive: &ArchivePath,
        options: &ExamineOptions<'_>,
    ) -> Result<Knowledge, Error> {
        Ok(self.examine_with_stat(archive, options, true)?.1)
    }

    fn examine_with_stat(
        &self,
        archive: &ArchivePath,
        options: &ExamineOptions<'_>,
        is_accepted: bool,
    ) -> Examined {
        let before = self.read_record(archive);
        let known = before.as_ref().and_then(Record::image);
        let stat = self.stat(archive)?;
        let draft = self.begin_record(archive, stat);
        let content = match sealift_archive::examine(self.path_of(archive), options) {
            Ok(found) => Content::Image(Box::new(ImageContent {
                wrong_member: wrong_member(archive, found.member_name().map(str::to_owned)),
                identity: found.identity().clone(),
                sha256: found.sha256(),
                plain_size: found.plain_size(),
                changed_from: known.filter(|_| !is_accepted).and_then(|known| {
                    let origin = known.changed_from.unwrap_or(known.sha256);
                    (origin != found.sha256()).then_some(origin)
                }),
            })),
            Err(sealift_archive::Error::Fault { source, .. }) => {
                let fault = match known {
                    Some(_) => source.of_known_image(),
                    None => source,
                };
                if fault.kind() != FaultKind::NotAnImage {
                    // What another writer has put in its place meanwhile has its own record.
                    if self.stat(archive).is_ok_and(|now| now == stat) {
                        self.forget(archive, draft, before);
                    }
                    return Ok((stat, Knowledge::Damaged { fault }));
                }
                Content::NoImage { reason: reason_of(&fault) }
            }
            Err(error) => return Err(error.into()),
        };
        let mut record = Record::new(stat, draft.began, content);
        record.saved = saved_before(before.as_ref(), &record.content);
        // What changed while it was read is not what was read.
        if self.stat(archive)? == stat {
            self.keep_record(archive, draft, record.clone());
        }
        Ok((stat, record.into()))
    }

    /// Stops believing what was recorded about an archive that is damaged. That it was an image stays
    /// known.
    fn forget(&self, archive: &ArchivePath, draft: Draft, before: Option<Record>) {
        match before.filter(|before| before.image().is_some()) {
            Some(before) => self.keep_record(archive, draft, before.doubted()),
            None => self.drop_record(archive),
        }
    }

    /// Looks whether an archive may hold an image, reading a few kilobytes of it at most. That it
    /// holds none is recorded, unless it was recorded as an image: then it is damaged.
    pub(crate) fn look(&self, entry: &Entry) -> Result<Option<Knowledge>, Error> {
        if self.recorded_image(&entry.archive).is_some() {
            return Ok(match sealift_archive::look(self.path_of(&entry.archive))? {
                Look::MayHoldImage => None,
                Look::NoImage { reason } => {
                    let fault = Fault::NotAnImage { reason }.of_known_image();
                    Some(Knowledge::Damaged { fault })
                }
            });
        }
        let draft = self.begin_record(&entry.archive, entry.stat);
        match sealift_archive::look(self.path_of(&entry.archive))? {
            Look::MayHoldImage => Ok(None),
            Look::NoImage { reason } => {
                let record = Record::new(entry.stat, draft.began, Content::NoImage { reason });
                if self.stat(&entry.archive)? == entry.stat {
                    self.keep_record(&entry.archive, draft, record.clone());
                }
                Ok(Some(record.into()))
            }
        }
    }
}

/// Returns the name of a zip's member, if it is not the one that the archive's name asks for.
pub fn wrong_member(archive: &ArchivePath, member: Option<String>) -> Option<String> {
    let is_zip = archive.name().format() == ArchiveFormat::Zip;
    member.filter(|member| is_zip && *member != archive.name().member_name())
}

/// Returns when an archive was saved, from a record that isn't believed any more, if the file turned
/// out to be the same one after all: copies have other times.
fn saved_before(before: Option<&Record>, content: &Content) -> Option<Timestamp> {
    let before = before?;
    match (&before.content, content) {
        (Content::Image(before_image), Content::Image(image))
            if before_image.sha256 == image.sha256 =>
        {
            before.saved
        }
        _ => None,
    }
}

/// Returns what is known of an archive that the operating system refuses to read.
pub(crate) fn unreadable(error: &Error) -> Option<Knowledge> {
    match error {
        Error::Io { source, .. } | Error::Archive(sealift_archive::Error::Io { source, .. }) => {
            Some(Knowledge::Unreadable { reason: source.to_string() })
        }
        _ => None,
    }
}

fn reason_of(fault: &Fault) -> String {
    match fault {
        Fault::NotAnImage { reason } => reason.clone(),
        other => other.to_string(),
    }
}
