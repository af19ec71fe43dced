//! Pipes on their way into a file, since an archive is read more than once.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use sealift_store::{Staging, Store};

use crate::{Context, Error, Work};

const BUFFER: usize = 128 << 10;

/// A file that can be read several times.
pub(crate) enum Spooled {
    /// It was one from the start.
    File(PathBuf),
    /// What came out of a pipe. It is removed in the end.
    Staging(Box<Staging>),
}

impl Spooled {
    /// Returns where its bytes are.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Staging(staging) => staging.path(),
        }
    }
}

/// Copies what is no regular file into a staging file of the store.
pub(crate) fn spool(store: &Store, from: &Path, context: &Context) -> Result<Spooled, Error> {
    let error = |operation| {
        move |source| sealift_archive::Error::Io { operation, path: from.to_owned(), source }
    };
    let metadata = fs::metadata(from).map_err(error("open"))?;
    if metadata.is_file() || metadata.is_dir() {
        return Ok(Spooled::File(from.to_owned()));
    }
    let mut pipe = File::open(from).map_err(error("open"))?;
    let mut staging = store.stage(None)?;
    let label = from.display().to_string();
    context.start(&label, Work::Reading, None);
    let mut buffer = vec![0; BUFFER];
    loop {
        if context.cancel().is_cancelled() {
            return Err(Error::Interrupted);
        }
        match pipe.read(&mut buffer).map_err(error("read"))? {
            0 => return Ok(Spooled::Staging(Box::new(staging))),
            count => {
                let written = staging.file_mut().write_all(&buffer[..count]);
                written.map_err(|error| staging.write_error(error))?;
                context.progress(&label, count as u64);
            }
        }
    }
}
