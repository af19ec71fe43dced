//! The ignore file of a context.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use sealift_dockerignore::{IgnoreFile, ParseError};

use crate::build::context_error::ContextError;
use crate::build::notices::special;

/// The name under which engines look for an ignore file.
pub(crate) const IGNORE_FILE: &str = ".dockerignore";

/// The maximum size of an ignore file in bytes.
const SIZE_LIMIT: u64 = 1 << 20;
/// The maximum number of lines of an ignore file: each pattern needs memory, and time for each
/// file.
const LINE_LIMIT: usize = 10_000;

/// Reads an ignore file. Returns `None` if there is no such file.
pub(crate) fn read_ignore_file(path: &Path) -> Result<Option<IgnoreFile>, ContextError> {
    let read = |source| ContextError::Read { path: path.to_owned(), source };
    match fs::metadata(path) {
        Ok(metadata) => {
            // Reading a special file might never end.
            if let Some(kind) = special(metadata.file_type()) {
                return Err(ContextError::Special { what: kind.name(), path: path.to_owned() });
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        // The path is inside a file: a Dockerfile that is not in the folder has no ignore files.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(None),
        Err(error) => return Err(read(error)),
    }
    let too_large = |limit| ContextError::IgnoreFileTooLarge { path: path.to_owned(), limit };
    let mut text = Vec::new();
    let mut file = File::open(path).map_err(read)?.take(SIZE_LIMIT + 1);
    file.read_to_end(&mut text).map_err(read)?;
    if text.len() as u64 > SIZE_LIMIT {
        return Err(too_large("1 MiB"));
    }
    if text.iter().filter(|byte| **byte == b'\n').count() > LINE_LIMIT {
        return Err(too_large("10,000 lines"));
    }
    let bad = |error: ParseError| ContextError::Pattern {
        path: path.to_owned(),
        line: error.line(),
        pattern: error.pattern().to_owned(),
        source: error.into_kind(),
    };
    IgnoreFile::parse(&text).map(Some).map_err(bad)
}
