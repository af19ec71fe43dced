//! Passes an archive on while it is being verified.

use std::path::Path;

use crate::contents::Contents;
use crate::error::Error;
use crate::read::plain::PlainReader;
use crate::verify::layout::Naming;
use crate::verify::renamer::Renamer;
use crate::verify::verifier::{Verifier, VerifyOptions};

const BUFFER: usize = 128 << 10;

/// Reads an archive file as plain tar and withholds its end until everything is verified.
///
/// A reader of tar can do nothing with an archive before it has its end marker. So whoever is given
/// these bytes as they come, and sees an error instead of the last ones, has no image: damage is known
/// before it can do harm, in one pass and in bounded memory.
pub struct ProvenReader {
    reader: PlainReader,
    pass: Pass,
    /// What came from the end marker on. It is zeros: more than this many are counted, not kept.
    held: u64,
    contents: Option<Contents>,
}

/// What becomes of the bytes on their way.
enum Pass {
    /// They stay as they are.
    Kept(Box<Verifier>),
    /// The archive is given one name.
    Renamed(Box<Renaming>),
    /// All of them have passed.
    Done,
}

struct Renaming {
    renamer: Option<Renamer>,
    input: Vec<u8>,
    output: Vec<u8>,
    /// How many bytes of the output were read.
    read: usize,
}

impl ProvenReader {
    /// Opens an archive file, to be read as it is.
    ///
    /// # Errors
    ///
    /// Those of [`PlainReader::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let verifier = Verifier::new(VerifyOptions::default());
        Self::new(path.as_ref(), Pass::Kept(Box::new(verifier)))
    }

    /// Opens an archive file, to be read as an archive that carries this name and no other, as by
    /// a [`Renamer`].
    ///
    /// # Errors
    ///
    /// Those of [`PlainReader::open`].
    pub fn open_as(path: impl AsRef<Path>, naming: Naming) -> Result<Self, Error> {
        Self::open_through(path, Renamer::new(naming, VerifyOptions::default()))
    }

    /// Opens an archive file, to be read as what a renamer makes of it.
    ///
    /// # Errors
    ///
    /// Those of [`PlainReader::open`].
    pub fn open_through(path: impl AsRef<Path>, renamer: Renamer) -> Result<Self, Error> {
        let renaming = Renaming {
            renamer: Some(renamer),
            input: vec![0; BUFFER],
            output: Vec::with_capacity(BUFFER),
            read: 0,
        };
        Self::new(path.as_ref(), Pass::Renamed(Box::new(renaming)))
    }

    fn new(path: &Path, pass: Pass) -> Result<Self, Error> {
        Ok(Self { reader: PlainReader::open(path)?, pass, held: 0, contents: None })
    }

    /// Reads some bytes of the plain tar; 0 is its verified end.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is damaged; then no more bytes come.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        if buffer.is_empty() {
            return Ok(0);
        }
        match &mut self.pass {
            Pass::Kept(_) => self.read_kept(buffer),
            Pass::Renamed(_) => self.read_renamed(buffer),
            Pass::Done => Ok(self.read_held(buffer)),
        }
    }

    fn read_kept(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        while let Pass::Kept(verifier) = &mut self.pass {
            let start = verifier.bytes();
            let count = self.reader.read(buffer)?;
            let fault = |fault| Error::fault(self.reader.path(), fault);
            if count == 0 {
                if let Pass::Kept(verifier) = std::mem::replace(&mut self.pass, Pass::Done) {
                    self.contents = Some(verifier.finish().map_err(fault)?);
                }
                break;
            }
            if let Err(fault) = verifier.push(&buffer[..count]) {
                return Err(self.reader.explain(fault));
            }
            // The verifier has seen that there are only zeros from the end marker on.
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

    fn read_renamed(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let Pass::Renamed(renaming) = &mut self.pass else { return Ok(0) };
        let Renaming { renamer, input, output, read } = &mut **renaming;
        while *read == output.len() && renamer.is_some() {
            output.clear();
            *read = 0;
            let count = self.reader.read(input)?;
            let fault = |fault| Error::fault(self.reader.path(), fault);
            match renamer {
                Some(renamer) if count > 0 => {
                    if let Err(fault) = renamer.push(&input[..count], output) {
                        return Err(self.reader.explain(fault));
                    }
                }
                _ => {
                    if let Some(renamer) = renamer.take() {
                        self.contents = Some(renamer.finish(output).map_err(fault)?);
                    }
                }
            }
        }
        let count = (output.len() - *read).min(buffer.len());
        buffer[..count].copy_from_slice(&output[*read..*read + count]);
        *read += count;
        Ok(count)
    }

    /// The size of the file in bytes.
    pub fn file_size(&self) -> u64 {
        self.reader.file_size()
    }

    /// How many bytes of the file were read so far.
    pub fn file_bytes(&self) -> u64 {
        self.reader.file_bytes()
    }

    /// Returns what was verified, once everything has been read.
    pub fn contents(&self) -> Option<&Contents> {
        self.contents.as_ref()
    }
}
