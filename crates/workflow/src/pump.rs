//! An archive file on its way, piece by piece.

use std::io::{self, Read};

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
