//! The archives that an update removes at its end.
//!
//! Removals depend on all images of the call and on the results of the saves. They are therefore
//! decided separately: `plan` is made before the saves, when their images are not known, and
//! `reconcile` sees only one image at a time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sealift_filename::{ArchiveFormat, ArchivePath, Repository};
use sealift_oci::{Identity, Platform};
use serde::Serialize;

use crate::action::{Action, PlanItem};
use crate::entry::Entry;
use crate::plan_options::PlanOptions;
use crate::ranking::{Build, Ranking, group_of};
use crate::snapshot::Snapshot;
use crate::stat::Stat;
use crate::wanted::Wanted;

/// An archive that an update removes. It serializes as `{archive, size, newer}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Removal {
    /// The archive.
    pub archive: ArchivePath,
    /// The size of its file in bytes.
    pub size: u64,
    /// The size and the time of its file at the time of the decision.
    #[serde(skip)]
    pub stat: Stat,
    /// Whether its version is newer than all versions of this image in the call.
    pub newer: bool,
}

/// The result of an update for one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The image has an archive, which is durably on the disk.
    Done {
        /// The image of the call.
        wanted: &'a Wanted,
        /// The image in the archive.
        identity: &'a Identity,
        /// The archive of the image.
        archive: &'a ArchivePath,
    },
    /// The update of the image failed. No archive of this image is cleaned, for any platform.
    Failed {
        /// The name of the image.
        repository: &'a Repository,
    },
}

/// Returns the archives that an update removes after everything else is durable, sorted by path.
///
/// - With `clean`: archives with other versions or ids than those of the call, for the images and
///   platforms of the call. This includes newer versions. With `keep`, only those of them that
///   [`retain`](crate::retain()) would remove after the call.
/// - With `compress`: plain archives of builds that now have a zip.
///
/// Only [removable](Entry::removable) archives are removed that are known to contain an image, and
/// only if the ids in their names belong to it. If any outcome of an image is a failure, no archive
/// of this image is cleaned.
#[must_use = "nothing is removed yet: remove the archives that are returned"]
pub fn removals(
    snapshot: &Snapshot,
    outcomes: &[Outcome<'_>],
    options: &PlanOptions,
) -> Vec<Removal> {
    let mut failed: BTreeSet<&Repository> = options.keep_all_of.iter().collect();
    let mut done = Vec::new();
    for outcome in outcomes {
        match *outcome {
            Outcome::Done { wanted, identity, archive } => {
                done.push(Present {
                    wanted,
                    image: Image::Known(identity),
                    archive: Some(archive),
                });
            }
            Outcome::Failed { repository } => {
                failed.insert(repository);
            }
        }
    }
    decide(snapshot, &done, &failed, options)
}

/// Predicts the removals before the saves.
///
/// The result of a save is not known yet. If the engine does not report the config of an image, any
/// archive of the same version and platform can contain this image, so none of these is removed.
pub(crate) fn predicted_removals(
    snapshot: &Snapshot,
    images: &[Wanted],
    items: &[PlanItem],
    options: &PlanOptions,
) -> Vec<Removal> {
    let mut failed: BTreeSet<&Repository> = options.keep_all_of.iter().collect();
    let mut done = Vec::new();
    for (wanted, item) in images.iter().zip(items) {
        let known = |archive| snapshot.identity(archive).map_or(Image::Expected, Image::Known);
        match &item.action {
            Action::Keep { archive } => {
                done.push(Present { wanted, image: known(archive), archive: Some(archive) });
            }
            Action::Compress { from, to } => {
                done.push(Present { wanted, image: known(from), archive: Some(to) });
            }
            Action::Save { .. } => {
                done.push(Present { wanted, image: Image::Expected, archive: None })
            }
            Action::UnsupportedFormat { .. } => {
                failed.insert(&wanted.repository);
            }
        }
    }
    decide(snapshot, &done, &failed, options)
}

/// An image that has an archive, or will have one.
struct Present<'a> {
    wanted: &'a Wanted,
    image: Image<'a>,
    /// The archive. `None` if its name is known only after the save.
    archive: Option<&'a ArchivePath>,
}

enum Image<'a> {
    Known(&'a Identity),
    Expected,
}

impl Present<'_> {
    fn platform(&self) -> &Platform {
        match self.image {
            Image::Known(image) => &image.platform,
            Image::Expected => &self.wanted.platform,
        }
    }

    /// Returns `true` if an archive of the same image is for the same platform.
    fn is_on_platform(&self, identity: &Identity) -> bool {
        self.platform().matches(&identity.platform)
    }

    /// Returns the build that the call adds, which is the newest one of its version.
    fn build(&self) -> Build<'_> {
        let id = match self.archive {
            Some(archive) => Some(archive.name().id()),
            None => self.wanted.id(),
        };
        Build { version: self.wanted.version.as_str(), id, time: Timestamp::MAX }
    }

    /// Returns `true` if an archive of the same image has the version and the content of the call.
    fn is_named(&self, entry: &Entry, identity: &Identity) -> bool {
        let is_image = match self.image {
            Image::Known(image) => image.is_same_image(identity),
            Image::Expected => self.wanted.may_match(identity),
        };
        self.archive == Some(&entry.archive)
            || (is_image
                && entry.is_rightly_named()
                && entry.archive.name().version() == self.wanted.version.as_str())
    }

    /// Returns `true` if an archive is plain and the image has a zip instead.
    fn is_replaced_by_zip(&self, entry: &Entry) -> bool {
        let is_zip = |archive: &ArchivePath| archive.name().format() == ArchiveFormat::Zip;
        entry.archive.name().format() == ArchiveFormat::Docker && self.archive.is_some_and(is_zip)
    }
}

/// Decides about each archive of the snapshot independently.
///
/// An archive is *named* by the call if it has the version of one of the call's images and contains
/// this image. A named archive is kept, unless the call compresses and every image that names it
/// has a zip instead.
///
/// `clean` removes other archives of the same image and platform. Three conditions protect archives
/// about which not enough is known:
///
/// - The content must be known.
/// - The id in the name must belong to the content, because a misnamed archive can be the only one
///   of another image.
/// - No save of the image may have failed, because an older archive can be needed as a replacement.
///
/// `keep` counts the archives that exist after the call, so the rankings include those that a save
/// will add.
fn decide(
    snapshot: &Snapshot,
    done: &[Present<'_>],
    failed: &BTreeSet<&Repository>,
    options: &PlanOptions,
) -> Vec<Removal> {
    let rankings = options.keep.map(|_| rankings(snapshot, done)).unwrap_or_default();
    let decide = |entry: &Entry| {
        let repository = entry.archive.repository()?;
        let identity = entry.identity().filter(|_| entry.removable)?;
        let of_image: Vec<&Present<'_>> =
            done.iter().filter(|done| done.wanted.repository == repository).collect();
        let mut naming = of_image.iter().filter(|done| done.is_named(entry, identity)).peekable();
        let is_named = naming.peek().is_some();
        let is_removed = if is_named {
            options.compress && naming.all(|done| done.is_replaced_by_zip(entry))
        } else {
            options.clean
                && !failed.contains(&repository)
                && entry.is_rightly_named()
                && of_image.iter().any(|done| done.is_on_platform(identity))
                && !is_kept(entry, &rankings, options)
        };
        let precedence = entry.archive.name().precedence();
        let mut of_platform = of_image.iter().filter(|done| done.is_on_platform(identity));
        is_removed.then(|| Removal {
            archive: entry.archive.clone(),
            size: entry.stat.size,
            stat: entry.stat,
            newer: !is_named
                && of_platform.all(|done| precedence > done.wanted.version.precedence()),
        })
    };
    snapshot.entries().iter().filter_map(decide).collect()
}

type Rankings<'a> = BTreeMap<(String, Platform), Ranking<'a>>;

/// Ranks the builds that exist after the call, by image and platform.
fn rankings<'a>(snapshot: &'a Snapshot, done: &'a [Present<'a>]) -> Rankings<'a> {
    let mut groups: BTreeMap<(String, Platform), Vec<Build<'a>>> = BTreeMap::new();
    for entry in snapshot.entries() {
        if let Some(group) = group_of(entry) {
            groups.entry(group).or_default().push(Build::of(entry));
        }
    }
    for done in done {
        let group = (done.wanted.repository.to_string(), done.platform().normalized());
        let is_there = snapshot.of(&done.wanted.repository).any(|entry| {
            group_of(entry).is_some_and(|of| of == group)
                && entry.identity().is_some_and(|identity| done.is_named(entry, identity))
        });
        if !is_there {
            groups.entry(group).or_default().push(done.build());
        }
    }
    groups.into_iter().map(|(group, builds)| (group, Ranking::new(builds))).collect()
}

fn is_kept(entry: &Entry, rankings: &Rankings<'_>, options: &PlanOptions) -> bool {
    let (Some(keep), Some(group)) = (options.keep, group_of(entry)) else { return false };
    let (version, id) = (entry.archive.name().version(), entry.archive.name().id());
    rankings.get(&group).is_some_and(|ranking| {
        ranking.is_newest_release(version) || ranking.keeps(version, id, keep)
    })
}
