//! The archives of one image and version, by format.

use sealift_filename::{ArchiveFormat, ImageId};

use crate::entry::Entry;
use crate::snapshot::Snapshot;
use crate::wanted::Wanted;

/// The archives of one image and version, by format.
#[derive(Default)]
pub(crate) struct Formats<'a> {
    pub(crate) zip: Option<&'a Entry>,
    pub(crate) docker: Option<&'a Entry>,
    /// An archive in another format, which an update refuses.
    pub(crate) unsupported: Option<&'a Entry>,
}

impl<'a> Formats<'a> {
    /// Finds the correctly named archives of the image that `is_same` accepts.
    ///
    /// An archive in an unsupported format cannot be read, so its content is unknown. It is found
    /// if `has_id` accepts the id in its name.
    pub(crate) fn find(
        snapshot: &'a Snapshot,
        wanted: &'a Wanted,
        is_same: impl Fn(&Entry) -> bool,
        has_id: impl Fn(ImageId) -> bool,
    ) -> Self {
        let is_image = |entry: &Entry| entry.is_rightly_named() && is_same(entry);
        let mut formats = Self::default();
        for entry in snapshot.of_version(&wanted.repository, &wanted.version) {
            let name = entry.archive.name();
            let slot = match name.format() {
                ArchiveFormat::Zip if is_image(entry) => &mut formats.zip,
                ArchiveFormat::Docker if is_image(entry) => &mut formats.docker,
                ArchiveFormat::Zip | ArchiveFormat::Docker => continue,
                ArchiveFormat::Other(_) if has_id(name.id()) || is_image(entry) => {
                    &mut formats.unsupported
                }
                ArchiveFormat::Other(_) => continue,
            };
            // One image can have archives with different ids. The one with the id of the config is
            // preferred, then the first one.
            if slot.is_none_or(|before| !has_id_of_config(before) && has_id_of_config(entry)) {
                *slot = Some(entry);
            }
        }
        formats
    }
}

fn has_id_of_config(entry: &Entry) -> bool {
    let id = entry.archive.name().id();
    entry.identity().is_some_and(|identity| identity.config.image_id() == id)
}
