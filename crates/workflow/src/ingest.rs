//! The bytes of an archive on their way into a folder, whatever their source: an engine or a file.
//!
//! A [`Staging`] file verifies what it takes, and gets a name only after that. On any failure it is
//! removed.

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

/// Writes all pieces into a staging file, and ends it.
pub(crate) fn ingest(
    mut staging: Staging,
    mut next: impl FnMut() -> Result<Option<Bytes>, Error>,
    run: &Run,
) -> Result<Staged, Error> {
    while let Some(bytes) = next()? {
        // The end returns the cause.
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

/// Returns the fault that was found in what was written to a staging file, or the error if it is
/// another one.
pub(crate) fn fault_of(error: Error) -> Result<Fault, Error> {
    match error {
        Error::Store(sealift_store::Error::Archive(sealift_archive::Error::Fault {
            source,
            ..
        })) => Ok(source),
        error => Err(error),
    }
}

/// A file that is copied into a folder.
pub(crate) struct Copy {
    pub(crate) from: PathBuf,
    /// What the file is called in messages.
    pub(crate) shown: PathBuf,
    /// The archive that it becomes, and in what form.
    pub(crate) to: ArchivePath,
    pub(crate) form: Form,
    /// The image that has to be in the file.
    pub(crate) expected: Identity,
    pub(crate) work: Work,
    pub(crate) label: String,
}

/// Copies a file into a staging file, and proves that the copy holds the image.
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

/// Returns the form in which an archive of this name is written.
pub(crate) fn form(to: &ArchivePath, renamer: Renamer, level: Level) -> Form {
    match to.name().format() {
        ArchiveFormat::Zip => Form::Zip { renamer, level, id: Some(to.name().id()) },
        _ => Form::Plain(renamer),
    }
}
