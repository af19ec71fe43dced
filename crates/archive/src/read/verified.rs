//! A reader that verifies an archive while it passes it on.

use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;

use crate::contents::Contents;
use crate::error::{Error, Fault};
use crate::input::Input;
use crate::read::plain::PlainReader;
use crate::source::SourceReader;
use crate::verify::layout::Naming;
use crate::verify::renamer::Renamer;
use crate::verify::verifier::{Verifier, VerifyOptions};

const BUFFER: usize = 128 << 10;

/// A callback that receives the number of stored bytes that were read since the last call.
type BoxedOnBytes = Box<dyn FnMut(u64) -> ControlFlow<()> + Send>;

/// A reader of an archive's plain tar that withholds the end marker until everything is verified.
///
/// Receivers accept an archive only after its end marker. If the archive is damaged, reading fails
/// before that, so that a receiver of the bytes never accepts a damaged image. This needs one pass
/// and bounded memory.
///
/// # Errors
///
/// The [`io::Error`] of [`Read::read`] contains an [`Error`]; `error.downcast::<Error>()` extracts
/// it.
///
/// ```
/// use std::io;
/// use sealift_archive::{Error, PlainReader, VerifiedReader};
///
/// let empty_tar = [0; 1024]; // nothing but the end marker
/// let reader = PlainReader::new(empty_tar.as_slice(), "the upload")?;
/// let error = io::copy(&mut VerifiedReader::new(reader), &mut io::sink()).unwrap_err();
/// assert!(error.downcast::<Error>().unwrap().as_fault().is_some());
/// # Ok::<(), Error>(())
/// ```
pub struct VerifiedReader<R: Read = SourceReader<File>> {
    reader: PlainReader<R>,
    pass: Pass,
    /// The number of withheld zeros: the end marker and the zeros after it.
    held: u64,
    contents: Option<Contents>,
    progress: Progress,
}

#[derive(Default)]
struct Progress {
    on_bytes: Option<BoxedOnBytes>,
    /// The number of stored bytes that were reported.
    reported: u64,
}

impl Progress {
    /// Reports the bytes that were read. Returns an error if the callback cancels.
    fn report<R: Read>(&mut self, reader: &PlainReader<R>) -> Result<(), Error> {
        let bytes = reader.file_bytes();
        let read = bytes - std::mem::replace(&mut self.reported, bytes);
        match self.on_bytes.as_mut().map(|on_bytes| on_bytes(read)) {
            Some(ControlFlow::Break(())) => Err(Error::Cancelled { input: reader.input().clone() }),
            _ => Ok(()),
        }
    }
}

/// The state of the reader.
enum Pass {
    /// The bytes are passed on without a change.
    Kept(Box<Verifier>),
    /// The archive is renamed while it is passed on.
    Renamed(Box<Renaming>),
    /// All bytes were verified; the withheld zeros remain to be read.
    Verified,
    /// Reading has failed.
    Failed,
}

struct Renaming {
    renamer: Option<Renamer>,
    input: Vec<u8>,
    output: Vec<u8>,
    /// The number of bytes of `output` that were passed on.
    read: usize,
}

impl VerifiedReader {
    /// Opens an archive file whose tar is passed on without a change.
    ///
    /// # Errors
    ///
    /// Those of [`PlainReader::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        PlainReader::open(path).map(Self::new)
    }

    /// Opens an archive file whose tar is renamed by a [`Renamer`], so that it carries this name
    /// and no other.
    ///
    /// # Errors
    ///
    /// Those of [`PlainReader::open`].
    pub fn open_as(path: impl AsRef<Path>, naming: Naming) -> Result<Self, Error> {
        let renamer = Renamer::new(naming, VerifyOptions::default());
        Ok(Self::with_renamer(PlainReader::open(path)?, renamer))
    }
}

impl<R: Read> VerifiedReader<R> {
    /// Creates a reader that passes the tar on without a change.
    pub fn new(reader: PlainReader<R>) -> Self {
        Self::with_options(reader, VerifyOptions::default())
    }

    /// Creates a reader that passes the tar on without a change and verifies it with these options.
    pub fn with_options(reader: PlainReader<R>, options: VerifyOptions) -> Self {
        Self::with_pass(reader, Pass::Kept(Box::new(Verifier::new(options))))
    }

    /// Creates a reader that renames the tar.
    pub fn with_renamer(reader: PlainReader<R>, renamer: Renamer) -> Self {
        let renaming = Renaming {
            renamer: Some(renamer),
            input: vec![0; BUFFER],
            output: Vec::with_capacity(BUFFER),
            read: 0,
        };
        Self::with_pass(reader, Pass::Renamed(Box::new(renaming)))
    }

    fn with_pass(reader: PlainReader<R>, pass: Pass) -> Self {
        Self { reader, pass, held: 0, contents: None, progress: Progress::default() }
    }

    /// Sets a callback that receives the number of stored bytes that were read since its last
    /// call. If it returns [`ControlFlow::Break`], reading fails with [`Error::Cancelled`].
    ///
    /// One call of `read` can call it several times: zeros after the end of an archive are
    /// withheld, and there can be many of them.
    #[must_use]
    pub fn with_on_bytes(
        mut self,
        on_bytes: impl FnMut(u64) -> ControlFlow<()> + Send + 'static,
    ) -> Self {
        self.progress.on_bytes = Some(Box::new(on_bytes));
        self
    }

    /// Returns the name of the archive in messages.
    pub fn input(&self) -> &Input {
        self.reader.input()
    }

    /// Returns the number of stored bytes, or `None` for a stream.
    pub fn file_size(&self) -> Option<u64> {
        self.reader.file_size()
    }

    /// Returns the number of stored bytes that were read so far.
    pub fn file_bytes(&self) -> u64 {
        self.reader.file_bytes()
    }

    /// Returns the verified contents, or `None` before everything was read.
    pub fn contents(&self) -> Option<&Contents> {
        self.contents.as_ref()
    }

    fn read_kept(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Pass::Kept(verifier) = &mut self.pass {
            let start = verifier.bytes();
            let count = self.reader.read(buffer)?;
            self.progress.report(&self.reader)?;
            if count == 0 {
                if let Pass::Kept(verifier) = std::mem::replace(&mut self.pass, Pass::Failed) {
                    let contents = verifier.finish().map_err(|fault| self.fault(fault))?;
                    self.contents = Some(contents);
                    self.pass = Pass::Verified;
                }
                break;
            }
            if let Err(fault) = verifier.push(&buffer[..count]) {
                return Err(self.reader.explain(fault).into());
            }
            // The verifier has checked that only zeros follow the start of the end marker, so they
            // are counted instead of kept.
            let passed =
                verifier.end_marker().map_or(count as u64, |end| end.saturating_sub(start));
            let passed = usize::try_from(passed).unwrap_or(count).min(count);
            self.held += (count - passed) as u64;
            if passed > 0 {
                return Ok(passed);
            }
        }
        Ok(self.read_held(buffer))
    }

    fn read_held(&mut self, buffer: &mut [u8]) -> usize {
        let count = usize::try_from(self.held).unwrap_or(usize::MAX).min(buffer.len());
        buffer[..count].fill(0);
        self.held -= count as u64;
        count
    }

    fn read_renamed(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Pass::Renamed(renaming) = &mut self.pass else { return Ok(0) };
        let Renaming { renamer, input, output, read } = &mut **renaming;
        while *read == output.len() && renamer.is_some() {
            output.clear();
            *read = 0;
            let count = self.reader.read(input)?;
            self.progress.report(&self.reader)?;
            match renamer {
                Some(renamer) if count > 0 => {
                    if let Err(fault) = renamer.push(&input[..count], output) {
                        return Err(self.reader.explain(fault).into());
                    }
                }
                _ => {
                    if let Some(renamer) = renamer.take() {
                        let contents = renamer.finish(output);
                        let input = self.reader.input();
                        let contents =
                            contents.map_err(|fault| Error::fault(input.clone(), fault))?;
                        self.contents = Some(contents);
                    }
                }
            }
        }
        let count = (output.len() - *read).min(buffer.len());
        buffer[..count].copy_from_slice(&output[*read..*read + count]);
        *read += count;
        Ok(count)
    }

    fn fault(&self, fault: Fault) -> Error {
        Error::fault(self.reader.input().clone(), fault)
    }
}

impl<R: Read> Read for VerifiedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let result = match &self.pass {
            Pass::Kept(_) => self.read_kept(buffer),
            Pass::Renamed(_) => self.read_renamed(buffer),
            Pass::Verified => Ok(self.read_held(buffer)),
            Pass::Failed => Err(io::Error::other("an earlier read of the archive failed")),
        };
        // After an error, `Ok(0)` would look like the end of a complete archive.
        result.inspect_err(|_| self.pass = Pass::Failed)
    }
}

impl<R: Read> std::fmt::Debug for VerifiedReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifiedReader").field("reader", &self.reader).finish_non_exhaustive()
    }
}
