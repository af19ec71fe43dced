//! From a staging file to an archive that everybody sees.

use std::fs;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use sealift_archive::Proof;
use sealift_catalog::Stat;
use sealift_filename::ArchivePath;
use sealift_oci::{Digest, Identity};

use crate::error::{Error, ErrorKind};
use crate::fs::dir::{Dir, split};
use crate::fs::stat::stat_of;
use crate::fs::sync::sync_folder;
use crate::record::{Content, ImageContent, Record};
use crate::store::Store;
use crate::write::staging::Staging;
use crate::write::staging::{ATTEMPTS, open_up};

/// What was proven of the content of a staging file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// Which image it is.
    pub identity: Identity,
    /// The SHA-256 of the staging file.
    pub sha256: Digest,
    /// The size of the plain tar inside in bytes.
    pub plain_size: u64,
    /// When the image was put into the store. What is only made anew from an archive that was there
    /// keeps its time.
    pub saved: Timestamp,
}

impl Proven {
    /// Takes what was found out about an image that is put into the store now.
    pub fn now(identity: Identity, sha256: Digest, plain_size: u64) -> Self {
        Self { identity, sha256, plain_size, saved: Timestamp::now() }
    }
}

impl From<Proof> for Proven {
    fn from(proof: Proof) -> Self {
        Self::now(proof.identity().clone(), proof.sha256(), proof.plain_size())
    }
}

/// An archive that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Where it is.
    pub archive: ArchivePath,
    /// The size of the file in bytes.
    pub size: u64,
    /// Whether there was a file of that name before, which is gone now.
    pub replaced: bool,
    /// Whether another writer was faster, and its archive of the same image is there instead of this one.
    pub was_there: bool,
}

impl Store {
    /// Gives the size of an archive that is known to hold this image.
    fn size_of_same(&self, archive: &ArchivePath, identity: &Identity) -> Option<u64> {
        let metadata = fs::symlink_metadata(self.path_of(archive)).ok()?;
        let stat = stat_of(&metadata);
        let record = self.believed_record(archive, &stat).filter(|_| metadata.is_file())?;
        match record.content {
            Content::Image(image)
                if image.identity.is_same_image(identity) && image.wrong_member.is_none() =>
            {
                Some(stat.size)
            }
            _ => None,
        }
    }
}

impl Staging {
    /// Makes the file the archive of that name, at once and durably, and records what it holds.
    ///
    /// A file that has the name already is replaced: what is published was proven, what is
    /// there may be a broken copy. Unless it is recorded as the same image: then another writer has published
    /// it meanwhile, and nobody who reads it is disturbed. Whatever goes wrong before the file has its name, the folder is as
    /// before.
    ///
    /// # Errors
    ///
    /// If the disk or the folder can't be written, if another writer holds the folder's lock for too
    /// long, if a folder has the name, or if the staging file was taken away.
    pub fn publish(mut self, archive: &ArchivePath, proven: Proven) -> Result<Published, Error> {
        let published = self.publish_now(archive, proven);
        // Nobody asked for anything that could be missing.
        match (published, self.check_is_there()) {
            (Err(error), Err(vanished)) if error.kind() == ErrorKind::NotFound => Err(vanished),
            (published, _) => published,
        }
    }

    fn publish_now(&mut self, archive: &ArchivePath, proven: Proven) -> Result<Published, Error> {
        let store = self.store.clone();
        let target = store.path_of(archive);

        // Done before the lock is taken, as it may take long.
        self.file.sync_all().map_err(|source| self.write_error(source))?;
        let stat = self.stat()?;
        // No reader is kept waiting by this either; the record is believed from the start.
        let draft = store.begin_record(archive, stat);
        open_up(&self.file, draft.permissions()).map_err(|source| self.write_error(source))?;
        self.file.sync_all().map_err(|source| self.write_error(source))?;

        let lock = store.lock()?;
        store.refuse_other_spelling(archive)?;
        if let Some(size) = store.size_of_same(archive, &proven.identity) {
            let archive = archive.clone();
            return Ok(Published { archive, size, replaced: false, was_there: true });
        }
        let replaced = match fs::symlink_metadata(&target) {
            Ok(metadata) if metadata.is_dir() => {
                return Err(Error::NotAFile { path: target, what: "a folder" });
            }
            found => found.is_ok(),
        };
        // What was swapped in for it, or for its folder, wasn't proven.
        self.check_is_there()?;
        self.rename(archive, &target)?;
        // All of them up to the root, as any may be new.
        let mut folder = target.parent();
        while let Some(path) = folder {
            sync_folder(path).map_err(Error::at("sync the folder", path))?;
            folder = path.parent().filter(|_| path != store.root());
        }

        let mut record = Record::new(
            stat,
            draft.began,
            Content::Image(Box::new(ImageContent {
                identity: proven.identity,
                sha256: proven.sha256,
                plain_size: proven.plain_size,
                changed_from: None,
                wrong_member: None,
            })),
        );
        record.saved = Some(proven.saved);
        store.keep_record(archive, draft, record);
        drop(lock);
        tracing::debug!("published {archive}, {} bytes", stat.size);
        Ok(Published { archive: archive.clone(), size: stat.size, replaced, was_there: false })
    }

    /// Gives the file its name, and makes the folders for it: they are there since
    /// `stage`, but only if it was told the image.
    fn rename(&mut self, archive: &ArchivePath, target: &Path) -> Result<(), Error> {
        let folder = archive.folder();
        let mut attempts = 0;
        loop {
            attempts += 1;
            self.leftover.made.extend(self.store.make_folders(folder)?);
            let (folder_now, name) = &self.leftover.place;
            let renamed = Dir::open(self.store.root(), folder).and_then(|inner| {
                let (_, new_name) = split(archive.as_str());
                folder_now.rename(name, &inner, new_name)
            });
            match renamed {
                Ok(()) => {
                    self.leftover.is_kept = true;
                    return Ok(());
                }
                // Another writer has given up, and taken the empty folder away.
                Err(source)
                    if source.kind() == io::ErrorKind::NotFound
                        && attempts < ATTEMPTS
                        && folder_now.stat(name).is_ok() => {}
                Err(source) if source.kind() == io::ErrorKind::NotADirectory => {
                    let path = target.parent().unwrap_or(target).to_owned();
                    return Err(Error::NotADirectory { path });
                }
                Err(source) => return Err(Error::io("publish", target, source)),
            }
        }
    }

    fn stat(&self) -> Result<Stat, Error> {
        let metadata = self.file.metadata().map_err(|source| self.write_error(source))?;
        Ok(stat_of(&metadata))
    }
}
