//! Blocks of a wanted archive that other files in the folder contain.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use sealift_archive::{Block, BlockIndex, BlockTable};
use sealift_filename::{ArchiveFormat, ArchivePath, Repository};
use sealift_oci::Digest;
use sealift_store::Store;

use crate::error::Error;
use crate::run::Run;

/// The places of the wanted archive's blocks in other files of the folder.
#[derive(Debug, Default)]
pub(crate) struct LocalBlocks {
    /// The files that contain at least one of the blocks.
    pub(crate) files: Vec<PathBuf>,
    /// For each block, the index of its file in `files` and its offset in that file.
    places: Vec<Option<(u32, u64)>>,
}

impl LocalBlocks {
    /// Searches the folder for the blocks at or after the offset `from`: first in archives of the
    /// same image, newest first, then in unfinished archives, then in all others.
    pub(crate) fn find(
        store: &Store,
        image: &Repository,
        index: &BlockIndex,
        from: u64,
        run: &Run,
    ) -> Result<Self, Error> {
        let mut search = Search::new(index, from);
        let mut archives = store.scan()?.archives;
        archives.retain(|archive| archive.name().format() == ArchiveFormat::Zip);
        let is_other = |archive: &ArchivePath| archive.repository().as_ref() != Some(image);
        let written = |archive: &ArchivePath| store.stat(archive).ok().map(|stat| stat.modified);
        archives
            .sort_by_cached_key(|archive| (is_other(archive), std::cmp::Reverse(written(archive))));
        let same = archives.partition_point(|archive| !is_other(archive));
        for (at, archive) in archives.iter().enumerate() {
            run.check_cancelled()?;
            if search.is_done() {
                break;
            }
            if at == same {
                search.add_unfinished(store);
            }
            // An archive that cannot be opened is skipped: its blocks are fetched instead.
            if let Ok(Some(opened)) = store.open_recorded(archive)
                && let Some(blocks) = opened.index().blocks()
            {
                search.add(store.path_of(archive), blocks, u64::MAX);
            }
        }
        if same == archives.len() {
            search.add_unfinished(store);
        }
        Ok(search.result(index))
    }

    /// Returns `true` if the block with this number can be copied.
    pub(crate) fn has(&self, block: usize) -> bool {
        self.places.get(block).is_some_and(Option::is_some)
    }

    /// Copies consecutive blocks into `room`. `first` is the number of the first one. Returns
    /// `None` if a block cannot be read, or if its file has changed since the search.
    pub(crate) fn copy(&self, first: usize, blocks: &[Block], room: Vec<u8>) -> Option<Copied> {
        let mut copied = Copied { bytes: room, from: Vec::new() };
        let mut opened: Option<(u32, File)> = None;
        for (block, place) in blocks.iter().zip(self.places.get(first..)?) {
            let (number, offset) = (*place)?;
            if opened.as_ref().is_none_or(|(open, _)| *open != number) {
                opened = Some((number, File::open(self.files.get(number as usize)?).ok()?));
            }
            let (_, file) = opened.as_ref()?;
            let start = copied.bytes.len();
            copied.bytes.resize(start + block.size as usize, 0);
            let bytes = &mut copied.bytes[start..];
            file.read_exact_at(bytes, offset).ok()?;
            if Digest::of(bytes) != block.checksums?.packed_sha256 {
                return None;
            }
            match copied.from.last_mut() {
                Some((last, size)) if *last == number => *size += u64::from(block.size),
                _ => copied.from.push((number, u64::from(block.size))),
            }
        }
        Some(copied)
    }
}

/// Blocks that were copied from local files.
pub(crate) struct Copied {
    pub(crate) bytes: Vec<u8>,
    /// The index of each source file, and the number of bytes copied from it.
    pub(crate) from: Vec<(u32, u64)>,
}

/// A search for the local copies of blocks.
struct Search {
    files: Vec<PathBuf>,
    /// The wanted blocks by the SHA-256 of their packed bytes.
    found: HashMap<Digest, Sought>,
    missing: usize,
}

/// A wanted block and the place where it was found.
struct Sought {
    plain_size: u32,
    plain_crc32: u32,
    place: Option<(u32, u64)>,
}

impl Search {
    fn new(index: &BlockIndex, from: u64) -> Self {
        let wanted = index.blocks().iter().filter(|block| block.offset >= from);
        let sought = |block: Block| {
            let (checksums, plain_size) = (block.checksums?, block.plain_size);
            let plain_crc32 = checksums.plain_crc32;
            Some((checksums.packed_sha256, Sought { plain_size, plain_crc32, place: None }))
        };
        let found: HashMap<_, _> = wanted.filter_map(sought).collect();
        Self { files: Vec::new(), missing: found.len(), found }
    }

    fn is_done(&self) -> bool {
        self.missing == 0
    }

    fn add_unfinished(&mut self, store: &Store) {
        for file in store.unfinished_blocks() {
            self.add(file.path, file.index.blocks(), file.size);
        }
    }

    /// Searches the blocks of one file, of which the first `size` bytes are present.
    fn add(&mut self, path: PathBuf, blocks: &BlockTable, size: u64) {
        let number = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        let before = self.missing;
        for block in blocks.iter() {
            let is_inside = block.offset.saturating_add(block.size.into()) <= size;
            if let Some(checksums) = block.checksums.filter(|_| is_inside)
                && let Some(sought) = self.found.get_mut(&checksums.packed_sha256)
                && sought.place.is_none()
                                // The record of the new archive takes these values from its block
                                // index, so a file that states other values must not be used.
                && (sought.plain_size, sought.plain_crc32)
                    == (block.plain_size, checksums.plain_crc32)
            {
                sought.place = Some((number, block.offset));
                self.missing -= 1;
            }
        }
        if self.missing < before {
            self.files.push(path);
        }
    }

    fn result(self, index: &BlockIndex) -> LocalBlocks {
        let place = |block: Block| self.found.get(&block.checksums?.packed_sha256)?.place;
        LocalBlocks { places: index.blocks().iter().map(place).collect(), files: self.files }
    }
}
