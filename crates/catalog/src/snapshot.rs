//! A folder at one moment, as far as a call is concerned with it.

use sealift_filename::{ArchivePath, Repository, Version};
use sealift_oci::Identity;

use crate::entry::Entry;

/// The archives of the images of a call at one moment, sorted by path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    entries: Vec<Entry>,
}

impl Snapshot {
    /// Takes archives in any order.
    pub fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_by(|left, right| left.archive.cmp(&right.archive));
        Self { entries }
    }

    /// Gives all archives.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Gives one archive.
    pub fn entry(&self, archive: &ArchivePath) -> Option<&Entry> {
        let found = self.entries.binary_search_by(|entry| entry.archive.cmp(archive));
        found.ok().map(|index| &self.entries[index])
    }

    /// Gives which image an archive holds, where that is known.
    pub fn identity(&self, archive: &ArchivePath) -> Option<&Identity> {
        self.entry(archive)?.identity()
    }

    /// Gives the archives of exactly this image.
    pub(crate) fn of<'a>(
        &'a self,
        repository: &'a Repository,
    ) -> impl Iterator<Item = &'a Entry> + 'a {
        self.entries
            .iter()
            .filter(move |entry| entry.archive.repository().as_ref() == Some(repository))
    }

    /// Gives the archives of exactly this image and version.
    pub(crate) fn of_version<'a>(
        &'a self,
        repository: &'a Repository,
        version: &'a Version,
    ) -> impl Iterator<Item = &'a Entry> + 'a {
        self.of(repository).filter(move |entry| entry.archive.name().version() == version.as_str())
    }
}
