//! What a call of `update` is going to do, as data.

use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Repository, Version};
use sealift_oci::Platform;
use serde::Serialize;

use crate::entry::Entry;
use crate::removals::{Removal, predicted_removals};
use crate::retain::Keep;
use crate::snapshot::Snapshot;
use crate::wanted::Wanted;

/// What a call asks for besides its images.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlanOptions {
    /// Every archive of the call is to end as a zip.
    pub compress: bool,
    /// Remove archives of the call's images that the call does not name.
    pub clean: bool,
    /// With `clean`: keep this many of them, as [`retain`](crate::retain()) does.
    pub keep: Option<Keep>,
    /// Images of which nothing is to be cleaned: one of them has failed already.
    pub spare: Vec<Repository>,
}

/// What a call is going to do.
///
/// It serializes as `{"items": […], "remove": […]}`, with paths relative to the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// What is done for each image of the call, in its order.
    pub items: Vec<PlanItem>,
    /// What is removed at the end if all items succeed, sorted by path.
    ///
    /// As long as it is not known which image a save will bring, what may turn out to hold it
    /// is not among these.
    pub remove: Vec<Removal>,
}

/// What is done for one image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanItem {
    /// The image.
    pub image: Repository,
    /// The version.
    pub version: Version,
    /// The platform.
    pub platform: Platform,
    /// What is done.
    #[serde(flatten)]
    pub action: Action,
}

/// What is done for an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// It is there already.
    Keep {
        /// Its archive.
        archive: ArchivePath,
    },
    /// The engine has to save it.
    Save {
        /// The format of the archive.
        format: ArchiveFormat,
        /// The id that the archive's name will have; none where only the save tells.
        id: Option<ImageId>,
    },
    /// It is there, but not as a zip.
    Compress {
        /// Its archive.
        from: ArchivePath,
        /// The zip that it becomes.
        to: ArchivePath,
    },
    /// It is there in a format that is neither docker nor zip, which is refused.
    UnsupportedFormat {
        /// Its archive.
        archive: ArchivePath,
    },
}

/// Decides what is to be done, from a snapshot of the archives and what the
/// engine says of all images of the call.
///
/// Nothing is decided by an archive that hasn't been read: one that is damaged, or of which nothing is
/// known, is neither kept as the image's archive nor removed.
pub fn plan(snapshot: &Snapshot, images: &[Wanted], options: &PlanOptions) -> Plan {
    let items: Vec<PlanItem> = images
        .iter()
        .map(|wanted| PlanItem {
            image: wanted.repository.clone(),
            version: wanted.version.clone(),
            platform: wanted.platform.clone(),
            action: decide(snapshot, wanted, options),
        })
        .collect();
    let remove = predicted_removals(snapshot, images, &items, options);
    Plan { items, remove }
}

fn decide(snapshot: &Snapshot, wanted: &Wanted, options: &PlanOptions) -> Action {
    let found = Twins::find(
        snapshot,
        wanted,
        |entry| entry.identity().is_some_and(|identity| wanted.is(identity)),
        |id| wanted.answers_to(id),
    );
    if let Some(entry) = found.unsupported {
        return Action::UnsupportedFormat { archive: entry.archive.clone() };
    }
    let keep = |entry: &Entry| Action::Keep { archive: entry.archive.clone() };
    match (found.zip, found.docker) {
        (Some(zip), _) => keep(zip),
        (None, Some(docker)) if options.compress => {
            Action::Compress { from: docker.archive.clone(), to: zip_of(&docker.archive) }
        }
        (None, Some(docker)) => keep(docker),
        (None, None) => Action::Save { format: format(options), id: wanted.id() },
    }
}

/// The format in which a call saves.
pub(crate) fn format(options: &PlanOptions) -> ArchiveFormat {
    if options.compress { ArchiveFormat::Zip } else { ArchiveFormat::Docker }
}

/// The same archive as a zip. An id that isn't the config's stays: nothing is renamed silently.
pub(crate) fn zip_of(archive: &ArchivePath) -> ArchivePath {
    // The name was read in this folder, so that its zip's can stand there too.
    archive.with_name(archive.name().to_zip()).unwrap_or_else(|_| archive.clone())
}

/// The archives of one image and version, by format.
#[derive(Default)]
pub(crate) struct Twins<'a> {
    pub(crate) zip: Option<&'a Entry>,
    pub(crate) docker: Option<&'a Entry>,
    pub(crate) unsupported: Option<&'a Entry>,
}

impl<'a> Twins<'a> {
    /// Finds those that hold the very image, and whose names say so. For a format that isn't taken, the id in the name is
    /// enough: nobody can tell what is inside.
    pub(crate) fn find(
        snapshot: &'a Snapshot,
        wanted: &'a Wanted,
        is_same: impl Fn(&Entry) -> bool,
        answers_to: impl Fn(ImageId) -> bool,
    ) -> Self {
        let is_it = |entry: &Entry| entry.is_rightly_named() && is_same(entry);
        let mut twins = Self::default();
        for entry in snapshot.of_version(&wanted.repository, &wanted.version) {
            let name = entry.archive.name();
            let slot = match name.format() {
                ArchiveFormat::Zip if is_it(entry) => &mut twins.zip,
                ArchiveFormat::Docker if is_it(entry) => &mut twins.docker,
                ArchiveFormat::Zip | ArchiveFormat::Docker => continue,
                ArchiveFormat::Other(_) if answers_to(name.id()) || is_it(entry) => {
                    &mut twins.unsupported
                }
                ArchiveFormat::Other(_) => continue,
            };
            // Of several names the one with the config's id is preferred, otherwise the first.
            let has_own_id = |entry: &Entry| {
                entry.identity().is_some_and(|identity| {
                    identity.config.short() == entry.archive.name().id().as_str()
                })
            };
            if slot.is_none_or(|before| !has_own_id(before) && has_own_id(entry)) {
                *slot = Some(entry);
            }
        }
        twins
    }
}
