//! Reading of archive files with progress.

use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sealift_archive::{Container, Contents, ImageTar, PlainReader, VerifiedReader, VerifyOptions};

use crate::cancel::Cancel;
use crate::error::Error;
use crate::event::Work;
use crate::run::Activity;
use crate::run::Run;

const BUFFER: usize = 128 << 10;

/// A reader that counts the bytes it has read from its file.
pub(crate) trait FileReader: Read + Sized {
    /// Returns a reader whose `read` stops early after a cancellation, if a single call can take
    /// long.
    fn stoppable(self, _cancel: &Cancel) -> Self {
        self
    }

    fn file_size(&self) -> Option<u64>;
    fn file_bytes(&self) -> u64;
}

macro_rules! file_reader {
    ($reader:ty $(, $stoppable:item)?) => {
        impl FileReader for $reader {
            $($stoppable)?

            fn file_size(&self) -> Option<u64> {
                self.file_size()
            }

            fn file_bytes(&self) -> u64 {
                self.file_bytes()
            }
        }
    };
}

file_reader!(PlainReader);
file_reader!(
    VerifiedReader,
    fn stoppable(self, cancel: &Cancel) -> Self {
        let cancel = cancel.clone();
        self.with_on_bytes(move |_| match cancel.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
    }
);

/// A reader for the tar of one image in an archive, with a byte count.
pub(crate) struct CountedTar<'a> {
    tar: ImageTar<'a, File>,
    bytes: u64,
}

impl<'a> CountedTar<'a> {
    pub(crate) fn new(tar: ImageTar<'a, File>) -> Self {
        Self { tar, bytes: 0 }
    }
}

impl Read for CountedTar<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.tar.read(buffer)?;
        self.bytes += count as u64;
        Ok(count)
    }
}

impl FileReader for CountedTar<'_> {
    fn file_size(&self) -> Option<u64> {
        Some(self.tar.size())
    }

    fn file_bytes(&self) -> u64 {
        self.bytes
    }
}

/// A reader for the bytes of a file, without decompression.
pub(crate) struct RawFile {
    path: PathBuf,
    file: File,
    size: u64,
    bytes: u64,
}

impl RawFile {
    pub(crate) fn open(path: &Path) -> Result<Self, sealift_archive::Error> {
        let failed = |source| failed(path, source);
        let file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        Ok(Self { path: path.to_owned(), file, size, bytes: 0 })
    }
}

fn failed(path: &Path, source: io::Error) -> sealift_archive::Error {
    sealift_archive::Error::Io { operation: "read", input: path.into(), source }
}

impl Read for RawFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer).map_err(|source| failed(&self.path, source))?;
        self.bytes += count as u64;
        Ok(count)
    }
}

impl FileReader for RawFile {
    fn file_size(&self) -> Option<u64> {
        Some(self.size)
    }

    fn file_bytes(&self) -> u64 {
        self.bytes
    }
}

/// A file that is read in pieces. It reports progress and stops after a cancellation.
pub(crate) struct Reading<'a, R> {
    pub(crate) reader: R,
    pub(crate) activity: Activity,
    run: &'a Run,
    reported: u64,
}

impl<'a, R: FileReader> Reading<'a, R> {
    pub(crate) fn start(reader: R, label: &str, work: Work, run: &'a Run) -> Self {
        let activity = run.activity(label, work, reader.file_size());
        Self { reader: reader.stoppable(run.cancel()), activity, run, reported: 0 }
    }

    /// Returns the next piece, or `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.run.check_cancelled()?;
        let mut buffer = vec![0; BUFFER];
        let count = self.reader.read(&mut buffer).map_err(of_reader)?;
        buffer.truncate(count);
        let bytes = self.reader.file_bytes();
        self.activity.progress(bytes - self.reported);
        self.reported = bytes;
        Ok((count > 0).then(|| buffer.into()))
    }
}

/// Converts the error of a reader, which wraps an error of the archive crate.
fn of_reader(error: io::Error) -> Error {
    match error.downcast::<sealift_archive::Error>() {
        Ok(sealift_archive::Error::Cancelled { .. }) => Error::Interrupted,
        Ok(error) => error.into(),
        Err(error) => Error::Output(error),
    }
}

/// A file that was read completely and contains a complete image.
pub(crate) struct VerifiedFile {
    pub(crate) contents: Contents,
    pub(crate) container: Container,
    /// The name of the member, if the file is a zip.
    pub(crate) member_name: Option<String>,
}

/// Reads a file completely and verifies that it contains a complete image.
pub(crate) fn verify_file(
    path: &Path,
    options: VerifyOptions,
    label: &str,
    run: &Run,
) -> Result<VerifiedFile, Error> {
    let reader = PlainReader::open(path)?;
    let (container, member_name) = (reader.container(), reader.member_name().map(str::to_owned));
    let reader = VerifiedReader::with_options(reader, options);
    let mut reading = Reading::start(reader, label, Work::Reading, run);
    while reading.next()?.is_some() {}
    // The reader returns its end only after the verification has succeeded.
    let contents = reading.reader.contents().cloned();
    let contents = contents.ok_or_else(|| failed(path, io::ErrorKind::UnexpectedEof.into()))?;
    Ok(VerifiedFile { contents, container, member_name })
}
