//! A snapshot of the archives that an update decides about.

use sealift_filename::{ArchivePath, Repository, Version};
use sealift_oci::Identity;

use crate::entry::Entry;

/// A snapshot of the archives of an update's images at one time, sorted by path.
///
/// [`plan`](crate::plan()), [`reconcile`](crate::reconcile()) and [`removals`](crate::removals())
/// use it. It must contain all archives of these images, including those of other versions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    entries: Vec<Entry>,
}

impl Snapshot {
    /// Creates a snapshot of archives in any order.
    pub fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_by(|left, right| left.archive.cmp(&right.archive));
        Self { entries }
    }

    /// Returns all archives.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the entry of an archive by its path, or `None` if it is missing.
    pub fn entry(&self, archive: &ArchivePath) -> Option<&Entry> {
        let found = self.entries.binary_search_by(|entry| entry.archive.cmp(archive));
        found.ok().map(|index| &self.entries[index])
    }

    /// Returns the identity of the image in an archive, if it is known.
    pub fn identity(&self, archive: &ArchivePath) -> Option<&Identity> {
        self.entry(archive)?.identity()
    }

    /// Returns the archives of exactly this image.
    pub(crate) fn of<'a>(
        &'a self,
        repository: &'a Repository,
    ) -> impl Iterator<Item = &'a Entry> + 'a {
        self.entries
            .iter()
            .filter(move |entry| entry.archive.repository().as_ref() == Some(repository))
    }

    /// Returns the archives of exactly this image and version.
    pub(crate) fn of_version<'a>(
        &'a self,
        repository: &'a Repository,
        version: &'a Version,
    ) -> impl Iterator<Item = &'a Entry> + 'a {
        self.of(repository).filter(move |entry| entry.archive.name().version() == version.as_str())
    }
}
