//! Entries with complete knowledge: archives without a valid record are read.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use sealift_archive::ExamineOptions;
use sealift_catalog::{Entry, PlanOptions, Snapshot};
use sealift_filename::{ArchivePath, Repository, Version};

use crate::error::{Error, ErrorKind};
use crate::read::examine::unreadable;
use crate::read::options::{ReadOptions, Reading};
use crate::read::parallel::in_parallel;
use crate::store::Store;

impl Store {
    /// Returns the entries of archives, with their content. Archives without a valid record are
    /// read and recorded, several at the same time. Archives that no longer exist are left out.
    ///
    /// Damaged and unreadable archives are not errors; their entries show the flaw.
    ///
    /// # Errors
    ///
    /// Returns an error if the caller cancels the operation.
    pub fn examined_entries(
        &self,
        archives: &[ArchivePath],
        options: &ReadOptions<'_>,
    ) -> Result<Vec<Entry>, Error> {
        let mut entries = self.entries(archives);
        self.complete(&mut entries, |_| true, options)?;
        Ok(entries)
    }

    /// Returns the archives of all images of an update, in all versions, for
    /// [`plan`](sealift_catalog::plan()).
    ///
    /// Archives that the plan depends on are examined: those of the requested versions, and if the
    /// plan removes archives, those of all versions.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder of an image cannot be read, or if the caller cancels the
    /// operation.
    pub fn snapshot(
        &self,
        images: &[(Repository, Version)],
        plan: &PlanOptions,
        options: &ReadOptions<'_>,
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
        self.complete(&mut entries, |entry| plan.clean || is_named(entry), options)?;
        Ok(Snapshot::new(entries))
    }

    /// Examines the entries that are needed and have not been read. Entries of archives that no
    /// longer exist are removed.
    pub(crate) fn complete(
        &self,
        entries: &mut Vec<Entry>,
        is_needed: impl Fn(&Entry) -> bool,
        options: &ReadOptions<'_>,
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
        let examined =
            in_parallel(&unread, options.jobs, |&index| self.completed(&entries[index], options))?;
        // In reverse order, so that indices stay valid when an entry is removed.
        for (index, entry) in unread.into_iter().zip(examined).rev() {
            match entry {
                Some(entry) => entries[index] = entry,
                None => drop(entries.remove(index)),
            }
        }
        Ok(())
    }

    /// Returns the entry with its content, or `None` if the archive no longer exists.
    fn completed(&self, entry: &Entry, options: &ReadOptions<'_>) -> Result<Option<Entry>, Error> {
        let on_bytes = |bytes| {
            options.on_bytes.inspect(|on_bytes| on_bytes(bytes));
            match options.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let examine = ExamineOptions::new().with_on_bytes(&on_bytes);
        let mut entry = entry.clone();
        match self.examine_unaccepted(&entry.archive, &examine) {
            Ok((stat, knowledge)) => {
                entry.stat = stat;
                entry.suspicion = None;
                entry.knowledge = Some(knowledge);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => entry.knowledge = Some(unreadable(error)?),
        }
        Ok(Some(entry))
    }
}
