//! An archive file on its way, piece by piece.

use sealift_archive::{PlainReader, ProvenReader};

use crate::{Context, Error, Work};

const BUFFER: usize = 256 << 10;

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

/// Reads a file's plain tar to its end, telling how far it is and stopping when somebody wishes so.
pub(crate) fn pump<E: From<Error>>(
    source: &mut impl Source,
    label: &str,
    work: Work,
    context: &Context,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    context.start(label, work, Some(source.file_size()));
    let mut buffer = vec![0; BUFFER];
    let mut reported = 0;
    loop {
        if context.cancel().is_cancelled() {
            return Err(Error::Interrupted.into());
        }
        let count = source.read(&mut buffer).map_err(Error::from)?;
        if count == 0 {
            return Ok(());
        }
        take(&buffer[..count])?;
        let bytes = source.file_bytes();
        context.progress(label, bytes - reported);
        reported = bytes;
    }
}
