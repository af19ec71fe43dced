//! An archive file on its way, piece by piece.

use bytes::Bytes;
use sealift_archive::{PlainReader, ProvenReader};

use crate::error::Error;
use crate::event::Work;
use crate::run::Activity;
use crate::run::Run;

const BUFFER: usize = 128 << 10;

/// A file whose plain tar is read.
pub(crate) trait Source {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, sealift_archive::Error>;
    fn file_size(&self) -> u64;
    fn file_bytes(&self) -> u64;
}

macro_rules! source {
    ($reader:ty) => {
        impl Source for $reader {
            fn read(&mut self, buffer: &mut [u8]) -> Result<usize, sealift_archive::Error> {
                self.read(buffer)
            }

            fn file_size(&self) -> u64 {
                self.file_size()
            }

            fn file_bytes(&self) -> u64 {
                self.file_bytes()
            }
        }
    };
}

source!(PlainReader);
source!(ProvenReader);

/// Reads a file's plain tar, telling how far it is and stopping when somebody wishes so.
pub(crate) struct Pump<'a, S> {
    pub(crate) source: S,
    pub(crate) activity: Activity,
    run: &'a Run,
    reported: u64,
}

impl<'a, S: Source> Pump<'a, S> {
    pub(crate) fn start(source: S, label: &str, work: Work, run: &'a Run) -> Self {
        let activity = run.activity(label, work, Some(source.file_size()));
        Self { source, activity, run, reported: 0 }
    }

    /// Gives the next piece, none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, Error> {
        self.run.check_cancelled()?;
        let mut buffer = vec![0; BUFFER];
        let count = self.source.read(&mut buffer)?;
        buffer.truncate(count);
        let bytes = self.source.file_bytes();
        self.activity.progress(bytes - self.reported);
        self.reported = bytes;
        Ok((count > 0).then(|| buffer.into()))
    }
}
