//! Staging files: archives that are written and not yet visible.

use std::io::{self, Write};
use std::ops::ControlFlow;

use sealift_archive::{ArchiveWriter, BlockTable, Form, Proof};
use sealift_filename::Repository;

use crate::error::Error;
use crate::store::Store;
use crate::write::hidden_file::HiddenFile;

/// An archive that is verified while it is written.
///
/// The staging file is in the folder of the future archive, with a hidden name that is not an
/// archive name. Only its owner can read it. It is locked while this value exists, so other writers
/// can recognize that it is in use. It is deleted when dropped.
///
/// Only [`finish`](Self::finish) leads to an archive, so every published archive is complete:
///
/// ```compile_fail
/// fn publish(staging: sealift_store::Staging, archive: &sealift_filename::ArchivePath) {
///     staging.publish(archive, None).unwrap();
/// }
/// ```
///
/// ```
/// fn publish(staging: sealift_store::Staging, archive: &sealift_filename::ArchivePath) {
///     staging.finish().unwrap().publish(archive, None).unwrap();
/// }
/// ```
#[derive(Debug)]
#[must_use = "the file is removed when this is dropped"]
pub struct Staging {
    // Declared first, so that the writer is dropped before the file is deleted.
    writer: ArchiveWriter,
    hidden: HiddenFile,
}

/// An archive that was written, verified and synced, and has no name yet. It is deleted when
/// dropped, unless it is [published](Self::publish).
#[derive(Debug)]
#[must_use = "the file is removed when this is dropped"]
pub struct Staged {
    pub(crate) hidden: HiddenFile,
    pub(crate) proof: Proof,
    /// The blocks of a zip that was not created by the archive writer, checked by the caller.
    pub(crate) blocks: Option<BlockTable>,
}

impl Store {
    /// Creates a staging file for an archive of this image.
    ///
    /// ```no_run
    /// use std::io;
    ///
    /// use sealift_store::archive::{Form, Naming, Renamer, VerifyOptions};
    /// use sealift_store::filename::{ArchiveFormat, ArchivePath, Repository, Version};
    /// use sealift_store::{Published, Store};
    ///
    /// type Error = Box<dyn std::error::Error>;
    ///
    /// /// Publishes a plain tar as `web:1.4.0.7`, whatever names it contains.
    /// fn put(store: &Store, mut tar: impl io::Read) -> Result<Published, Error> {
    ///     let (web, version) = (Repository::parse("web")?, Version::new("1.4.0.7"));
    ///     let renamer = Renamer::new(Naming::new(&web, &version)?, VerifyOptions::default());
    ///
    ///     let mut staging = store.stage(&web, Form::Plain(renamer))?;
    ///     io::copy(&mut tar, &mut staging)?;
    ///     let staged = staging.finish()?;
    ///     let id = staged.proof().identity().config.image_id();
    ///     let archive = ArchivePath::new(&web, &version, id, ArchiveFormat::Docker)?;
    ///     Ok(staged.publish(&archive, None)?)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be written, or if another kind of file has its name.
    pub fn stage(&self, repository: &Repository, form: Form) -> Result<Staging, Error> {
        let hidden = self.create_hidden(&repository.folder())?;
        let file = hidden.file.try_clone().map_err(|source| hidden.write_error(source))?;
        let writer = ArchiveWriter::new(file, form, hidden.path())
            .map_err(|source| hidden.write_error(source))?;
        Ok(Staging { writer, hidden })
    }
}

impl Staging {
    /// Ends the archive and syncs it to the disk.
    ///
    /// # Errors
    ///
    /// Returns an error if the archive is not a complete image, or if the disk cannot be written.
    /// The file is then deleted.
    pub fn finish(self) -> Result<Staged, Error> {
        self.finish_watched(&|_| ControlFlow::Continue(()))
    }

    /// Ends the archive like [`finish`](Self::finish). `on_bytes` is called while the file is read
    /// again, with the number of bytes read since the last call.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`finish`](Self::finish), and one of the kind
    /// [`Cancelled`](crate::ErrorKind::Cancelled) if `on_bytes` returns `Break`.
    pub fn finish_watched(
        self,
        on_bytes: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
    ) -> Result<Staged, Error> {
        let Self { writer, mut hidden } = self;
        let proof = writer.finish_watched(on_bytes).map_err(|error| match error {
            sealift_archive::Error::Io { operation: "write", source, .. } => {
                hidden.write_error(source)
            }
            error => Error::Archive(error),
        })?;
        hidden.sync()?;
        Ok(Staged { hidden, proof, blocks: None })
    }
}

impl Staged {
    /// Returns the result of the verification.
    pub fn proof(&self) -> &Proof {
        &self.proof
    }
}

impl Write for Staging {
    /// Writes all of the bytes. After an error, [`finish`](Self::finish) returns its cause.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.writer.write(bytes)?;
        self.hidden.wrote(count);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
