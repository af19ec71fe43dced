//! Copies of pipes in temporary files, because archives are read more than once.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sealift_store::{Scratch, Store};
use tempfile::NamedTempFile;

use crate::error::Error;
use crate::event::Work;
use crate::run::Activity;
use crate::run::Run;

const BUFFER: usize = 128 << 10;

/// A file that can be read several times.
pub(crate) enum Spooled {
    /// A regular file, which is used directly.
    File(PathBuf),
    /// A copy of a pipe in the folder of a store. It is deleted when dropped.
    Scratch(Box<Scratch>),
    /// A copy of a pipe in the system's folder for temporary files. It is deleted when dropped.
    Temporary(NamedTempFile),
}

impl Spooled {
    /// Returns the path of the file with the bytes.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Scratch(scratch) => scratch.path(),
            Self::Temporary(file) => file.path(),
        }
    }
}

/// Copies a pipe or another special file into a temporary file, in the folder of the store if there
/// is one. Regular files are not copied.
pub(crate) fn spool(store: Option<&Store>, from: &Path, run: &Run) -> Result<Spooled, Error> {
    let failed = |operation| {
        move |source| sealift_archive::Error::Io { operation, input: from.into(), source }
    };
    let metadata = fs::metadata(from).map_err(failed("open"))?;
    if metadata.is_file() || metadata.is_dir() {
        return Ok(Spooled::File(from.to_owned()));
    }
    let mut pipe = File::open(from).map_err(failed("open"))?;
    let label = from.display().to_string();
    let activity = run.activity(label, Work::Reading, None);
    let Some(store) = store else {
        let folder = std::env::temp_dir();
        let at = |source| sealift_archive::Error::Io {
            operation: "write a temporary file in",
            input: folder.as_path().into(),
            source,
        };
        let mut file = NamedTempFile::new_in(&folder).map_err(at)?;
        copy(&mut pipe, failed("read"), &mut file, |_, source| at(source).into(), &activity, run)?;
        return Ok(Spooled::Temporary(file));
    };
    let mut scratch = store.scratch()?;
    let at = |scratch: &mut Scratch, source| scratch.write_error(source).into();
    copy(&mut pipe, failed("read"), &mut scratch, at, &activity, run)?;
    Ok(Spooled::Scratch(Box::new(scratch)))
}

fn copy<W: Write>(
    pipe: &mut impl Read,
    read_error: impl Fn(std::io::Error) -> sealift_archive::Error,
    output: &mut W,
    write_error: impl Fn(&mut W, std::io::Error) -> Error,
    activity: &Activity,
    run: &Run,
) -> Result<(), Error> {
    let mut buffer = vec![0; BUFFER];
    loop {
        if run.cancel().is_cancelled() {
            return Err(Error::Interrupted);
        }
        let count = match pipe.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(read_error(error).into()),
        };
        if let Err(error) = output.write_all(&buffer[..count]) {
            return Err(write_error(output, error));
        }
        activity.progress(count as u64);
    }
}
