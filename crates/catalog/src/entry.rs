//! An archive and what is known about it.

use jiff::Timestamp;
use sealift_archive::Fault;
use sealift_filename::ArchivePath;
use sealift_oci::{Digest, Identity, Platform};

use crate::flaw::Flaw;
use crate::stat::Stat;

/// What is known about the inside of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Knowledge {
    /// It holds a whole image; every byte of it was read.
    Image(Box<KnownImage>),
    /// It holds no image.
    NoImage {
        /// What it looks like instead, a fragment for after "holds no image: ".
        reason: String,
    },
    /// It is damaged, or not a supported archive ([`Fault::kind`] tells which). This is never
    /// recorded: somebody may be about to mend it. A file that was recorded as an image and no longer
    /// reads as one is damaged, whatever it looks like now.
    Damaged {
        /// What is wrong, a fragment for after the archive's name.
        fault: Fault,
    },
    /// The operating system refuses to read it. This is never noted down.
    Unreadable {
        /// The operating system's word, a fragment for after "can't be read: ".
        reason: String,
    },
}

/// A whole image in an archive, and when it came there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownImage {
    /// Which image it is.
    pub identity: Identity,
    /// The SHA-256 of the file.
    pub sha256: Digest,
    /// The size of the plain tar inside in bytes.
    pub plain_size: u64,
    /// When the archive was put into the store, if sealift did it.
    pub saved: Option<Timestamp>,
    /// The SHA-256 that was recorded before, if the file has changed since without sealift having
    /// written it. Examining the archive again accepts the new content as it is.
    pub changed_from: Option<Digest>,
    /// The name of the member, if the file is a zip whose member is not named as it should be: like the
    /// zip, but ending in `.docker`. Clusters look for that name.
    pub wrong_member: Option<String>,
}

impl Knowledge {
    /// Gives the image, where the archive is known to hold one.
    pub fn image(&self) -> Option<&KnownImage> {
        match self {
            Self::Image(image) => Some(image),
            _ => None,
        }
    }
}

/// What an archive is suspected of that hasn't been read yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// A record describes a file of another size or time: the file was written since, or copied.
    Changed,
    /// It was found damaged when it was read last.
    Damaged,
}

/// An archive in the folder, and what is known about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub archive: ArchivePath,
    /// Its size and age.
    pub stat: Stat,
    /// Whether it is a regular file, not a symbolic link to one. Only those are ever removed.
    pub is_regular: bool,
    /// What an old record gives reason to suspect, if the archive hasn't been read since.
    pub suspicion: Option<Suspicion>,
    /// What is known about its inside; none as long as it hasn't been read.
    pub knowledge: Option<Knowledge>,
}

impl Entry {
    /// Gives the image, where the archive is known to hold one.
    pub fn image(&self) -> Option<&KnownImage> {
        self.knowledge.as_ref().and_then(Knowledge::image)
    }

    /// Gives which image it is, where that is known.
    pub fn identity(&self) -> Option<&Identity> {
        self.image().map(|image| &image.identity)
    }

    /// Gives what the image runs on, where that is known, in its shortest form.
    pub fn platform(&self) -> Option<Platform> {
        self.identity().map(|identity| identity.platform.normalized())
    }

    /// Returns `true` if the archive is known to hold an image to which the id in its name belongs:
    /// the id is the start of the digest of the config, a manifest or an index, as in names that
    /// others have made. The member of a zip must have its name too.
    pub fn is_rightly_named(&self) -> bool {
        self.answers_to_its_name() == Some(true)
    }

    /// Returns `true` if the archive is known to hold an image to which the id in its name does not
    /// belong, or a zip whose member has another name. Such an archive is never chosen.
    pub fn is_misnamed(&self) -> bool {
        self.answers_to_its_name() == Some(false)
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

    fn answers_to_its_name(&self) -> Option<bool> {
        let image = self.image()?;
        let has_its_id = image.identity.has_short_id(self.archive.name().id());
        Some(has_its_id && image.wrong_member.is_none())
    }

    /// Returns `true` if the archive is known to hold no image.
    pub fn holds_no_image(&self) -> bool {
        matches!(self.knowledge, Some(Knowledge::NoImage { .. }))
    }

    /// Returns `true` if the archive is known to be damaged, or is not supported.
    pub fn is_damaged(&self) -> bool {
        matches!(self.knowledge, Some(Knowledge::Damaged { .. }))
    }

    /// Returns `true` if the archive can't be read.
    pub fn is_unreadable(&self) -> bool {
        matches!(self.knowledge, Some(Knowledge::Unreadable { .. }))
    }

    /// Returns what keeps the archive from being used, as far as that is known.
    pub fn flaw(&self) -> Option<Flaw> {
        match self.knowledge.as_ref()? {
            Knowledge::Image(_) => self.misnaming().map(|reason| Flaw::Misnamed { reason }),
            Knowledge::NoImage { reason } => Some(Flaw::NoImage { reason: reason.clone() }),
            Knowledge::Damaged { fault } => Some(Flaw::Damaged { fault: fault.clone() }),
            Knowledge::Unreadable { reason } => Some(Flaw::Unreadable { reason: reason.clone() }),
        }
    }

    /// Gives the time by which archives of the same version follow each other: when it was saved, if
    /// that is recorded, else when the image was made, else when the file was last modified.
    pub fn time(&self) -> Timestamp {
        let image = self.image();
        image
            .and_then(|image| image.saved)
            .or_else(|| image?.identity.created.as_deref()?.parse().ok())
            .unwrap_or(self.stat.modified)
    }

    /// Returns when the archive was saved: the recorded time if sealift put it into this folder,
    /// otherwise the time when its file was last modified.
    pub fn saved(&self) -> Timestamp {
        self.image().and_then(|image| image.saved).unwrap_or(self.stat.modified)
    }
}
