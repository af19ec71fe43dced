//! Publication of a staging file as an archive.

use std::fs;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use sealift_archive::{BlockTable, Container, Naming, Proof};
use sealift_catalog::KnownImage;
use sealift_filename::{ArchiveFormat, ArchivePath};
use sealift_oci::{Digest, Identity};

use crate::error::{Error, ErrorKind};
use crate::fs::dir::{Dir, split};
use crate::fs::stat::stat_of;
use crate::fs::sync::sync_folder;
use crate::record::{Content, Record, RecordedIndex};
use crate::store::Store;
use crate::write::hidden_file::{ATTEMPTS, HiddenFile, open_up};
use crate::write::staging::Staged;

/// An archive that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// The archive's name, relative to the folder.
    pub archive: ArchivePath,
    /// The size of the file in bytes.
    pub size: u64,
    /// The SHA-256 of the file.
    pub sha256: Digest,
    /// Whether an existing file with the same name was replaced.
    pub replaced: bool,
    /// Whether another writer published the same image first. Its archive was kept, and this one
    /// was deleted.
    pub was_there: bool,
}

impl Store {
    /// Returns the size and the SHA-256 of an archive that is known to contain this image.
    fn file_of_same(&self, archive: &ArchivePath, identity: &Identity) -> Option<(u64, Digest)> {
        let metadata = fs::symlink_metadata(self.path_of(archive)).ok()?;
        let stat = stat_of(&metadata);
        let record = self.believed_record(archive, &stat).filter(|_| metadata.is_file())?;
        match record.content {
            Content::Image(image)
                if image.identity.is_same_image(identity) && image.wrong_member.is_none() =>
            {
                Some((stat.size, image.sha256))
            }
            _ => None,
        }
    }
}

impl Staged {
    /// Publishes the file under an archive name, atomically and durably, and records its content.
    ///
    /// `saved` is the time of the save to record. It is needed for an archive that was created from
    /// an existing one; `None` means now.
    ///
    /// An existing file with the same name is replaced, because the new archive was verified and
    /// the existing one may be damaged. The exception is a file that is recorded as the same image:
    /// another writer has published it in the meantime, and it is kept. If an error occurs before
    /// the file is renamed, the folder is unchanged.
    ///
    /// # Errors
    ///
    /// Returns an error if the name does not match the content, if the disk or the folder cannot be
    /// written, if another writer holds the folder's lock for too long, if a folder has the name,
    /// or if the staging file was removed.
    pub fn publish(
        self,
        archive: &ArchivePath,
        saved: Option<Timestamp>,
    ) -> Result<Published, Error> {
        let Self { mut hidden, proof, blocks } = self;
        if let Some(reason) = misnaming(archive, &proof) {
            let archive = hidden.store.path_of(archive);
            return Err(Error::OtherName { archive, reason });
        }
        let published = publish(&mut hidden, archive, &proof, blocks, saved);
        // The caller has named no existing file, so a missing file is the staging file itself.
        match (published, hidden.check_is_there()) {
            (Err(error), Err(vanished)) if error.kind() == ErrorKind::NotFound => Err(vanished),
            (published, _) => published,
        }
    }
}

/// Returns the mismatch between an archive's content and a name, a clause.
fn misnaming(archive: &ArchivePath, proof: &Proof) -> Option<String> {
    let (name, identity) = (archive.name(), proof.identity());
    if !identity.has_short_id(name.id()) {
        return Some(format!("the image in it has the id {}", identity.config.image_id()));
    }
    let naming = archive
        .repository()
        .and_then(|repository| Naming::new(&repository, &name.to_version()).ok());
    if !naming.is_some_and(|naming| proof.carries(&naming)) {
        let (image, version) = (archive.image(), name.version());
        return Some(format!("the only name in it must be {image}:{version}"));
    }
    let expected = match name.format() {
        ArchiveFormat::Docker => (Container::Tar, None),
        ArchiveFormat::Zip => (Container::Zip, Some(name.member_name())),
        ArchiveFormat::Other(_) => return Some("its format is not docker or zip".to_owned()),
    };
    match (proof.container(), proof.member_name()) {
        (container, member) if (container, member) == (expected.0, expected.1.as_deref()) => None,
        (Container::Zip, Some(member)) if expected.0 == Container::Zip => {
            Some(format!("the file in it is named {member}, not {}", name.member_name()))
        }
        (container, _) => Some(format!("it is a {container}")),
    }
}

fn publish(
    hidden: &mut HiddenFile,
    archive: &ArchivePath,
    proof: &Proof,
    blocks: Option<BlockTable>,
    saved: Option<Timestamp>,
) -> Result<Published, Error> {
    let store = hidden.store.clone();
    let target = store.path_of(archive);

    // Syncing can take long, so it is done before the lock is taken.
    let stat = hidden.stat()?;
    // The wait in `begin_record` does not block readers either, and the record is valid
    // immediately.
    let draft = store.begin_record(archive, stat);
    let write_error = |source| hidden.write_error(source);
    open_up(&hidden.file, draft.permissions()).map_err(write_error)?;
    hidden.file.sync_all().map_err(write_error)?;

    let lock = store.lock()?;
    store.refuse_other_spelling(archive)?;
    if let Some((size, sha256)) = store.file_of_same(archive, proof.identity()) {
        let archive = archive.clone();
        return Ok(Published { archive, size, sha256, replaced: false, was_there: true });
    }
    let replaced = match fs::symlink_metadata(&target) {
        Ok(metadata) if metadata.is_dir() => {
            return Err(Error::NotAFile { path: target, what: "a folder" });
        }
        found => found.is_ok(),
    };
    // If someone replaced the file or its folder, the replacement was not verified.
    hidden.check_is_there()?;
    rename(hidden, archive, &target)?;
    // All folders up to the root are synced, because any of them may be new.
    let mut folder = target.parent();
    while let Some(path) = folder {
        sync_folder(path).map_err(Error::at("sync the folder", path))?;
        folder = path.parent().filter(|_| path != store.root());
    }

    let mut image = KnownImage::from(proof);
    image.saved = Some(saved.unwrap_or_else(Timestamp::now));
    let mut record = Record::new(stat, draft.began, Content::Image(Box::new(image)))
        .with_index(RecordedIndex::new(proof, None));
    if let Some(blocks) = blocks {
        record = record.with_blocks(blocks);
    }
    store.keep_record(archive, draft, record);
    drop(lock);
    tracing::debug!("published {archive}, {} bytes", stat.size);
    let (archive, size, sha256) = (archive.clone(), stat.size, proof.sha256());
    Ok(Published { archive, size, sha256, replaced, was_there: false })
}

/// Renames the file. Creates the folders of the archive, which may differ from that of the staging
/// file.
fn rename(hidden: &mut HiddenFile, archive: &ArchivePath, target: &Path) -> Result<(), Error> {
    let folder = archive.folder();
    let mut attempts = 0;
    loop {
        attempts += 1;
        hidden.leftover.made.extend(hidden.store.make_folders(folder)?);
        let (folder_now, name) = &hidden.leftover.place;
        let renamed = Dir::open(hidden.store.root(), folder).and_then(|inner| {
            let (_, new_name) = split(archive.as_str());
            folder_now.rename(name, &inner, new_name)
        });
        match renamed {
            Ok(()) => {
                hidden.leftover.is_kept = true;
                return Ok(());
            }
            // Another writer may have removed the empty folder.
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
