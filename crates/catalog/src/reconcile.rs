//! The decision about a finished save.

use sealift_filename::{ArchivePath, NewNameError};
use sealift_oci::Identity;
use serde::Serialize;

use crate::formats::Formats;
use crate::plan_options::PlanOptions;
use crate::snapshot::Snapshot;
use crate::wanted::Wanted;

/// The decision about a finished save.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "settled", rename_all = "snake_case")]
pub enum Settled {
    /// The save is published.
    Publish {
        /// The name of the archive.
        archive: ArchivePath,
    },
    /// The image already has an archive, so the save is discarded.
    AlreadyThere {
        /// The existing archive.
        archive: ArchivePath,
    },
    /// The image has an archive in a format other than docker and zip. The save is refused.
    UnsupportedFormat {
        /// The existing archive.
        archive: ArchivePath,
    },
}

/// Decides what to do with a finished save, whose image is known only now.
///
/// A snapshot that was taken after the save also contains the archives that other writers published
/// in the meantime. An older snapshot is safe as well; at worst, the same image is published again
/// under the same name.
///
/// Of the options, only `compress` is used: whether the save is a zip, as the [`Action`] stated.
///
/// [`Action`]: crate::Action
///
/// # Errors
///
/// If the image and the version are not valid in an archive's name. [`Wanted::check_name`] detects
/// this before the save.
pub fn reconcile(
    snapshot: &Snapshot,
    wanted: &Wanted,
    identity: &Identity,
    options: &PlanOptions,
) -> Result<Settled, NewNameError> {
    let archive = wanted.archive(identity.config.image_id(), options.format())?;
    let found = Formats::find(
        snapshot,
        wanted,
        |entry| entry.identity().is_some_and(|other| other.is_same_image(identity)),
        |id| identity.has_short_id(id),
    );
    let already_there = match options.compress {
        true => found.zip,
        false => found.zip.or(found.docker),
    };
    Ok(match (found.unsupported, already_there) {
        (Some(entry), _) => Settled::UnsupportedFormat { archive: entry.archive.clone() },
        (None, Some(entry)) => Settled::AlreadyThere { archive: entry.archive.clone() },
        (None, None) => Settled::Publish { archive },
    })
}
