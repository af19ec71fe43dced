//! What becomes of a save once it is known which image it brought.

use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, NewNameError};
use sealift_oci::Identity;

use crate::plan::{PlanOptions, Twins, format};
use crate::snapshot::Snapshot;
use crate::wanted::Wanted;

/// What becomes of a save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// It is to be published.
    Publish {
        /// Under this name.
        archive: ArchivePath,
    },
    /// It was there after all, and the save goes.
    AlreadyThere {
        /// Where it was.
        archive: ArchivePath,
    },
    /// It is there in a format that is neither docker nor zip, which is refused.
    UnsupportedFormat {
        /// Its archive.
        archive: ArchivePath,
    },
}

/// Decides what becomes of a save, now that its image is known.
///
/// A snapshot from after the save sees what other writers have published meanwhile, but an older one
/// does no harm: at worst the same image is published once more, under the same name.
///
/// # Errors
///
/// If the image and the version can't be an archive's name. [`check_name`] tells that before the save.
pub fn reconcile(
    snapshot: &Snapshot,
    wanted: &Wanted,
    identity: &Identity,
    options: &PlanOptions,
) -> Result<Settled, NewNameError> {
    let archive = name(wanted, identity.config.short().as_str(), format(options))?;
    let found = Twins::find(
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

/// Tells before a save whether its archive can have a name.
///
/// # Errors
///
/// If the image and the version can't be an archive's name.
pub fn check_name(wanted: &Wanted, options: &PlanOptions) -> Result<(), NewNameError> {
    name(wanted, "000000000000", format(options)).map(drop)
}

fn name(wanted: &Wanted, id: &str, format: ArchiveFormat) -> Result<ArchivePath, NewNameError> {
    #[expect(clippy::expect_used, reason = "the callers give 12 digits")]
    let id: ImageId = id.parse().expect("12 hex digits");
    ArchivePath::new(&wanted.repository, &wanted.version, id, format)
}
