//! An archive in a list.

use jiff::Timestamp;
use sealift_filename::ArchivePath;
use sealift_oci::{Identity, Platform};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::flaw::Flaw;
use crate::knowledge::{Knowledge, KnownImage, Suspicion};
use crate::stat::Stat;
use crate::state::ArchiveState;

/// An archive in a list, and the known facts about its content.
///
/// An entry serializes as `{image, version, id, digest, archive, format, size, modified, dirty,
/// platform, state}`. `digest` and `platform` are null if the content is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The path of the archive below the folder or in the bucket.
    pub archive: ArchivePath,
    /// The size and the time of its file.
    pub stat: Stat,
    /// Whether the archive may be removed. In a folder, this requires a regular file; a symbolic
    /// link is not removable.
    pub removable: bool,
    /// The reason to suspect that the archive is damaged or changed, if it was not read again.
    pub suspicion: Option<Suspicion>,
    /// The known facts about the content. `None` if the archive was not read.
    pub knowledge: Option<Knowledge>,
}

impl Entry {
    /// Creates the entry of a removable archive with unknown content.
    pub fn new(archive: ArchivePath, stat: Stat) -> Self {
        Self { archive, stat, removable: true, suspicion: None, knowledge: None }
    }

    /// Sets the known facts about the content.
    #[must_use]
    pub fn with_knowledge(mut self, knowledge: Knowledge) -> Self {
        self.knowledge = Some(knowledge);
        self
    }

    /// Sets the reason to suspect that the archive is damaged or changed.
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

    /// Returns the image, if the archive is known to contain one.
    pub fn image(&self) -> Option<&KnownImage> {
        self.knowledge.as_ref().and_then(Knowledge::image)
    }

    /// Returns the identity of the image, if it is known.
    pub fn identity(&self) -> Option<&Identity> {
        self.image().map(|image| &image.identity)
    }

    /// Returns the normalized platform of the image, if it is known.
    pub fn platform(&self) -> Option<Platform> {
        self.identity().map(|identity| identity.platform.normalized())
    }

    /// Returns `true` if the archive is known to contain the image that its name states: the id in
    /// the name is the start of the digest of the config, a manifest or an index (other tools use
    /// the latter two). The member of a zip must also have the correct name.
    pub fn is_rightly_named(&self) -> bool {
        self.image().is_some() && self.misnaming().is_none()
    }

    /// Returns `true` if the archive is known to contain another image than its name states, or to
    /// be a zip whose member has a wrong name. Such an archive is never chosen.
    pub fn is_misnamed(&self) -> bool {
        self.misnaming().is_some()
    }

    /// Returns the reason why the archive is misnamed, or `None` if it is not known to be.
    fn misnaming(&self) -> Option<String> {
        let (image, name) = (self.image()?, self.archive.name());
        if !image.identity.has_short_id(name.id()) {
            return Some(format!("the image in it has the id {}", image.identity.config.short()));
        }
        let member = image.wrong_member.as_ref()?;
        Some(format!("the file in the zip is named {member}, not {}", name.member_name()))
    }

    /// Returns `true` if the archive is known to contain no image.
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

    /// Returns the flaw that prevents the archive from being used, if one is known.
    pub fn flaw(&self) -> Option<Flaw> {
        match self.knowledge.as_ref()? {
            Knowledge::Image(_) => self.misnaming().map(|reason| Flaw::Misnamed { reason }),
            Knowledge::NoImage { reason } => Some(Flaw::NoImage { reason: reason.clone() }),
            Knowledge::Damaged { fault } => Some(Flaw::Damaged { fault: fault.clone() }),
            Knowledge::Unreadable { reason } => Some(Flaw::Unreadable { reason: reason.clone() }),
        }
    }

    /// Returns the state of the archive, as far as it is known.
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

    /// Returns the time by which archives of the same version are ordered: the recorded time of the
    /// save; without a save, the time at which the image was created; if this is unknown as well,
    /// the time at which the file was last modified.
    pub fn time(&self) -> Timestamp {
        let image = self.image();
        image
            .and_then(|image| image.saved)
            .or_else(|| image?.identity.created.as_deref()?.parse().ok())
            .unwrap_or(self.stat.modified)
    }

    /// Returns the time at which the archive was saved: the recorded time if sealift saved it, or
    /// else the time at which its file was last modified.
    pub fn saved(&self) -> Timestamp {
        self.image().and_then(|image| image.saved).unwrap_or(self.stat.modified)
    }

    /// Returns the image in the archive's path, even if it is not a valid repository name.
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
