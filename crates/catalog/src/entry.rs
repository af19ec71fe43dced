//! An archive in a list.

use jiff::Timestamp;
use sealift_filename::ArchivePath;
use sealift_oci::{Identity, Platform};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::flaw::Flaw;
use crate::knowledge::{Knowledge, KnownImage, Suspicion};
use crate::stat::Stat;
use crate::state::ArchiveState;

/// An archive in a list, and what is known about its content.
///
/// An entry serializes as `{image, version, id, digest, archive, format, size, modified, dirty,
/// platform, state}`; `digest` and `platform` are null as long as the content is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Its path below the folder or in the bucket.
    pub archive: ArchivePath,
    /// The size and the time of its file.
    pub stat: Stat,
    /// Whether the archive may be removed: in a folder, a regular file and not a symbolic link.
    pub removable: bool,
    /// Why an archive that has not been read since may be damaged or changed.
    pub suspicion: Option<Suspicion>,
    /// What is known about its content; `None` if it has not been read.
    pub knowledge: Option<Knowledge>,
}

impl Entry {
    /// Creates the entry of an archive that has not been read and may be removed.
    pub fn new(archive: ArchivePath, stat: Stat) -> Self {
        Self { archive, stat, removable: true, suspicion: None, knowledge: None }
    }

    /// Sets what is known about the content.
    #[must_use]
    pub fn with_knowledge(mut self, knowledge: Knowledge) -> Self {
        self.knowledge = Some(knowledge);
        self
    }

    /// Sets why an archive that has not been read may be damaged or changed.
    #[must_use]
    pub fn with_suspicion(mut self, suspicion: impl Into<Option<Suspicion>>) -> Self {
        self.suspicion = suspicion.into();
        self
    }

    /// Sets whether the archive may be removed.
    #[must_use]
    pub fn with_removable(mut self, removable: bool) -> Self {
        self.removable = removable;
        self
    }

    /// Returns the image if the archive is known to hold one.
    pub fn image(&self) -> Option<&KnownImage> {
        self.knowledge.as_ref().and_then(Knowledge::image)
    }

    /// Returns the identity of the image if it is known.
    pub fn identity(&self) -> Option<&Identity> {
        self.image().map(|image| &image.identity)
    }

    /// Returns the platform of the image in its normal form if it is known.
    pub fn platform(&self) -> Option<Platform> {
        self.identity().map(|identity| identity.platform.normalized())
    }

    /// Returns `true` if the archive is known to hold an image to which the id in its name belongs:
    /// the id is the start of the digest of the config, a manifest or an index. Other tools name
    /// archives by the latter two. The file in a zip must have the right name too.
    pub fn is_rightly_named(&self) -> bool {
        self.image().is_some() && self.misnaming().is_none()
    }

    /// Returns `true` if the archive is known to hold an image to which the id in its name does not
    /// belong, or a zip whose file has another name. Such an archive is never chosen.
    pub fn is_misnamed(&self) -> bool {
        self.misnaming().is_some()
    }

    /// Returns what does not agree with the archive's name, a sentence without its end.
    fn misnaming(&self) -> Option<String> {
        let (image, name) = (self.image()?, self.archive.name());
        if !image.identity.has_short_id(name.id()) {
            return Some(format!("the image in it has the id {}", image.identity.config.short()));
        }
        let member = image.wrong_member.as_ref()?;
        Some(format!("the file in the zip is named {member}, not {}", name.member_name()))
    }

    /// Returns `true` if the archive is known to hold no image.
    pub fn holds_no_image(&self) -> bool {
        matches!(self.knowledge, Some(Knowledge::NoImage { .. }))
    }

    /// Returns `true` if the archive is known to be damaged or not supported.
    pub fn is_damaged(&self) -> bool {
        matches!(self.knowledge, Some(Knowledge::Damaged { .. }))
    }

    /// Returns `true` if the archive cannot be read.
    pub fn is_unreadable(&self) -> bool {
        matches!(self.knowledge, Some(Knowledge::Unreadable { .. }))
    }

    /// Returns what prevents the archive from being used, as far as that is known.
    pub fn flaw(&self) -> Option<Flaw> {
        match self.knowledge.as_ref()? {
            Knowledge::Image(_) => self.misnaming().map(|reason| Flaw::Misnamed { reason }),
            Knowledge::NoImage { reason } => Some(Flaw::NoImage { reason: reason.clone() }),
            Knowledge::Damaged { fault } => Some(Flaw::Damaged { fault: fault.clone() }),
            Knowledge::Unreadable { reason } => Some(Flaw::Unreadable { reason: reason.clone() }),
        }
    }

    /// Returns what is known about the archive, in one word.
    pub fn state(&self) -> ArchiveState {
        match self.flaw() {
            Some(Flaw::Misnamed { .. }) => ArchiveState::Misnamed,
            Some(Flaw::NoImage { .. }) => ArchiveState::NoImage,
            Some(Flaw::Unreadable { .. }) => ArchiveState::Unreadable,
            Some(Flaw::Damaged { .. }) => ArchiveState::Damaged,
            None => match (self.image(), self.suspicion) {
                (Some(image), _) if image.changed_from.is_some() => ArchiveState::Changed,
                (Some(_), _) => ArchiveState::Whole,
                (None, Some(Suspicion::Changed)) => ArchiveState::Changed,
                (None, Some(Suspicion::Damaged)) => ArchiveState::Damaged,
                (None, None) => ArchiveState::Unread,
            },
        }
    }

    /// Returns the time that orders archives of the same version: when the archive was saved if
    /// that is recorded, else when the image was created, else when the file was last modified.
    pub fn time(&self) -> Timestamp {
        let image = self.image();
        image
            .and_then(|image| image.saved)
            .or_else(|| image?.identity.created.as_deref()?.parse().ok())
            .unwrap_or(self.stat.modified)
    }

    /// Returns when the archive was saved: the recorded time if sealift put it there, otherwise the
    /// time when its file was last modified.
    pub fn saved(&self) -> Timestamp {
        self.image().and_then(|image| image.saved).unwrap_or(self.stat.modified)
    }

    /// Returns the image that the path names, also if no engine could have an image of this name.
    pub(crate) fn image_name(&self) -> String {
        match self.archive.repository() {
            Some(repository) => repository.to_string(),
            None => self.archive.image().to_owned(),
        }
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.archive.name();
        let mut entry = serializer.serialize_struct("Entry", 11)?;
        entry.serialize_field("image", &self.image_name())?;
        entry.serialize_field("version", name.version())?;
        entry.serialize_field("id", &name.id())?;
        entry.serialize_field("digest", &self.identity().map(|identity| identity.config))?;
        entry.serialize_field("archive", &self.archive)?;
        entry.serialize_field("format", &name.format())?;
        entry.serialize_field("size", &self.stat.size)?;
        entry.serialize_field("modified", &self.stat.modified)?;
        entry.serialize_field("dirty", &name.is_dirty())?;
        entry.serialize_field("platform", &self.platform())?;
        entry.serialize_field("state", &self.state())?;
        entry.end()
    }
}
