//! What an update removes at its end.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sealift_filename::{ArchiveFormat, ArchivePath, Repository};
use sealift_oci::{Identity, Platform};
use serde::Serialize;

use crate::entry::Entry;
use crate::plan::{Action, PlanItem, PlanOptions};
use crate::retain::{Build, Ranking, group_of};
use crate::snapshot::Snapshot;
use crate::stat::Stat;
use crate::wanted::Wanted;

/// An archive that is to be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removal {
    /// The archive.
    pub archive: ArchivePath,
    /// The size of its file in bytes.
    pub size: u64,
    /// How its file looked when this was decided.
    #[serde(skip)]
    pub stat: Stat,
    /// Whether its version is newer than every version of the image that the call names.
    pub newer: bool,
}

/// How it went for one image of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// It is in the folder, durably.
    Done {
        /// The image that was wanted.
        wanted: &'a Wanted,
        /// The image that is there.
        identity: &'a Identity,
        /// Its archive.
        archive: &'a ArchivePath,
    },
    /// It failed. Nothing of this image is cleaned then, of no platform.
    Failed {
        /// The image's name.
        repository: &'a Repository,
    },
}

/// Returns what is to be removed once everything else is durable, sorted by path.
///
/// - With `clean`: archives of exactly these images, and of the platforms that the call brought, which
///   no outcome names: other versions and other ids, newer ones too. With `keep`, only those of them
///   that [`retain`](crate::retain()) removes after the call.
/// - With `compress`: the plain twins of what is there as a zip now.
///
/// Only regular files that are known to hold an image are removed, and only if the ids in their names
/// belong to it; nothing is cleaned of an image of which any outcome is a failure.
pub fn removals(
    snapshot: &Snapshot,
    outcomes: &[Outcome<'_>],
    options: &PlanOptions,
) -> Vec<Removal> {
    let mut failed: BTreeSet<&Repository> = options.spare.iter().collect();
    let mut done = Vec::new();
    for outcome in outcomes {
        match *outcome {
            Outcome::Done { wanted, identity, archive } => {
                done.push(Done { wanted, image: Image::Known(identity), archive: Some(archive) });
            }
            Outcome::Failed { repository } => {
                failed.insert(repository);
            }
        }
    }
    decide(snapshot, &done, &failed, options)
}

/// Predicts the removals from what is known before any save.
pub(crate) fn predicted_removals(
    snapshot: &Snapshot,
    images: &[Wanted],
    items: &[PlanItem],
    options: &PlanOptions,
) -> Vec<Removal> {
    let mut failed: BTreeSet<&Repository> = options.spare.iter().collect();
    let mut done = Vec::new();
    for (wanted, item) in images.iter().zip(items) {
        let known = |archive| snapshot.identity(archive).map_or(Image::Expected, Image::Known);
        match &item.action {
            Action::Keep { archive } => {
                done.push(Done { wanted, image: known(archive), archive: Some(archive) });
            }
            Action::Compress { from, to } => {
                done.push(Done { wanted, image: known(from), archive: Some(to) });
            }
            Action::Save { .. } => {
                done.push(Done { wanted, image: Image::Expected, archive: None })
            }
            Action::UnsupportedFormat { .. } => {
                failed.insert(&wanted.repository);
            }
        }
    }
    decide(snapshot, &done, &failed, options)
}

/// An image that is in the folder, or will be.
struct Done<'a> {
    wanted: &'a Wanted,
    image: Image<'a>,
    /// None where only the save tells its name.
    archive: Option<&'a ArchivePath>,
}

enum Image<'a> {
    Known(&'a Identity),
    Expected,
}

impl Done<'_> {
    fn platform(&self) -> &Platform {
        match self.image {
            Image::Known(image) => &image.platform,
            Image::Expected => &self.wanted.platform,
        }
    }

    /// Returns `true` if an archive of its repository is for its platform.
    fn is_on_platform(&self, identity: &Identity) -> bool {
        self.platform().matches(&identity.platform)
    }

    /// Returns the build that the call adds: the newest one of its version.
    fn build(&self) -> Build<'_> {
        let id = match self.archive {
            Some(archive) => Some(archive.name().id()),
            None => self.wanted.id(),
        };
        Build { version: self.wanted.version.as_str(), id, time: Timestamp::MAX }
    }

    /// Returns `true` if an archive of its repository is what the call named.
    fn is_named(&self, entry: &Entry, identity: &Identity) -> bool {
        let is_image = match self.image {
            Image::Known(image) => image.is_same_image(identity),
            Image::Expected => self.wanted.may_be(identity),
        };
        self.archive == Some(&entry.archive)
            || (is_image
                && entry.is_rightly_named()
                && entry.archive.name().version() == self.wanted.version.as_str())
    }

    /// Returns `true` if an archive that the call named is the plain twin of its zip.
    fn is_plain_twin(&self, entry: &Entry) -> bool {
        let is_zip = |archive: &ArchivePath| archive.name().format() == ArchiveFormat::Zip;
        entry.archive.name().format() == ArchiveFormat::Docker && self.archive.is_some_and(is_zip)
    }
}

fn decide(
    snapshot: &Snapshot,
    done: &[Done<'_>],
    failed: &BTreeSet<&Repository>,
    options: &PlanOptions,
) -> Vec<Removal> {
    let rankings = options.keep.map(|_| rankings(snapshot, done)).unwrap_or_default();
    let decide = |entry: &Entry| {
        let repository = entry.archive.repository()?;
        let identity = entry.identity().filter(|_| entry.is_regular)?;
        let of_image: Vec<&Done<'_>> =
            done.iter().filter(|done| done.wanted.repository == repository).collect();
        let mut naming = of_image.iter().filter(|done| done.is_named(entry, identity)).peekable();
        let is_named = naming.peek().is_some();
        let is_removed = if is_named {
            options.compress && naming.all(|done| done.is_plain_twin(entry))
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

/// Ranks the builds that are there after the call, by image and platform.
fn rankings<'a>(snapshot: &'a Snapshot, done: &'a [Done<'a>]) -> Rankings<'a> {
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
