//! An archive of which any part can be read.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use sealift_oci::{Digest, Identity};

use crate::access::{Access, Route};
use crate::archive_index::ArchiveIndex;
use crate::archive_reader::ArchiveReader;
use crate::block_table::BlockTable;
use crate::error::{Error, Fault};
use crate::gzip_layer::GzipLayer;
use crate::input::Input;
use crate::layer_span::LayerSpan;
use crate::read::container::Container;
use crate::read::detect::{HEAD, detect};
use crate::read::examine::ExamineOptions;
use crate::read::plain::open_file;
use crate::read::zip::directory::find_member;
use crate::read::zip::inflate::{MAX_PACKED, MAX_PLAIN};
use crate::read::zip::member::Member;
use crate::read::zip::record::MemberError;
use crate::read::zip::scan::{Scan, scan};
use crate::source::{Source, SourceReader, read_up_to};

/// An archive of which any layer can be read, and any part of a layer.
///
/// It is opened with an index that was made when the archive was verified. It does not verify the
/// archive again: see [`ArchiveReader`] for what it checks.
///
/// How much has to be read for a part depends on the container:
///
/// | container | reading at any place |
/// |---|---|
/// | tar, zip with a stored member | reads exactly that part |
/// | zip written by sealift | inflates the blocks of up to 256 KiB that contain the part |
/// | zip of another writer, gzip, zstd, xz, bzip2 | decompresses everything before it; going back starts over |
///
/// ```no_run
/// use std::io::Read;
/// use sealift_archive::{Archive, ExamineOptions, examine_file};
///
/// let path = "web_1.4.0.7_91e8e311933e.zip";
/// let proof = examine_file(path, &ExamineOptions::default())?;
/// let archive = Archive::open(path, &proof)?;
/// for layer in archive.layers() {
///     println!("{} ({} bytes)", layer.digest, layer.size);
///     let mut head = [0; 512];
///     archive.layer(&layer.digest).unwrap().read_exact(&mut head)?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Archive<S = File> {
    access: Access<S>,
    index: ArchiveIndex,
    container: Container,
}

impl Archive {
    /// Opens an archive file.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new), and if the file cannot be opened.
    pub fn open(path: impl AsRef<Path>, index: impl Into<ArchiveIndex>) -> Result<Self, Error> {
        let path = path.as_ref();
        Self::new(open_file(path)?, index, path)
    }
}

impl<S: Source> Archive<S> {
    /// Creates an archive from a source and its index. Messages name it as `input`.
    ///
    /// A zip whose index has no blocks is inflated once to find them; [`index`](Self::index) then
    /// has them, to be kept for the next time.
    ///
    /// # Errors
    ///
    /// If the source cannot be read, or if the index is not that of this archive. Its sizes are
    /// compared, and the blocks must cover the zip's member exactly.
    pub fn new(
        source: S,
        index: impl Into<ArchiveIndex>,
        input: impl Into<Input>,
    ) -> Result<Self, Error> {
        let mut archive = Self::for_one_pass(source, index, input)?;
        archive.find_blocks(&ExamineOptions::new())?;
        Ok(archive)
    }

    /// Creates an archive like [`new`](Self::new), but does not look for the blocks of a zip if the
    /// index has none. This is faster if the archive is read once, in the order of its plain tar,
    /// as an [`ImageTar`](crate::ImageTar) does.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new).
    pub fn for_one_pass(
        source: S,
        index: impl Into<ArchiveIndex>,
        input: impl Into<Input>,
    ) -> Result<Self, Error> {
        let (index, input) = (index.into(), input.into());
        let failed = |source| Error::io("read", input.clone(), source);
        let mut head = [0; HEAD];
        let length = read_up_to(&mut SourceReader::new(&source), &mut head).map_err(failed)?;
        let container = detect(&source, &head[..length]).map_err(failed)?;
        let source = Arc::new(source);
        let access = Access { source, input: input.clone(), route: Route::Sequential };
        let mut archive = Self { access, index, container };
        let plain_size = match container {
            Container::Tar => {
                archive.access.route = Route::Direct(0);
                archive.access.source.size().map_err(failed)?
            }
            Container::Zip => {
                let member = archive.member()?;
                archive.access.route = archive.route_to(&member)?;
                member.size
            }
            _ => archive.index.plain_size,
        };
        if !archive.index.fits(plain_size) {
            return Err(archive.misfit());
        }
        Ok(archive)
    }

    /// Inflates a zip whose index has no blocks, to find them. [`index`](Self::index) then has
    /// them.
    ///
    /// Of the options, [`with_on_bytes`](ExamineOptions::with_on_bytes) is heeded.
    ///
    /// # Errors
    ///
    /// If the source cannot be read, if its member is damaged, or if the options ask to stop.
    pub fn find_blocks(&mut self, options: &ExamineOptions<'_>) -> Result<(), Error> {
        if self.container != Container::Zip || self.index.blocks.is_some() {
            return Ok(());
        }
        let member = self.member()?;
        if !member.deflated {
            return Ok(());
        }
        let scanned = scan(&self.access.source, &member, &|bytes| options.report(bytes));
        match scanned.map_err(|error| self.error(error))? {
            // Another writer may begin or end with parts without content, which belong to no block.
            Scan::Independent(table) if covers(&table, &member) => {
                let table = Arc::new(table);
                self.index.blocks = Some(Arc::clone(&table));
                self.access.route = Route::Blocks(table);
                Ok(())
            }
            Scan::Independent(_) | Scan::Dependent => Ok(()),
            Scan::Stopped => Err(Error::Cancelled { input: self.access.input.clone() }),
        }
    }

    fn member(&self) -> Result<Member, Error> {
        find_member(&self.access.source).map_err(|error| self.error(error))
    }

    /// Decides how a zip's member is read.
    fn route_to(&self, member: &Member) -> Result<Route, Error> {
        match &self.index.blocks {
            _ if !member.deflated => Ok(Route::Direct(member.start)),
            Some(table) if covers(table, member) => Ok(Route::Blocks(Arc::clone(table))),
            Some(_) => Err(self.misfit()),
            None => Ok(Route::Sequential),
        }
    }

    fn error(&self, error: MemberError) -> Error {
        match error {
            MemberError::Read(source) => Error::io("read", self.access.input.clone(), source),
            MemberError::Fault(fault) => Error::fault(self.access.input.clone(), fault),
        }
    }

    fn misfit(&self) -> Error {
        let container = match self.container {
            Container::Tar => "tar",
            Container::Zip => "zip",
            _ => "compressed stream",
        };
        let reason = "its index is that of another archive".to_owned();
        Error::fault(self.access.input.clone(), Fault::BadContainer { container, reason })
    }

    pub(crate) fn input(&self) -> &Input {
        &self.access.input
    }

    /// Returns the identity of the image.
    pub fn identity(&self) -> &Identity {
        &self.index.identity
    }

    /// Returns the layers with their sizes, in the order in which the image first uses them.
    pub fn layers(&self) -> &[LayerSpan] {
        &self.index.layers
    }

    /// Returns what is around the plain tar.
    pub fn container(&self) -> Container {
        self.container
    }

    /// Returns the index, with the blocks of a zip if it has independent ones.
    pub fn index(&self) -> &ArchiveIndex {
        &self.index
    }

    /// Returns a reader of a layer as it is stored, by the digest of these bytes or by its diff id.
    ///
    /// If a layer is stored both compressed and uncompressed, its diff id means the uncompressed
    /// bytes.
    pub fn layer(&self, digest: &Digest) -> Option<ArchiveReader<S>> {
        let span = self.span(digest)?;
        Some(ArchiveReader::of_layer(self.access.clone(), span))
    }

    /// Returns a layer compressed by gzip, made of the deflated blocks of a zip; `None` if the
    /// archive is not a zip whose table of blocks has checksums, or if it has no such layer.
    ///
    /// Whole blocks are copied as they are. Where a layer begins or ends within a block, that part
    /// is read and deflated by this call.
    ///
    /// # Errors
    ///
    /// If such a part cannot be read.
    pub fn gzip_layer(&self, digest: &Digest) -> Result<Option<GzipLayer<S>>, Error> {
        match self.span(digest) {
            Some(span) => GzipLayer::new(self.access.clone(), span.offset, span.size),
            None => Ok(None),
        }
    }

    fn span(&self, digest: &Digest) -> Option<&LayerSpan> {
        let layers = &self.index.layers;
        let stored = layers.iter().find(|span| span.digest == *digest);
        stored.or_else(|| layers.iter().find(|span| span.diff_id == *digest))
    }

    /// Returns a reader of the plain tar. [`VerifiedReader`](crate::VerifiedReader) verifies it as
    /// well.
    pub fn plain(&self) -> ArchiveReader<S> {
        ArchiveReader::of_plain(self.access.clone(), self.index.plain_size)
    }
}

/// Returns `true` if the blocks are those of a deflated member: as long together as the member is,
/// and each small enough to be kept in memory.
fn covers(table: &BlockTable, member: &Member) -> bool {
    /// How many bytes the mark at the end of a stream takes.
    const END: u64 = 2;
    let (mut at, mut plain_at) = (member.start, 0);
    for block in table.iter() {
        let is_next = block.offset == at && block.plain_offset == plain_at;
        let is_small = block.size as usize <= MAX_PACKED && block.plain_size as usize <= MAX_PLAIN;
        if !is_next || !is_small || block.plain_size == 0 {
            return false;
        }
        at += u64::from(block.size);
        plain_at += u64::from(block.plain_size);
    }
    let rest = (member.start + member.packed_size).checked_sub(at);
    plain_at == member.size && rest.is_some_and(|rest| rest <= END)
}
