//! Passes an archive on while it is being proven.

use std::path::Path;

use crate::{Error, PlainReader, Proof, Verifier, VerifyOptions};

/// Reads an archive file as plain tar and keeps its end back until everything is proven whole.
///
/// A reader of tar can do nothing with an archive before it has its end marker. So whoever is given
/// these bytes as they come, and sees an error instead of the last ones, has no image: damage is known
/// before it can do harm, in one pass and in bounded memory.
pub struct ProvenReader {
    reader: PlainReader,
    verifier: Option<Verifier>,
    /// What came from the end marker on. It is zeros: more than this many are counted, not kept.
    held: u64,
    proof: Option<Proof>,
}

impl ProvenReader {
    /// Opens an archive file.
    ///
    /// # Errors
    ///
    /// Those of [`PlainReader::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Ok(Self {
            reader: PlainReader::open(path)?,
            verifier: Some(Verifier::new(VerifyOptions::default())),
            held: 0,
            proof: None,
        })
    }

    /// Reads some bytes of the plain tar; 0 is its proven end.
    ///
    /// # Errors
    ///
    /// Where the file can't be read or is no whole image; then no more bytes come.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while let Some(verifier) = &mut self.verifier {
            let start = verifier.bytes();
            let count = self.reader.read(buffer)?;
            let fault = |fault| Error::fault(self.reader.path(), fault);
            if count == 0 {
                if let Some(verifier) = self.verifier.take() {
                    self.proof = Some(verifier.finish().map_err(fault)?);
                }
                break;
            }
            verifier.push(&buffer[..count]).map_err(fault)?;
            // The verifier has seen that there are only zeros from the end marker on.
            let passed =
                verifier.end_marker().map_or(count as u64, |end| end.saturating_sub(start));
            let passed = usize::try_from(passed).unwrap_or(count).min(count);
            self.held += (count - passed) as u64;
            if passed > 0 {
                return Ok(passed);
            }
        }
        let count = usize::try_from(self.held).unwrap_or(usize::MAX).min(buffer.len());
        buffer[..count].fill(0);
        self.held -= count as u64;
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

    /// What was proven, once everything has been read.
    pub fn proof(&self) -> Option<&Proof> {
        self.proof.as_ref()
    }
}
