//! Writing of an archive into a folder, from an engine or a file.
//!
//! A [`Staging`] file verifies the bytes while they are written, and receives a name only after
//! that. On any failure it is deleted.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;

use bytes::Bytes;
use sealift_archive::{Fault, Form, Level, PlainReader, Renamer};
use sealift_filename::{ArchiveFormat, ArchivePath};
use sealift_oci::Identity;
use sealift_store::{Staged, Staging, Store};

use crate::error::Error;
use crate::event::Work;
use crate::naming::repository_of;
use crate::reading::{RawFile, Reading};
use crate::run::Run;

/// Writes all pieces into a staging file and finishes it.
pub(crate) fn ingest(
    mut staging: Staging,
    mut next: impl FnMut() -> Result<Option<Bytes>, Error>,
    run: &Run,
) -> Result<Staged, Error> {
    while let Some(bytes) = next()? {
        // `finish_watched` returns the cause of the error.
        if staging.write_all(&bytes).is_err() {
            break;
        }
    }
    let go_on = |_| run.check_cancelled().map_or(ControlFlow::Break(()), ControlFlow::Continue);
    staging.finish_watched(&go_on).or_else(|error| {
        run.check_cancelled()?;
        Err(error.into())
    })
}

/// Returns the fault that was found in the content of a staging file. Any other error is returned
/// unchanged.
pub(crate) fn fault_of(error: Error) -> Result<Fault, Error> {
    match error {
        Error::Store(sealift_store::Error::Archive(sealift_archive::Error::Fault {
            source,
            ..
        })) => Ok(source),
        error => Err(error),
    }
}

/// A file to copy into a folder.
pub(crate) struct Copy {
    pub(crate) from: PathBuf,
    /// The file's path for messages.
    pub(crate) shown: PathBuf,
    /// The archive to create.
    pub(crate) to: ArchivePath,
    pub(crate) form: Form,
    /// The image that the file must contain.
    pub(crate) expected: Identity,
    pub(crate) work: Work,
    pub(crate) label: String,
}

/// Copies a file into a staging file and verifies that the copy contains the expected image.
pub(crate) async fn copy(store: &Store, copy: Copy, run: &Run) -> Result<Staged, Error> {
    let store = store.clone();
    run.blocking(move |run| {
        let Copy { from, shown, to, form, expected, work, label } = copy;
        let stage = |form| Ok::<_, Error>(store.stage(&repository_of(&to)?, form)?);
        let staged = match form {
            form @ Form::AsIs(_) => {
                let mut reading = Reading::start(RawFile::open(&from)?, &label, work, run);
                ingest(stage(form)?, || reading.next(), run)
            }
            form => {
                let mut reading = Reading::start(PlainReader::open(&from)?, &label, work, run);
                ingest(stage(form)?, || reading.next(), run)
            }
        };
        let staged = staged.map_err(|error| match fault_of(error) {
            Ok(source) => sealift_archive::Error::Fault { input: shown.into(), source }.into(),
            Err(error) => error,
        })?;
        match staged.proof().identity().is_same_image(&expected) {
            true => Ok(staged),
            false => Err(Error::WrittenDiffers { image: label }),
        }
    })
    .await
}

/// Returns the form in which an archive with this name is written.
pub(crate) fn form(to: &ArchivePath, renamer: Renamer, level: Level) -> Form {
    match to.name().format() {
        ArchiveFormat::Zip => Form::Zip { renamer, level, id: Some(to.name().id()) },
        _ => Form::Plain(renamer),
    }
}
