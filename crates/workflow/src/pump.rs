//! An archive file on its way, piece by piece.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sealift_archive::{PlainReader, VerifiedReader};

use crate::error::Error;
use crate::event::Work;
use crate::run::Activity;
use crate::run::Run;

const BUFFER: usize = 128 << 10;

/// A file whose plain tar is read.
pub(crate) trait Source: Read {
    fn file_size(&self) -> Option<u64>;
    fn file_bytes(&self) -> u64;
}

macro_rules! source {
    ($reader:ty) => {
        impl Source for $reader {
            fn file_size(&self) -> Option<u64> {
                self.file_size()
            }

            fn file_bytes(&self) -> u64 {
                self.file_bytes()
            }
        }
    };
}

source!(PlainReader);
source!(VerifiedReader);

/// A file whose bytes are read as they are.
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

impl Source for RawFile {
    fn file_size(&self) -> Option<u64> {
        Some(self.size)
    }

    fn file_bytes(&self) -> u64 {
        self.bytes
    }
}

/// Reads a file's plain tar, telling how far it is and stopping when somebody wishes so.
pub(crate) struct Pump<'a, S> {
    pub(crate) source: S,
    pub(crate) activity: Activity,
    run: &'a Run,
    reported: u64,
}

impl<'a, S: Source> Pump<'a, S> {
    pub(crate) fn start(source: S, label: &str, work: Work, run: &'a Run) -> Self {
        let activity = run.activity(label, work, source.file_size());
        Self { source, activity, run, reported: 0 }
    }

    /// Gives the next piece, none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.run.check_cancelled()?;
        let mut buffer = vec![0; BUFFER];
        let count = self.source.read(&mut buffer).map_err(of_reader)?;
        buffer.truncate(count);
        let bytes = self.source.file_bytes();
        self.activity.progress(bytes - self.reported);
        self.reported = bytes;
        Ok((count > 0).then(|| buffer.into()))
    }
}

/// Returns the archive's error that a reader wraps.
fn of_reader(error: io::Error) -> Error {
    match error.downcast::<sealift_archive::Error>() {
        Ok(error) => error.into(),
        Err(error) => Error::Output(error),
    }
}
