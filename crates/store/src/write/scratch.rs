//! Temporary files in a store's folder.

use std::io::{self, Write};
use std::path::Path;

use crate::error::Error;
use crate::store::Store;
use crate::write::hidden_file::HiddenFile;

/// A temporary file in a store's folder. It is hidden, only its owner can read it, and it is
/// deleted when dropped. It never becomes an archive.
#[derive(Debug)]
#[must_use = "the file is removed when this is dropped"]
pub struct Scratch(HiddenFile);

impl Store {
    /// Creates an empty temporary file.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be written.
    pub fn scratch(&self) -> Result<Scratch, Error> {
        self.create_hidden("").map(Scratch)
    }
}

impl Scratch {
    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Converts an error of writing the file into an error that contains the path of its folder.
    pub fn write_error(&self, source: io::Error) -> Error {
        self.0.write_error(source)
    }
}

impl Write for Scratch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.file.flush()
    }
}
