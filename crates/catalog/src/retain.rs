//! The archives that a clean-up removes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sealift_filename::{ArchivePath, Reference, Version};
use sealift_oci::Platform;

use crate::entry::Entry;
use crate::keep::Keep;
use crate::ranking::{Build, Ranking, group_of};

/// The rules by which a clean-up selects archives to remove. An archive must match all of them.
///
/// The newest release of an image and platform is removed only if [`images`](Self::images) names it
/// with its version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// Selects only these images, or these versions of them. If it is empty, all images are
    /// selected.
    pub images: Vec<Reference>,
    /// Selects only archives for this platform.
    pub platform: Option<Platform>,
    /// Selects only dirty builds.
    pub only_dirty: bool,
    /// Selects only archives that were [saved](Entry::saved) before this time.
    pub before: Option<Timestamp>,
    /// Selects only archives that exceed these numbers.
    pub keep: Option<Keep>,
}

impl Retention {
    /// Selects the archives of all images that exceed these numbers.
    pub fn keeping(keep: Keep) -> Self {
        Self { keep: Some(keep), ..Self::keeping_newest_releases() }
    }

    /// Selects all archives except those of the newest release of each image. Further rules
    /// restrict the selection.
    pub fn keeping_newest_releases() -> Self {
        Self { images: Vec::new(), platform: None, only_dirty: false, before: None, keep: None }
    }

    /// Selects only these images, or these versions of them.
    #[must_use]
    pub fn with_images(mut self, images: Vec<Reference>) -> Self {
        self.images = images;
        self
    }

    /// Selects only archives for this platform.
    #[must_use]
    pub fn with_platform(mut self, platform: impl Into<Option<Platform>>) -> Self {
        self.platform = platform.into();
        self
    }

    /// Selects only dirty builds.
    #[must_use]
    pub fn with_only_dirty(mut self, only_dirty: bool) -> Self {
        self.only_dirty = only_dirty;
        self
    }

    /// Selects only archives that were saved before this time.
    #[must_use]
    pub fn with_before(mut self, before: impl Into<Option<Timestamp>>) -> Self {
        self.before = before.into();
        self
    }

    /// Selects only archives that exceed these numbers.
    #[must_use]
    pub fn with_keep(mut self, keep: impl Into<Option<Keep>>) -> Self {
        self.keep = keep.into();
        self
    }

    /// Returns `true` if [`images`](Self::images) selects an archive.
    pub fn names(&self, archive: &ArchivePath) -> bool {
        self.images.is_empty() || self.naming(archive).next().is_some()
    }

    /// Returns the references that name an archive.
    fn naming<'a>(&'a self, archive: &'a ArchivePath) -> impl Iterator<Item = &'a Reference> {
        let repository = archive.repository();
        self.images.iter().filter(move |image| {
            let version = image.version().map(Version::as_str);
            Some(image.repository()) == repository.as_ref()
                && version.is_none_or(|version| version == archive.name().version())
        })
    }

    fn selects(&self, entry: &Entry, ranking: &Ranking<'_>) -> bool {
        let name = entry.archive.name();
        let is_named_by_version =
            || self.naming(&entry.archive).any(|image| image.version().is_some());
        self.names(&entry.archive)
            && (!ranking.is_newest_release(name.version()) || is_named_by_version())
            && self.platform.as_ref().is_none_or(|wanted| {
                entry.platform().is_some_and(|platform| wanted.matches(&platform))
            })
            && (!self.only_dirty || name.is_dirty())
            && self.before.is_none_or(|before| entry.saved() < before)
            && self.keep.is_none_or(|keep| !ranking.keeps(name.version(), name.id(), keep))
    }
}

/// Returns the archives that a clean-up removes, sorted by path.
///
/// Versions are ordered as in [`latest`](crate::latest()) and counted for each image and platform.
///
/// An archive is counted, and can be removed, only if it is [removable](Entry::removable) and known
/// to contain the image that its name states. Unread, damaged and misnamed archives are therefore
/// neither kept instead of others nor removed, and nothing is removed from entries without known
/// content.
///
/// ```
/// use sealift_catalog::{Entry, Keep, Retention, retain};
/// use sealift_filename::ArchivePath;
///
/// /// Returns the archives that exceed three releases and three dirty builds of each image.
/// fn surplus(entries: &[Entry]) -> Vec<ArchivePath> {
///     retain(entries, &Retention::keeping(Keep::newest(3)))
/// }
/// ```
#[must_use = "nothing is removed yet: remove the archives that are returned"]
pub fn retain<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    retention: &Retention,
) -> Vec<ArchivePath> {
    let mut groups: BTreeMap<(String, Platform), Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        if let Some(group) = group_of(entry) {
            groups.entry(group).or_default().push(entry);
        }
    }
    let mut removed: Vec<ArchivePath> = Vec::new();
    for group in groups.values() {
        let ranking = Ranking::new(group.iter().copied().map(Build::of));
        let selected = group.iter().filter(|entry| retention.selects(entry, &ranking));
        removed.extend(selected.map(|entry| entry.archive.clone()));
    }
    removed.sort_unstable();
    removed
}
