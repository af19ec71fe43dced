//! What happens to a save after its image is known.

use sealift_filename::{ArchivePath, NewNameError};
use sealift_oci::Identity;
use serde::Serialize;

use crate::formats::Formats;
use crate::plan_options::PlanOptions;
use crate::snapshot::Snapshot;
use crate::wanted::Wanted;

/// What happens to a save after its image is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "settled", rename_all = "snake_case")]
pub enum Settled {
    /// It is published.
    Publish {
        /// The name of the archive.
        archive: ArchivePath,
    },
    /// The image is in the list already, and the save is discarded.
    AlreadyThere {
        /// Its archive.
        archive: ArchivePath,
    },
    /// The image is in the list in a format that is neither docker nor zip. The save is refused.
    UnsupportedFormat {
        /// Its archive.
        archive: ArchivePath,
    },
}

/// Decides what happens to a save whose image is known now.
///
/// A snapshot that was taken after the save contains what other writers have published meanwhile.
/// An older one does no harm: at worst the same image is published once more under the same name.
///
/// # Errors
///
/// If the image and the version cannot be part of an archive's name.
/// [`Wanted::check_name`] detects that before the save.
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
