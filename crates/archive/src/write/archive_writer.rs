//! A writer of archive files that verifies what it writes.

use std::fs::File;
use std::io::{self, Write};
use std::ops::ControlFlow;

use sealift_filename::ImageId;
use sealift_oci::Digest;

use crate::block_table::BlockTable;
use crate::contents::Contents;
use crate::error::{Error, Fault};
use crate::input::Input;
use crate::proof::{FileFacts, Proof};
use crate::read::container::Container;
use crate::read::examine::{ExamineOptions, examine};
use crate::read::hash::hash;
use crate::read::plain::PlainReader;
use crate::source::Source as _;
use crate::verify::layout::Naming;
use crate::verify::renamer::Renamer;
use crate::verify::verifier::VerifyOptions;
use crate::write::background::BackgroundWriter;
use crate::write::level::Level;
use crate::write::zip::ZipSink;

/// The number of bytes that are collected before they are passed to the thread that writes.
const PIECE: usize = 64 << 10;

/// The form in which an [`ArchiveWriter`] writes an archive.
pub enum Form {
    /// The caller writes a plain tar. The file is a plain tar that was renamed by the renamer.
    Plain(Renamer),
    /// The caller writes a plain tar. The file is a zip whose only member is the renamed tar.
    Zip {
        /// Renames the archive. The zip's member has the same name.
        renamer: Renamer,
        /// The compression level.
        level: Level,
        /// The id in the member's name. If it is `None` or does not belong to the image, the id of
        /// the config is used.
        id: Option<ImageId>,
    },
    /// The caller writes an archive file in any container. Its bytes are not changed.
    AsIs(VerifyOptions),
}

/// A writer of an archive file that verifies what it writes. The [`Form`] decides what the caller
/// writes to it and what it writes to the file.
///
/// The thread that calls `write` verifies the bytes. Other threads compress, hash and write them.
/// With [`Form::AsIs`], the file is read back and verified at the end, because the structure of a
/// zip is not known before.
///
/// If a fault is found, `write` returns an error, and [`finish`](Self::finish) returns the
/// [`Fault`].
///
/// ```
/// use std::io::Write;
/// use sealift_archive::{ArchiveWriter, Form, Naming, Renamer, VerifyOptions};
/// use sealift_filename::{Repository, Version};
///
/// let naming = Naming::new(&Repository::parse("web")?, &Version::new("1.0"))?;
/// let form = Form::Plain(Renamer::new(naming, VerifyOptions::default()));
/// let mut writer = ArchiveWriter::new(tempfile::tempfile()?, form, "the save")?;
/// writer.write_all(&[0; 1024])?; // an empty tar, which is only an end marker
/// let error = writer.finish().unwrap_err();
/// assert_eq!(error.as_fault().unwrap().to_string(), "the archive contains only zero bytes");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "the file is incomplete without `finish`"]
pub struct ArchiveWriter {
    input: Input,
    sink: Sink,
    failure: Option<Error>,
}

enum Sink {
    Plain { renamer: Box<Renamer>, ready: Vec<u8>, file: BackgroundWriter },
    Zip { renamer: Box<Renamer>, ready: Vec<u8>, zip: Box<ZipSink<File>>, id: Option<ImageId> },
    AsIs { file: File, verify: VerifyOptions },
}

/// The reason why writing stopped.
enum Stopped {
    Fault(Fault),
    Disk(io::Error),
}

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl ArchiveWriter {
    /// Creates a writer to an empty file, which must also be open for reading. Errors name the
    /// archive as `input`.
    ///
    /// # Errors
    ///
    /// If the file cannot be written. [`io::ErrorKind::InvalidInput`] if the file is not empty, or
    /// if the name is not valid for a zip's member.
    pub fn new(file: File, form: Form, input: impl Into<Input>) -> io::Result<Self> {
        if file.size()? != 0 {
            // Existing bytes would be part of the file, but not of its proof.
            let reason = "the file of a new archive is not empty";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        let sink = match form {
            Form::AsIs(verify) => Sink::AsIs { file, verify },
            Form::Plain(renamer) => Sink::Plain {
                renamer: Box::new(renamer),
                ready: Vec::with_capacity(PIECE),
                file: BackgroundWriter::start(file)?,
            },
            Form::Zip { renamer, level, id } => {
                // The id is not known yet, so this name is a placeholder. All ids have the same
                // length, so the real name can replace it at the end.
                let name = member_name(renamer.naming(), Digest::of(b"").image_id())?;
                let zip = Box::new(ZipSink::with_level(file, &name, level)?);
                Sink::Zip { renamer: Box::new(renamer), ready: Vec::new(), zip, id }
            }
        };
        Ok(Self { input: input.into(), sink, failure: None })
    }

    /// Completes the archive and returns the proof of the file.
    ///
    /// # Errors
    ///
    /// [`Error::Fault`] if the archive is not a complete, supported image, [`Error::Io`] if the
    /// file cannot be written or read back.
    pub fn finish(self) -> Result<Proof, Error> {
        self.finish_watched(&|_| ControlFlow::Continue(()))
    }

    /// Completes the archive like [`finish`](Self::finish). While the file is read back, `on_bytes`
    /// receives the number of bytes that were read since its last call.
    ///
    /// # Errors
    ///
    /// Those of [`finish`](Self::finish), and [`Error::Cancelled`] if `on_bytes` cancels.
    pub fn finish_watched(
        self,
        on_bytes: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
    ) -> Result<Proof, Error> {
        let Self { input, sink, failure } = self;
        if let Some(failure) = failure {
            return Err(failure);
        }
        let stopped = |stopped| error_of(stopped, &input);
        match sink {
            Sink::AsIs { file, verify } => {
                let options = ExamineOptions::new()
                    .with_verify(verify)
                    .with_input(input.clone())
                    .with_on_bytes(on_bytes);
                examine(&file, &options)
            }
            Sink::Plain { renamer, ready, file } => {
                finish_plain(*renamer, ready, file).map_err(stopped)
            }
            Sink::Zip { renamer, ready, zip, id } => {
                let (contents, member_name, written) =
                    finish_zip(*renamer, ready, *zip, id).map_err(stopped)?;
                let (file, blocks) = written;
                // Each block was verified when it was deflated. The headers are complete only now,
                // so opening the zip verifies them.
                PlainReader::new(&file, input.clone())?;
                let sha256 = hash(&file, input.clone(), on_bytes)?;
                let size = file.size().map_err(|error| error_of(error.into(), &input))?;
                let container = Container::Zip;
                let (member_name, blocks) = (Some(member_name), Some(blocks));
                Ok(Proof::new(contents, FileFacts { sha256, size, container, member_name, blocks }))
            }
        }
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), Stopped> {
        match &mut self.sink {
            Sink::AsIs { file, .. } => file.write_all(bytes)?,
            Sink::Plain { renamer, ready, file } => {
                renamer.push(bytes, ready)?;
                if ready.len() >= PIECE {
                    file.send(std::mem::replace(ready, Vec::with_capacity(ready.len())))?;
                }
            }
            Sink::Zip { renamer, ready, zip, .. } => {
                renamer.push(bytes, ready)?;
                zip.write_all(ready)?;
                ready.clear();
            }
        }
        Ok(())
    }
}

fn finish_plain(
    renamer: Renamer,
    mut ready: Vec<u8>,
    mut file: BackgroundWriter,
) -> Result<Proof, Stopped> {
    let contents = renamer.finish(&mut ready);
    file.send(ready)?;
    let (_, sha256) = file.finish()?;
    let contents = contents?;
    let (size, container) = (contents.plain_size(), Container::Tar);
    let file = FileFacts { sha256, size, container, member_name: None, blocks: None };
    Ok(Proof::new(contents, file))
}

/// Returns the contents, the name of the member, and the file with its block table.
fn finish_zip(
    renamer: Renamer,
    mut ready: Vec<u8>,
    mut zip: ZipSink<File>,
    id: Option<ImageId>,
) -> Result<(Contents, String, (File, BlockTable)), Stopped> {
    let naming = renamer.naming().clone();
    let contents = renamer.finish(&mut ready)?;
    zip.write_all(&ready)?;
    let identity = contents.identity();
    let id = id.filter(|id| identity.has_short_id(*id));
    let name = member_name(&naming, id.unwrap_or_else(|| identity.config.image_id()))?;
    zip.rename(&name)?;
    let written = zip.finish_with_blocks()?;
    Ok((contents, name, written))
}

fn member_name(naming: &Naming, id: ImageId) -> io::Result<String> {
    naming.member_name(id).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}

fn error_of(stopped: Stopped, input: &Input) -> Error {
    match stopped {
        Stopped::Fault(fault) => Error::fault(input.clone(), fault),
        Stopped::Disk(error) => Error::io("write", input.clone(), error),
    }
}

impl Write for ArchiveWriter {
    /// Accepts all of the bytes. After an error, every further call returns the same error.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failure.is_none()
            && let Err(stopped) = self.push(bytes)
        {
            self.failure = Some(error_of(stopped, &self.input));
        }
        match &self.failure {
            None => Ok(bytes.len()),
            Some(Error::Io { source, .. }) => {
                Err(io::Error::new(source.kind(), source.to_string()))
            }
            Some(Error::Fault { source, .. }) => {
                Err(io::Error::new(io::ErrorKind::InvalidData, source.clone()))
            }
            Some(error) => Err(io::Error::other(error.to_string())),
        }
    }

    /// Does nothing: only [`finish`](Self::finish) completes the file.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl std::fmt::Debug for ArchiveWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArchiveWriter").field("input", &self.input).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Zip { .. } => "Zip",
            Self::AsIs(_) => "AsIs",
        })
    }
}
