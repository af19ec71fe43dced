//! Writes an archive file and verifies it meanwhile.

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

/// How much is collected before another thread is woken to write it.
const PIECE: usize = 64 << 10;

/// The form in which an [`ArchiveWriter`] writes an archive.
pub enum Form {
    /// The plain tar that is written, as what the renamer makes of it.
    Plain(Renamer),
    /// The same as the one member of a zip.
    Zip {
        /// Names the archive, and the zip's member after it.
        renamer: Renamer,
        /// How hard to compress.
        level: Level,
        /// The id in the member's name, if it is one of the image's. Otherwise that of its config
        /// is used.
        id: Option<ImageId>,
    },
    /// The bytes of an archive file, which stay as they are.
    AsIs(VerifyOptions),
}

/// Writes an archive file and verifies it: the bytes of a plain tar go in, or with [`Form::AsIs`]
/// those of an archive file.
///
/// The work is spread over threads. The one that writes verifies; others hash and write, or
/// compress. With [`Form::AsIs`] the file is read back at the end, since the structure of a zip is
/// known only then.
///
/// A fault ends the writing with an error. [`finish`](Self::finish) returns it as a [`Fault`].
///
/// ```
/// use std::io::Write;
/// use sealift_archive::{ArchiveWriter, Form, Naming, Renamer, VerifyOptions};
/// use sealift_filename::{Repository, Version};
///
/// let naming = Naming::new(&Repository::parse("web")?, &Version::new("1.0"))?;
/// let form = Form::Plain(Renamer::new(naming, VerifyOptions::default()));
/// let mut writer = ArchiveWriter::new(tempfile::tempfile()?, form, "the save")?;
/// writer.write_all(&[0; 1024])?; // an empty tar: nothing but the end marker
/// let error = writer.finish().unwrap_err();
/// assert_eq!(error.as_fault().unwrap().to_string(), "the archive contains nothing but zero bytes");
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

/// Why writing stopped.
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
    /// Creates a writer into an empty file, which must be readable too. Messages name it as
    /// `input`.
    ///
    /// # Errors
    ///
    /// If the file cannot be written, and [`io::ErrorKind::InvalidInput`] if it is not empty or a
    /// zip's member cannot have the name.
    pub fn new(file: File, form: Form, input: impl Into<Input>) -> io::Result<Self> {
        if file.size()? != 0 {
            // What is there would be part of the file, but not of its proof.
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
                // All ids have the same length, and the name is written once more at the end.
                let name = member_name(renamer.naming(), Digest::of(b"").image_id())?;
                let zip = Box::new(ZipSink::with_level(file, &name, level)?);
                Sink::Zip { renamer: Box::new(renamer), ready: Vec::new(), zip, id }
            }
        };
        Ok(Self { input: input.into(), sink, failure: None })
    }

    /// Ends the archive, and returns the proof of the file that was written.
    ///
    /// # Errors
    ///
    /// The fault that was found, or if the file cannot be written or read back.
    pub fn finish(self) -> Result<Proof, Error> {
        self.finish_watched(&|_| ControlFlow::Continue(()))
    }

    /// Ends the archive like [`finish`](Self::finish). `on_bytes` is called while the file is read
    /// back, with the number of bytes read since the last call.
    ///
    /// # Errors
    ///
    /// Those of [`finish`](Self::finish), and [`Error::Cancelled`] if `on_bytes` breaks.
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
                // Each block was read back when it was deflated, but the beginning of the zip is
                // known only now.
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

/// Returns the contents, the name of the member, and what was written.
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
    /// Takes all of the bytes. After an error, the writer takes no more.
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
