//! Random access to the layers of an archive.

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

/// An archive with random access to its layers.
///
/// It is opened with an index that was created when the archive was verified. It does not verify
/// the archive again; [`ArchiveReader`] documents what is checked while reading.
///
/// The cost of reading a part depends on the container:
///
/// | container | reading a part |
/// |---|---|
/// | tar, zip with a stored member | reads exactly this part |
/// | zip written by sealift | inflates the blocks of up to 256 KiB that contain the part |
/// | other zip, other stream | decompresses everything before the part; going back starts over |
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
    /// Creates an archive from a source and its index. Errors name it as `input`.
    ///
    /// If the archive is a zip and the index has no block table, the zip is inflated once to find
    /// its blocks. [`index`](Self::index) then contains the table, so that the caller can keep it.
    ///
    /// # Errors
    ///
    /// If the source cannot be read, or if the index belongs to another archive: the sizes must
    /// match, and the blocks must cover the zip's member exactly.
    pub fn new(
        source: S,
        index: impl Into<ArchiveIndex>,
        input: impl Into<Input>,
    ) -> Result<Self, Error> {
        let mut archive = Self::for_one_pass(source, index, input)?;
        archive.find_blocks(&ExamineOptions::new())?;
        Ok(archive)
    }

    /// Creates an archive like [`new`](Self::new), but does not search for the blocks of a zip if
    /// the index has none. This is faster if the archive is read once, in the order of its plain
    /// tar, as [`ImageTar`](crate::ImageTar) reads it.
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

    /// Inflates a zip whose index has no block table, to find its blocks. [`index`](Self::index)
    /// then contains the table.
    ///
    /// Only [`with_on_bytes`](ExamineOptions::with_on_bytes) of the options has an effect.
    ///
    /// # Errors
    ///
    /// If the source cannot be read, if its member is damaged, or if the callback cancels.
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
            // Another writer may begin or end with empty parts, which belong to no block. Then the
            // blocks do not cover the member, and the zip is read sequentially.
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

    /// Returns the way in which parts of a zip's member are read.
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
        let reason = "its index belongs to another archive".to_owned();
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

    /// Returns the container around the plain tar.
    pub fn container(&self) -> Container {
        self.container
    }

    /// Returns the index. For a zip with independent blocks, it includes the block table.
    pub fn index(&self) -> &ArchiveIndex {
        &self.index
    }

    /// Returns a reader of a layer's stored bytes. `digest` is the digest of these bytes or the
    /// layer's diff id. Returns `None` if the archive has no such layer.
    ///
    /// If a layer is stored both compressed and uncompressed, its diff id selects the uncompressed
    /// bytes.
    pub fn layer(&self, digest: &Digest) -> Option<ArchiveReader<S>> {
        let span = self.span(digest)?;
        Some(ArchiveReader::of_layer(self.access.clone(), span))
    }

    /// Returns a layer as a gzip stream that is composed of the deflated blocks of a zip. Returns
    /// `None` if the archive has no such layer, or if it is not a zip whose block table has
    /// checksums.
    ///
    /// Blocks that belong to the layer entirely are copied without compressing them again. If the
    /// layer begins or ends within a block, this call inflates that part and deflates it again.
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

    /// Returns a reader of the plain tar. It does not verify the tar, unlike
    /// [`VerifiedReader`](crate::VerifiedReader).
    pub fn plain(&self) -> ArchiveReader<S> {
        ArchiveReader::of_plain(self.access.clone(), self.index.plain_size)
    }
}

/// Returns `true` if the blocks cover a deflated member: they follow each other without gaps, have
/// the lengths of the member in total, and each is small enough to be kept in memory.
fn covers(table: &BlockTable, member: &Member) -> bool {
    /// Length in bytes of the empty block that ends a deflate stream.
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
