//! The order of versions and builds in which a clean-up counts them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sealift_filename::{ImageId, Precedence, Version};
use sealift_oci::Platform;

use crate::entry::Entry;
use crate::keep::Keep;

/// Returns the image and the platform by which an archive is grouped. Returns `None` if the archive
/// is not counted. A symbolic link is not counted, because its target can be removed.
pub(crate) fn group_of(entry: &Entry) -> Option<(String, Platform)> {
    let platform = entry.platform().filter(|_| entry.removable && entry.is_rightly_named())?;
    Some((entry.image_name(), platform))
}

/// A build of a version, in all its formats. It is the unit that is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Build<'a> {
    pub(crate) version: &'a str,
    /// The id of the build. `None` if it is known only after the save.
    pub(crate) id: Option<ImageId>,
    /// The time by which builds of the same version are ordered.
    pub(crate) time: Timestamp,
}

impl<'a> Build<'a> {
    pub(crate) fn of(entry: &'a Entry) -> Self {
        let name = entry.archive.name();
        Self { version: name.version(), id: Some(name.id()), time: entry.time() }
    }
}

/// The positions of the builds of one image and platform. The newest has the position 0.
///
/// Releases and dirty builds are counted separately, so that many builds of a dirty version do not
/// displace releases. All builds of a release count as one. Each build of a dirty version counts
/// separately.
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

    /// Returns `true` if an archive is among the newest ones that are kept.
    pub(crate) fn keeps(&self, version: &str, id: ImageId, keep: Keep) -> bool {
        let release = self.releases.get(version).is_some_and(|place| *place < keep.releases);
        let dirty = self.dirty.get(&(version, Some(id))).is_some_and(|place| *place < keep.dirty);
        release || dirty
    }
}
