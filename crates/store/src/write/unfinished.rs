//! Unfinished archives, which are written in pieces and can be continued by another process.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use sealift_archive::{BlockIndex, BlockTable, ExamineOptions, Proof, examine, hash};
use sealift_oci::Digest;

use crate::error::Error;
use crate::fs::abandoned::open_abandoned;
use crate::fs::dir::Dir;
use crate::fs::own_folder::{SEALIFT_FOLDER, make_folder};
use crate::fs::stat::modified;
use crate::fs::unique::create_unique;
use crate::store::Store;
use crate::write::arriving::{Arriving, Examined, Progress};
use crate::write::early_sync::EarlySync;
use crate::write::hidden_file::{HiddenFile, Leftover};
use crate::write::staging::Staged;

/// The folder of unfinished archives in `.sealift`.
const FOLDER: &str = "unfinished";
const FILE_SUFFIX: &str = ".part";
const BLOCKS_SUFFIX: &str = ".blocks";

/// The age from which an unfinished archive is removed.
const OLD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The largest list of blocks that is read, in bytes.
const LONGEST_BLOCKS: u64 = 32 << 20;

/// The beginning of an archive file with a known SHA-256. It can be continued after an
/// interruption.
///
/// The file is in the folder `.sealift`, so it is not mistaken for an archive. Only its owner can
/// read it. It is locked while this value exists: another process that writes the same archive uses
/// another file. When this value is dropped, the file is kept unless it is empty. A
/// [sweep](Store::sweep) removes unfinished archives that were not continued for a week.
///
/// Only [`finish`](Self::finish) leads to an archive. It verifies the complete file, regardless of
/// the origin of its bytes.
#[derive(Debug)]
#[must_use = "it is closed when this is dropped"]
pub struct Unfinished {
    sha256: Digest,
    size: u64,
    /// The file, until it is finished or discarded.
    hidden: Option<HiddenFile>,
    /// The number of written bytes, shared with [`Arriving`].
    progress: Arc<Progress>,
}

/// An unfinished archive whose blocks may also be part of another archive.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UnfinishedBlocks {
    /// Path of the file. Another process can continue or remove it at any time.
    pub path: PathBuf,
    /// The size of the file in bytes.
    pub size: u64,
    /// The blocks of the complete archive. Those within the current size of the file are present.
    pub index: BlockIndex,
}

impl Store {
    /// Opens the largest unfinished archive with this SHA-256, or creates one.
    ///
    /// Its content is verified only when it is finished.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be written.
    pub fn unfinished(&self, sha256: Digest) -> Result<Unfinished, Error> {
        make_folder(&self.sealift_folder())?;
        let path = self.unfinished_folder();
        let failed = |source| Error::io("write an unfinished archive in", &path, source);
        let folder = Dir::create(self.root(), &relative()).map_err(failed)?;
        let (file, name) = match largest(&folder, &sha256) {
            Some(found) => found,
            None => {
                let prefix = format!("{}-", sha256.hex());
                let created = create_unique(&folder, &prefix, FILE_SUFFIX, 0o600);
                let (file, name) = created.map_err(failed)?;
                // Without locks, another process may write to the same file. The comparison of the
                // SHA-256 at the end detects this.
                let _ = file.try_lock();
                (file, name)
            }
        };
        let size = file.metadata().map_err(failed)?.len();
        let leftover = Leftover {
            path: path.join(&name),
            place: (folder, name),
            root: self.root().to_owned(),
            made: Vec::new(),
            is_kept: true,
        };
        let early_sync = EarlySync::default();
        let hidden = HiddenFile { store: self.clone(), file, early_sync, leftover };
        Ok(Unfinished { sha256, size, hidden: Some(hidden), progress: Arc::default() })
    }

    /// Returns the block index that was stored for an archive with this SHA-256.
    pub fn noted_blocks(&self, sha256: &Digest) -> Option<BlockIndex> {
        let folder = Dir::open(self.root(), &relative()).ok()?;
        read_blocks(&folder, &sha256.hex()).filter(|index| index.sha256() == *sha256)
    }

    /// Returns all unfinished archives with a stored block index, largest first.
    pub fn unfinished_blocks(&self) -> Vec<UnfinishedBlocks> {
        let Ok(folder) = Dir::open(self.root(), &relative()) else { return Vec::new() };
        let mut found = Vec::new();
        for (name, _) in folder.entries().unwrap_or_default() {
            let Some((name, hex)) = name.to_str().and_then(|name| Some((name, hex_of(name)?)))
            else {
                continue;
            };
            let Ok(info) = folder.stat(name) else { continue };
            if let Some(index) = read_blocks(&folder, hex).filter(|_| info.size > 0) {
                let path = self.unfinished_folder().join(name);
                found.push(UnfinishedBlocks { path, size: info.size, index });
            }
        }
        found.sort_by_key(|file| std::cmp::Reverse(file.size));
        found
    }

    /// Removes old unfinished archives, and block indexes without an archive.
    pub(crate) fn sweep_unfinished(&self) {
        let Ok(folder) = Dir::open(self.root(), &relative()) else { return };
        let names = || {
            let entries = folder.entries().unwrap_or_default();
            entries.into_iter().filter_map(|(name, _)| name.into_string().ok())
        };
        for name in names().filter(|name| hex_of(name).is_some()) {
            // The lock is released only after the removal.
            if let Some((file, _)) = open_abandoned(&folder, &name)
                && file.metadata().is_ok_and(|metadata| is_old(&metadata))
            {
                let _ = folder.remove_file(&name);
            }
        }
        let files: Vec<String> = names().collect();
        for name in &files {
            if let Some(hex) = name.strip_suffix(BLOCKS_SUFFIX)
                && !files.iter().any(|other| hex_of(other) == Some(hex))
            {
                let _ = folder.remove_file(name);
            }
        }
    }

    fn unfinished_folder(&self) -> PathBuf {
        self.sealift_folder().join(FOLDER)
    }
}

/// Returns the folder of unfinished archives, relative to the root.
fn relative() -> String {
    format!("{SEALIFT_FOLDER}/{FOLDER}")
}

fn is_old(metadata: &std::fs::Metadata) -> bool {
    Timestamp::now().duration_since(modified(metadata)) > OLD
}

/// Returns the SHA-256 in the name of an unfinished archive, as hexadecimal digits.
fn hex_of(name: &str) -> Option<&str> {
    let (hex, _) = name.strip_suffix(FILE_SUFFIX)?.split_once('-')?;
    Digest::from_hex(hex).map(|_| hex)
}

/// Opens and locks the largest file for this SHA-256 that is not in use.
fn largest(folder: &Dir, sha256: &Digest) -> Option<(File, String)> {
    let hex = sha256.hex();
    let mut found: Option<(u64, File, String)> = None;
    for (name, _) in folder.entries().ok()? {
        let Some(name) = name.to_str().filter(|name| hex_of(name) == Some(&hex)) else { continue };
        let Ok(file) = folder.open_to_continue(name) else { continue };
        // Without locks, it is not known whether another process uses the file.
        if let Err(TryLockError::WouldBlock | TryLockError::Error(_)) = file.try_lock() {
            continue;
        }
        let Ok(metadata) = file.metadata() else { continue };
        let is_there = folder.stat(name).is_ok_and(|info| info.size == metadata.len());
        if metadata.is_file()
            && is_there
            && found.as_ref().is_none_or(|(size, ..)| metadata.len() > *size)
        {
            found = Some((metadata.len(), file, name.to_owned()));
        }
    }
    found.map(|(_, file, name)| (file, name))
}

fn read_blocks(folder: &Dir, hex: &str) -> Option<BlockIndex> {
    let file = folder.open_file(&format!("{hex}{BLOCKS_SUFFIX}")).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    file.take(LONGEST_BLOCKS).read_to_string(&mut text).ok()?;
    text.parse().ok()
}

impl Unfinished {
    /// Returns the number of bytes in the file.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the path of the file, for messages.
    pub fn path(&self) -> &Path {
        self.hidden.as_ref().map_or(Path::new(""), HiddenFile::path)
    }

    /// Fills a buffer with the bytes at an offset.
    ///
    /// # Errors
    ///
    /// Returns an error if the file has fewer bytes, or cannot be read.
    pub fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file()?.read_exact_at(buffer, offset)
    }

    /// Removes all bytes after the first `size` ones.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be written.
    pub fn truncate(&mut self, size: u64) -> Result<(), Error> {
        if size < self.size {
            let hidden = self.hidden()?;
            hidden.file.set_len(size).map_err(|source| hidden.write_error(source))?;
            self.size = size;
            // A running verification has seen bytes that no longer exist.
            self.progress.end();
            self.progress = Arc::default();
        }
        Ok(())
    }

    /// Appends bytes to the file.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be written.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let hidden = self.hidden.as_mut().ok_or_else(gone)?;
        let written = hidden.file.write_all_at(bytes, self.size);
        written.map_err(|source| hidden.write_error(source))?;
        hidden.wrote(bytes.len());
        self.size += bytes.len() as u64;
        self.progress.note(self.size);
        Ok(())
    }

    /// Stores the block index of the complete archive next to the file. It is used when the file is
    /// continued, and by other archives that can copy its blocks. Errors are ignored.
    pub fn note_blocks(&self, index: &BlockIndex) {
        let Some(hidden) = self.hidden.as_ref().filter(|_| index.sha256() == self.sha256) else {
            return;
        };
        let (folder, _) = &hidden.leftover.place;
        let name = format!("{}{BLOCKS_SUFFIX}", self.sha256.hex());
        if let Ok((mut file, draft)) = create_unique(folder, "draft-", BLOCKS_SUFFIX, 0o600) {
            let written =
                write!(file, "{index}").and_then(|()| folder.rename(&draft, folder, &name));
            if written.is_err() {
                let _ = folder.remove_file(&draft);
            }
        }
    }

    /// Deletes the file.
    pub fn discard(mut self) {
        if let Some(mut hidden) = self.hidden.take() {
            hidden.leftover.is_kept = false;
            drop(hidden);
        }
    }

    /// Returns a value that verifies the archive while its bytes are appended. `size` is the size
    /// of the complete archive. `end` has its last bytes, which must be appended as well.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be opened a second time.
    pub fn arriving(&self, size: u64, end: Vec<u8>) -> Result<Arriving, Error> {
        let hidden = self.hidden()?;
        let file = hidden.file.try_clone().map_err(|source| hidden.write_error(source))?;
        self.progress.note(self.size);
        let (path, progress) = (hidden.path().to_owned(), Arc::clone(&self.progress));
        Ok(Arriving { path, file, size, end, progress })
    }

    /// Marks the file as ended: no more bytes will be appended. A large file starts to be synced.
    pub fn end(&self) {
        self.progress.end();
        // The last bytes reach the disk while they are verified.
        if let Some(hidden) = &self.hidden {
            hidden.early_sync.request();
        }
    }

    /// Verifies the complete file and syncs it to the disk.
    ///
    /// `on_bytes` is called while the file is read, with the number of bytes read since the last
    /// call. `blocks` has the blocks of a zip, each of which the caller has
    /// [checked](sealift_archive::Block::is_packed_as). They become part of the record.
    ///
    /// # Errors
    ///
    /// Returns an error if the file has another SHA-256, if it is not a complete image, or if the
    /// disk cannot be read. The file is then deleted. If `on_bytes` returns `Break`, the error has
    /// the kind [`Cancelled`](crate::ErrorKind::Cancelled), and the file is kept.
    pub fn finish(
        self,
        blocks: Option<BlockTable>,
        on_bytes: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
    ) -> Result<Staged, Error> {
        let hidden = self.hidden()?;
        let options = ExamineOptions::new().with_input(hidden.path()).with_on_bytes(on_bytes);
        let result = examine(&hidden.file, &options);
        self.finish_as(result, blocks, on_bytes)
    }

    /// Finishes an archive that was verified while it was written, like [`finish`](Self::finish).
    ///
    /// If the verification was for other content than the file has now, the file is verified again.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`finish`](Self::finish).
    pub fn finish_examined(
        self,
        examined: Examined,
        blocks: Option<BlockTable>,
        on_bytes: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
    ) -> Result<Staged, Error> {
        // The verification has read the end from memory, so it is compared with the file.
        let mut end = vec![0; examined.end.len()];
        let start = self.size.saturating_sub(end.len() as u64);
        let is_this = Arc::ptr_eq(&self.progress, &examined.progress)
            && self.size == examined.size
            && self.read_exact_at(&mut end, start).is_ok()
            && end == examined.end;
        match examined.result {
            result if is_this && !matches!(result, Err(sealift_archive::Error::Io { .. })) => {
                self.finish_as(result, blocks, on_bytes)
            }
            _ => self.finish(blocks, on_bytes),
        }
    }

    fn finish_as(
        mut self,
        result: Result<Proof, sealift_archive::Error>,
        blocks: Option<BlockTable>,
        on_bytes: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
    ) -> Result<Staged, Error> {
        let hidden = self.hidden()?;
        let proof = match result {
            Ok(proof) => proof,
            Err(error @ sealift_archive::Error::Fault { .. }) => {
                // If the SHA-256 is right, the archive itself is damaged; otherwise only this copy.
                let found = hash(&hidden.file, hidden.path(), on_bytes)?;
                let expected = self.sha256;
                self.discard();
                return Err(match found == expected {
                    true => Error::Archive(error),
                    false => Error::OtherContent { expected, found },
                });
            }
            Err(error) => return Err(Error::Archive(error)),
        };
        let (expected, found) = (self.sha256, proof.sha256());
        if found != expected {
            self.discard();
            return Err(Error::OtherContent { expected, found });
        }
        let Some(mut hidden) = self.hidden.take() else { return Err(gone()) };
        hidden.sync()?;
        let (folder, _) = &hidden.leftover.place;
        let _ = folder.remove_file(&format!("{}{BLOCKS_SUFFIX}", self.sha256.hex()));
        hidden.leftover.is_kept = false;
        Ok(Staged { hidden, proof, blocks })
    }

    fn hidden(&self) -> Result<&HiddenFile, Error> {
        self.hidden.as_ref().ok_or_else(gone)
    }

    fn file(&self) -> io::Result<&File> {
        self.hidden
            .as_ref()
            .map(|hidden| &hidden.file)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Returns the error for a value without a file. No method leaves such a value behind.
fn gone() -> Error {
    Error::io("write an unfinished archive in", "", io::ErrorKind::NotFound.into())
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.progress.end();
        if let Some(hidden) = &mut self.hidden {
            hidden.leftover.is_kept = self.size > 0;
        }
    }
}
