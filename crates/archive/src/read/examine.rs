//! Verification of an archive that can be read at random.

use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use crate::error::{Error, Fault};
use crate::input::Input;
use crate::proof::{FileFacts, Proof};
use crate::read::pieces::read_pieces;
use crate::read::plain::{PlainReader, open_file};
use crate::source::Source;
use crate::verify::verifier::{Verifier, VerifyOptions};

/// The size in bytes from which on an archive is read on another thread.
const LONG: u64 = 4 << 20;

/// A callback that receives the number of stored bytes that were read since the last call.
type OnBytes<'a> = &'a (dyn Fn(u64) -> ControlFlow<()> + Sync);

/// Options of [`examine`].
///
/// ```
/// use std::ops::ControlFlow;
/// use sealift_archive::{ExamineOptions, examine};
///
/// let stop = |_| ControlFlow::Break(());
/// let options = ExamineOptions::new().with_input("the upload").with_on_bytes(&stop);
/// let error = examine([1; 100].as_slice(), &options).unwrap_err();
/// assert_eq!(error.to_string(), "interrupted while reading the upload");
/// ```
#[derive(Default, Clone)]
pub struct ExamineOptions<'a> {
    verify: VerifyOptions,
    input: Input,
    on_bytes: Option<OnBytes<'a>>,
}

impl<'a> ExamineOptions<'a> {
    /// Creates the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether the diff id of every layer is verified by decompressing the layer. By default,
    /// a compressed layer is verified by the digest that a manifest states, if there is one.
    #[must_use]
    pub fn with_decompress_layers(mut self, decompress: bool) -> Self {
        self.verify = self.verify.with_decompress_layers(decompress);
        self
    }

    /// Sets the options of the verifier.
    #[must_use]
    pub fn with_verify(mut self, options: VerifyOptions) -> Self {
        self.verify = options;
        self
    }

    /// Sets the name of the archive in messages. The default is "the archive".
    #[must_use]
    pub fn with_input(mut self, input: impl Into<Input>) -> Self {
        self.input = input.into();
        self
    }

    /// Sets a callback that receives the number of stored bytes that were read since its last
    /// call. If it returns [`ControlFlow::Break`], the examination stops with
    /// [`Error::Cancelled`].
    #[must_use]
    pub fn with_on_bytes(mut self, on_bytes: OnBytes<'a>) -> Self {
        self.on_bytes = Some(on_bytes);
        self
    }

    /// Passes a number of bytes to the callback.
    pub(crate) fn report(&self, bytes: u64) -> ControlFlow<()> {
        self.on_bytes.map_or(ControlFlow::Continue(()), |on_bytes| on_bytes(bytes))
    }
}

impl fmt::Debug for ExamineOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExamineOptions")
            .field("verify", &self.verify)
            .field("input", &self.input)
            .finish_non_exhaustive()
    }
}

/// The reason why an examination stops early.
enum Stop {
    Read(io::Error),
    Fault(Fault),
    Cancelled,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// Verifies every byte of an archive file and returns the proof.
///
/// # Errors
///
/// Those of [`examine`], and if the file cannot be opened.
pub fn examine_file(path: impl AsRef<Path>, options: &ExamineOptions<'_>) -> Result<Proof, Error> {
    let path = path.as_ref();
    examine(open_file(path)?, &options.clone().with_input(path))
}

/// Verifies every byte of an archive and returns the proof.
///
/// # Errors
///
/// [`Error::Fault`] if it is not a complete, supported image, [`Error::Io`] if it cannot be read,
/// [`Error::Cancelled`] if the callback cancels.
pub fn examine(source: impl Source, options: &ExamineOptions<'_>) -> Result<Proof, Error> {
    let mut reader = PlainReader::hashed(source, options.input.clone())?;
    let mut verifier = Verifier::new(options.verify.clone());
    let (count, mut reported) = (reader.count(), 0);
    let is_long = reader.file_size().is_none_or(|size| size >= LONG);
    let verified = read_pieces(&mut reader, is_long, |piece| {
        verifier.push(piece).map_err(Stop::Fault)?;
        let bytes = count.get();
        let read = bytes - std::mem::replace(&mut reported, bytes);
        options.report(read).map_break(|()| Stop::Cancelled).break_value().map_or(Ok(()), Err)
    });
    match verified {
        Ok(()) => {}
        Err(Stop::Read(error)) => return Err(Error::of_reader(error, &options.input)),
        Err(Stop::Fault(fault)) => return Err(reader.explain(fault)),
        Err(Stop::Cancelled) => return Err(Error::Cancelled { input: options.input.clone() }),
    }
    let contents = verifier.finish().map_err(|fault| Error::fault(options.input.clone(), fault))?;
    let (container, member_name) = (reader.container(), reader.member_name().map(str::to_owned));
    let (size, sha256) = reader.finish()?;
    let incomplete = || Error::io("hash", options.input.clone(), io::ErrorKind::Other.into());
    let sha256 = sha256.ok_or_else(incomplete)?;
    Ok(Proof::new(contents, FileFacts { sha256, size, container, member_name, blocks: None }))
}
