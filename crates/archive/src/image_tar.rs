//! A reader of a plain tar with one image, composed from the parts of an archive.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::vec::IntoIter;

use sealift_oci::{Digest, Hasher, Index};
use serde_json::json;

use crate::archive::Archive;
use crate::archive_reader::ArchiveReader;
use crate::document_spans::DocumentSpan;
use crate::error::{Error, Fault};
use crate::layer_span::LayerSpan;
use crate::source::Source;
use crate::verify::documents::blob_name;
use crate::verify::layout::{
    CONTAINERD_NAME, INDEX_JSON, MANIFEST_JSON, Naming, OCI_LAYOUT, REF_NAME,
};
use crate::verify::tar_entry::{END_MARKER, entry, headers, padding};

/// Options of an [`ImageTar`]: the name of the image, the layout, and the layers to leave out.
///
/// ```
/// use sealift_archive::{ImageTarOptions, Naming};
/// use sealift_filename::{Repository, Version};
///
/// let naming = Naming::new(&Repository::parse("web")?, &Version::new("1.0"))?;
/// let options = ImageTarOptions::new().with_name(naming);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct ImageTarOptions {
    name: Option<Naming>,
    layout: ImageLayout,
    left_out: HashSet<Digest>,
}

/// The layout of an [`ImageTar`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ImageLayout {
    /// An OCI layout with a `manifest.json`, which all engines load. Layers that are left out are
    /// absent.
    #[default]
    Oci,
    /// The layout of Docker before version 25: a `manifest.json`, and layers that are named by
    /// their diff ids. Layers that are left out are empty files. Podman searches its own storage
    /// for such a layer by its diff id, even if the archive contains the layer compressed.
    Docker,
}

impl ImageTarOptions {
    /// Creates the options of a complete image without a name, in an OCI layout.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name of the image. It is written with its registry, to all places from which
    /// receivers read a name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Option<Naming>>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the layout.
    #[must_use]
    pub fn with_layout(mut self, layout: ImageLayout) -> Self {
        self.layout = layout;
        self
    }

    /// Leaves out the layers whose stored bytes have these digests.
    #[must_use]
    pub fn without_layers(mut self, digests: impl IntoIterator<Item = Digest>) -> Self {
        self.left_out.extend(digests);
        self
    }
}

/// A reader of a plain tar that contains only the image of an archive. The tar is composed from the
/// parts of the archive while it is read.
///
/// It contains the config, the layers as they are stored, the [manifest](Archive::manifest), and
/// the documents that lead to them. It contains neither attestations nor images for other
/// platforms, and at most one name. The same archive and options result in the same bytes.
///
/// Each document and layer is compared with its digest. If they differ, reading fails before the
/// last bytes of that part, and every further read fails as well. A receiver of the bytes therefore
/// never gets the end of a damaged image.
///
/// ```no_run
/// use std::{fs::File, io};
/// use sealift_archive::{Archive, ExamineOptions, ImageTar, ImageTarOptions, examine_file};
///
/// let path = "web_1.4.0.7_91e8e311933e.zip";
/// let archive = Archive::open(path, &examine_file(path, &ExamineOptions::default())?)?;
/// let mut tar = ImageTar::new(&archive, &ImageTarOptions::new())?;
/// println!("{} bytes", tar.size());
/// io::copy(&mut tar, &mut File::create("web.tar")?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// The [`io::Error`] of [`Read::read`] contains an [`Error`]; `error.downcast::<Error>()` extracts
/// it.
pub struct ImageTar<'a, S: Source> {
    archive: &'a Archive<S>,
    size: u64,
    parts: IntoIter<Part>,
    current: Option<Current<S>>,
    /// The reader of the part that was copied last. It is reused, because continuing is cheaper
    /// than starting over in a container without random access.
    reader: Option<ArchiveReader<S>>,
    has_failed: bool,
}

/// A part of the tar.
enum Part {
    /// Bytes that were created for the tar.
    Bytes(Vec<u8>),
    /// Bytes that are copied from the archive.
    Copy(CopiedSpan),
}

/// A span of the archive's plain tar that is copied.
struct CopiedSpan {
    what: &'static str,
    digest: Digest,
    offset: u64,
    size: u64,
}

/// The part that is being read.
enum Current<S: Source> {
    Bytes(io::Cursor<Vec<u8>>),
    Copy(Box<Copying<S>>),
}

/// A span that is being copied.
struct Copying<S: Source> {
    copy: CopiedSpan,
    left: u64,
    hasher: Hasher,
    reader: ArchiveReader<S>,
}

impl<S: Source> Copying<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.by_ref().take(self.left).read(buffer)?;
        self.hasher.update(&buffer[..count]);
        self.left -= count as u64;
        Ok(count)
    }

    /// Returns a fault if the complete span was read and does not have its digest.
    fn check(&mut self) -> Result<(), Fault> {
        if self.left > 0 {
            return Ok(());
        }
        let found = std::mem::take(&mut self.hasher).finish();
        let CopiedSpan { what, digest: expected, .. } = self.copy;
        match found == expected {
            true => Ok(()),
            false => Err(Fault::WrongDigest { what: what.to_owned(), expected, found }),
        }
    }
}

impl<'a, S: Source> ImageTar<'a, S> {
    /// Creates the tar of an archive's image. This reads from the archive only if a layer is stored
    /// in two forms.
    ///
    /// # Errors
    ///
    /// Those of [`Archive::image_layers`].
    pub fn new(archive: &'a Archive<S>, options: &ImageTarOptions) -> Result<Self, Error> {
        let parts = match options.layout {
            ImageLayout::Oci => oci_layout(archive, options)?,
            ImageLayout::Docker => docker_layout(archive, options)?,
        };
        let size = parts.iter().map(Part::size).sum();
        let parts = parts.into_iter();
        Ok(Self { archive, size, parts, current: None, reader: None, has_failed: false })
    }

    /// Returns the size of the complete tar in bytes. It is known before the tar is read.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Prepares the next part for reading. Returns `None` at the end.
    fn begin(&mut self) -> io::Result<Option<Current<S>>> {
        Ok(match self.parts.next() {
            None => None,
            Some(Part::Bytes(bytes)) => Some(Current::Bytes(io::Cursor::new(bytes))),
            Some(Part::Copy(copy)) => {
                let mut reader = self.reader.take().unwrap_or_else(|| self.archive.plain());
                reader.seek(SeekFrom::Start(copy.offset))?;
                let left = copy.size;
                Some(Current::Copy(Box::new(Copying { copy, left, hasher: Hasher::new(), reader })))
            }
        })
    }

    fn read_on(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(current) = &mut self.current else {
                self.current = self.begin()?;
                if self.current.is_none() {
                    return Ok(0);
                }
                continue;
            };
            let count = match current {
                Current::Bytes(bytes) => bytes.read(buffer)?,
                Current::Copy(copying) => {
                    let count = copying.read(buffer)?;
                    if count > 0 {
                        copying.check().map_err(|fault| self.archive.fault(fault))?;
                    }
                    count
                }
            };
            if count > 0 {
                return Ok(count);
            }
            if let Some(Current::Copy(copying)) = self.current.take() {
                self.reader = Some(copying.reader);
            }
        }
    }
}

impl<S: Source> Read for ImageTar<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.has_failed {
            return Err(io::Error::other("an earlier read of the archive failed"));
        }
        // After an error, `Ok(0)` would look like the end of a complete archive.
        self.read_on(buffer).inspect_err(|_| self.has_failed = true)
    }
}

impl<S: Source> fmt::Debug for ImageTar<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageTar").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Part {
    fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Copy(copy) => copy.size,
        }
    }
}

impl CopiedSpan {
    fn of_document(what: &'static str, span: &DocumentSpan) -> Self {
        Self { what, digest: span.digest, offset: span.offset, size: span.size }
    }

    fn of_layer(span: &LayerSpan) -> Self {
        Self { what: "the layer", digest: span.digest, offset: span.offset, size: span.size }
    }
}

fn oci_layout<S: Source>(
    archive: &Archive<S>,
    options: &ImageTarOptions,
) -> Result<Vec<Part>, Error> {
    let documents = archive.documents()?;
    let layers = archive.image_layers()?;
    let mut parts = vec![bytes(OCI_LAYOUT, br#"{"imageLayoutVersion":"1.0.0"}"#)];
    let mut copies = vec![CopiedSpan::of_document("the config", &documents.config)];
    let is_sent = |span: &&&LayerSpan| !options.left_out.contains(&span.digest);
    copies.extend(layers.iter().filter(is_sent).map(|span| CopiedSpan::of_layer(span)));
    let mut descriptor = match &documents.manifest {
        Some(span) => {
            copies.push(CopiedSpan::of_document("the manifest", span));
            archive.manifest_descriptor()?
        }
        None => {
            let manifest = archive.canonical_manifest()?;
            let descriptor = manifest.descriptor();
            parts.push(bytes(&blob_name(descriptor.digest), &manifest.to_json()));
            descriptor
        }
    };
    for copy in in_order(copies) {
        let name = blob_name(copy.digest);
        append(&mut parts, &name, copy);
    }
    descriptor = descriptor.with_platform(archive.identity().platform.clone());
    if let Some(name) = &options.name {
        descriptor = descriptor
            .with_annotation(CONTAINERD_NAME, name.full_name())
            .with_annotation(REF_NAME, name.full_name());
    }
    parts.push(bytes(INDEX_JSON, &Index::new().with_manifest(descriptor).to_json()));
    let layer_names = layers.iter().map(|span| blob_name(span.digest));
    let config_name = blob_name(documents.config.digest);
    parts.push(manifest_json(options, &config_name, layer_names));
    parts.push(Part::Bytes(END_MARKER.to_vec()));
    Ok(parts)
}

fn docker_layout<S: Source>(
    archive: &Archive<S>,
    options: &ImageTarOptions,
) -> Result<Vec<Part>, Error> {
    let config = &archive.documents()?.config;
    let layers = archive.image_layers()?;
    let name_of = |span: &LayerSpan| format!("{}.tar", span.diff_id.hex());
    let (left_out, sent): (Vec<&LayerSpan>, Vec<&LayerSpan>) =
        layers.iter().copied().partition(|span| options.left_out.contains(&span.digest));
    let mut parts: Vec<Part> = Vec::new();
    let mut empty: Vec<String> = left_out.into_iter().map(name_of).collect();
    empty.sort_unstable();
    empty.dedup();
    parts.extend(empty.iter().map(|name| bytes(name, b"")));
    let config_name = format!("{}.json", config.digest.hex());
    let mut copies = vec![CopiedSpan::of_document("the config", config)];
    copies.extend(sent.iter().map(|span| CopiedSpan::of_layer(span)));
    for copy in in_order(copies) {
        let layer = sent.iter().find(|span| span.digest == copy.digest);
        let name = layer.map_or_else(|| config_name.clone(), |span| name_of(span));
        append(&mut parts, &name, copy);
    }
    parts.push(manifest_json(options, &config_name, layers.iter().map(|span| name_of(span))));
    parts.push(Part::Bytes(END_MARKER.to_vec()));
    Ok(parts)
}

/// Removes duplicate contents and sorts the rest by the offset in the archive, so that a container
/// without random access is decompressed only once.
fn in_order(mut copies: Vec<CopiedSpan>) -> Vec<CopiedSpan> {
    copies.sort_unstable_by_key(|copy| (copy.offset, copy.digest));
    copies.dedup_by_key(|copy| copy.digest);
    copies
}

fn append(parts: &mut Vec<Part>, name: &str, copy: CopiedSpan) {
    let size = copy.size;
    parts.push(Part::Bytes(headers(name, size)));
    parts.push(Part::Copy(copy));
    parts.push(Part::Bytes(vec![0; padding(size)]));
}

fn bytes(name: &str, content: &[u8]) -> Part {
    Part::Bytes(entry(name, content))
}

fn manifest_json(
    options: &ImageTarOptions,
    config_name: &str,
    layer_names: impl Iterator<Item = String>,
) -> Part {
    let tags: Option<Vec<String>> = options.name.as_ref().map(|name| vec![name.full_name()]);
    let layers: Vec<String> = layer_names.collect();
    let list = json!([{ "Config": config_name, "RepoTags": tags, "Layers": layers }]);
    bytes(MANIFEST_JSON, list.to_string().as_bytes())
}
