//! Retention: which archives a clean-up removes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sealift_filename::{ArchivePath, ImageId, Precedence, Reference, Version};
use sealift_oci::Platform;

use crate::entry::Entry;

/// How many versions and builds of each image and platform are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// How many released versions. All archives of a version count as one, whatever their ids and
    /// formats. The newest release is kept even if this is 0.
    pub releases: usize,
    /// How many dirty builds. Each id of a dirty version counts as one, whatever its formats.
    pub dirty: usize,
}

impl Keep {
    /// Keeps as many released versions as dirty builds.
    pub fn newest(number: usize) -> Self {
        Self { releases: number, dirty: number }
    }
}

/// Which archives a clean-up selects. Selectors combine by "and".
///
/// Whatever they select, the newest release of an image and platform is only removed if
/// [`images`](Self::images) names it with its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Only these images, or these versions of them; every image if empty.
    pub images: Vec<Reference>,
    /// Only archives for this platform.
    pub platform: Option<Platform>,
    /// Only dirty builds.
    pub only_dirty: bool,
    /// Only archives that were [saved](Entry::saved) before this time.
    pub before: Option<Timestamp>,
    /// Only what exceeds these numbers.
    pub keep: Option<Keep>,
}

impl Retention {
    /// Selects what exceeds these numbers, of every image.
    pub fn keeping(keep: Keep) -> Self {
        Self {
            images: Vec::new(),
            platform: None,
            only_dirty: false,
            before: None,
            keep: Some(keep),
        }
    }

    /// Returns `true` if an archive's image is selected, and its version if one is named.
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
/// Versions follow each other as in [`latest`](crate::latest), and are counted for each image and
/// platform. An archive only counts, and is only removed, if it is a regular file that is known to
/// hold an image to which the id in its name belongs: the content must be known.
/// Damaged and misnamed archives are neither kept in place of others nor removed.
///
/// ```
/// use sealift_catalog::{Entry, Keep, Retention, retain};
/// use sealift_filename::ArchivePath;
///
/// /// Returns what exceeds three releases and three dirty builds of each image.
/// fn surplus(entries: &[Entry]) -> Vec<ArchivePath> {
///     retain(entries, &Retention::keeping(Keep::newest(3)))
/// }
/// ```
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

/// Returns the image and platform among whose archives this one counts, or `None` if it does not
/// count. A symbolic link does not: what it points to may be removed.
pub(crate) fn group_of(entry: &Entry) -> Option<(String, Platform)> {
    let platform = entry.platform().filter(|_| entry.is_regular && entry.is_rightly_named())?;
    let image = entry.archive.repository().map(|repository| repository.to_string());
    Some((image.unwrap_or_else(|| entry.archive.image().to_owned()), platform))
}

/// What is counted: an image under a version, in all its formats.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Build<'a> {
    pub(crate) version: &'a str,
    /// `None` if only the save will tell.
    pub(crate) id: Option<ImageId>,
    /// The time by which builds of the same version follow each other.
    pub(crate) time: Timestamp,
}

impl<'a> Build<'a> {
    pub(crate) fn of(entry: &'a Entry) -> Self {
        let name = entry.archive.name();
        Self { version: name.version(), id: Some(name.id()), time: entry.time() }
    }
}

/// The place of each build of one image and platform, 0 for the newest.
#[derive(Debug)]
pub(crate) struct Ranking<'a> {
    releases: BTreeMap<&'a str, usize>,
    dirty: BTreeMap<(&'a str, Option<ImageId>), usize>,
}

impl<'a> Ranking<'a> {
    pub(crate) fn new(builds: impl IntoIterator<Item = Build<'a>>) -> Self {
        let mut releases = BTreeSet::new();
        let mut dirty: BTreeMap<(&str, Option<ImageId>), Timestamp> = BTreeMap::new();
        for Build { version, id, time } in builds {
            if Version::from(version).is_dirty() {
                let latest = dirty.entry((version, id)).or_insert(time);
                *latest = time.max(*latest);
            } else {
                releases.insert(version);
            }
        }
        let mut releases: Vec<&str> = releases.into_iter().collect();
        releases.sort_by_key(|version| Reverse(Precedence::of(version)));
        let mut dirty: Vec<_> = dirty.into_iter().collect();
        dirty.sort_by_key(|&((version, id), time)| Reverse((Precedence::of(version), time, id)));
        Self {
            releases: releases.into_iter().zip(0..).collect(),
            dirty: dirty.into_iter().map(|(build, _)| build).zip(0..).collect(),
        }
    }

    pub(crate) fn is_newest_release(&self, version: &str) -> bool {
        self.releases.get(version) == Some(&0)
    }

    /// Returns `true` if an archive is among the newest that are kept.
    pub(crate) fn keeps(&self, version: &str, id: ImageId, keep: Keep) -> bool {
        let release = self.releases.get(version).is_some_and(|place| *place < keep.releases);
        let dirty = self.dirty.get(&(version, Some(id))).is_some_and(|place| *place < keep.dirty);
        release || dirty
    }
}
