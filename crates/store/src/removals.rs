//! What goes at the end of a call of `update`.

use std::collections::BTreeSet;

use sealift_archive::Identity;
use sealift_filename::{ArchiveFormat, ArchivePath, Repository};

use crate::platform::is_same_platform;
use crate::{Action, Entry, PlanItem, PlanOptions, Snapshot, Wanted};

/// How it went for one image of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
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

/// Decides what goes, once everything else is durable: sorted by path.
///
/// - With `clean`: archives of exactly these images, and of the platforms that the call brought, which
///   no outcome names.
/// - With `compress`: the plain twins of what is there as a zip now.
///
/// Only regular files that are known to hold an image ever go; of an image of which any outcome is a
/// failure, nothing is cleaned.
pub fn removals(
    snapshot: &Snapshot,
    outcomes: &[Outcome<'_>],
    options: &PlanOptions,
) -> Vec<ArchivePath> {
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

/// Foretells the removals from what is known before any save.
pub(crate) fn predicted_removals(
    snapshot: &Snapshot,
    images: &[Wanted],
    items: &[PlanItem],
    options: &PlanOptions,
) -> Vec<ArchivePath> {
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
    /// Tells whether an archive of its repository is of its platform.
    fn is_on_platform(&self, identity: &Identity) -> bool {
        let platform = match self.image {
            Image::Known(image) => &image.platform,
            Image::Expected => &self.wanted.platform,
        };
        is_same_platform(platform, &identity.platform)
    }

    /// Tells whether an archive of its repository is what the call named.
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

    /// Tells whether an archive that the call named is the plain twin of its zip.
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
) -> Vec<ArchivePath> {
    let goes = |entry: &&Entry| {
        let Some(repository) = entry.archive.repository() else { return false };
        let (true, Some(identity)) = (entry.is_regular, entry.identity()) else { return false };
        let of_image: Vec<&Done<'_>> =
            done.iter().filter(|done| done.wanted.repository == repository).collect();
        let mut naming = of_image.iter().filter(|done| done.is_named(entry, identity)).peekable();
        if naming.peek().is_some() {
            return options.compress && naming.all(|done| done.is_plain_twin(entry));
        }
        options.clean
            && !failed.contains(&repository)
            && of_image.iter().any(|done| done.is_on_platform(identity))
    };
    snapshot.entries().iter().filter(goes).map(|entry| entry.archive.clone()).collect()
}
