//! The bytes of an archive on their way into a folder, whatever their source: an engine or a file.
//!
//! A [`Staging`] file verifies what it takes, and gets a name only after that. On any failure it is removed.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;

use bytes::{Bytes, BytesMut};
use sealift_archive::{Fault, Form, Level, PlainReader, Proof, Renamer, VerifyOptions};
use sealift_catalog::KnownImage;
use sealift_docker::SaveStream;
use sealift_filename::{ArchiveFormat, ArchivePath};
use sealift_oci::Identity;
use sealift_store::{Published, Staged, Staging, Store};
use tokio::sync::mpsc;

use crate::error::Error;
use crate::event::Work;
use crate::naming::{naming_of, repository_of};
use crate::pump::{Pump, RawFile};
use crate::run::{Activity, Run};

/// The size in bytes of a piece of what an engine sends.
const PIECE: usize = 64 << 10;
/// How many pieces may wait between the engine and the disk: a queue would only cost memory.
const PIECES: usize = 8;

/// Writes all pieces into a staging file, and ends it.
fn ingest(
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

/// Returns the fault that was found in what was written to a staging file, or the error if it is another one.
pub(crate) fn fault_of(error: Error) -> Result<Fault, Error> {
    match error {
        Error::Store(sealift_store::Error::Archive(sealift_archive::Error::Fault {
            source,
            ..
        })) => Ok(source),
        error => Err(error),
    }
}

/// Writes what an engine sends into a staging file.
pub(crate) async fn receive(
    mut stream: SaveStream,
    staging: Staging,
    activity: &Activity,
    run: &Run,
) -> Result<Staged, Error> {
    let (sender, mut pieces) = mpsc::channel(PIECES);
    let written = run.blocking(move |run| ingest(staging, || Ok(pieces.blocking_recv()), run));
    match tokio::join!(send(&mut stream, sender, activity, run), written) {
        (Ok(()), written) => written,
        // The pieces end too if the connection fails. Before that, the engine may have written why.
        (Err(error), Err(written)) if !matches!(error, Error::Interrupted) => {
            Err(if is_report(&written) { written } else { error })
        }
        (Err(error), _) => Err(error),
    }
}

/// Returns `true` if an engine wrote an error into its save.
fn is_report(error: &Error) -> bool {
    matches!(error, Error::Store(sealift_store::Error::Archive(error))
        if matches!(error.as_fault(), Some(Fault::Engine { .. })))
}

/// Passes on what an engine sends, in pieces of a size: engines send it in chunks of a few kilobytes, and to
/// wake another thread for each would take longer than all the rest.
async fn send(
    stream: &mut SaveStream,
    sender: mpsc::Sender<Bytes>,
    activity: &Activity,
    run: &Run,
) -> Result<(), Error> {
    let mut piece = BytesMut::with_capacity(PIECE);
    loop {
        let chunk = run.wait_for(async { Ok(stream.next_chunk().await?) }).await;
        if let Ok(Some(bytes)) = &chunk {
            piece.extend_from_slice(bytes);
            if piece.len() < PIECE {
                continue;
            }
        }
        activity.progress(piece.len() as u64);
        // When the writer has given up, its own error tells why.
        if !piece.is_empty() && sender.send(piece.split().freeze()).await.is_err() {
            return Ok(());
        }
        if chunk?.is_none() {
            return Ok(());
        }
        piece.reserve(PIECE);
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
                let mut pump = Pump::start(RawFile::open(&from)?, &label, work, run);
                ingest(stage(form)?, || pump.next(), run)
            }
            form => {
                let mut pump = Pump::start(PlainReader::open(&from)?, &label, work, run);
                ingest(stage(form)?, || pump.next(), run)
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

/// Makes a plain archive, which is known to hold this image, a zip. The plain one stays, for whoever removes
/// it once all is durable.
pub(crate) async fn compress(
    store: &Store,
    from: &ArchivePath,
    known: &KnownImage,
    to: &ArchivePath,
    level: Level,
    image: &str,
    run: &Run,
) -> Result<(Published, Proof), Error> {
    let renamer = Renamer::new(naming_of(to)?, VerifyOptions::default());
    let copied = Copy {
        from: store.path_of(from),
        shown: store.path_of(from),
        form: form(to, renamer, level),
        to: to.clone(),
        expected: known.identity.clone(),
        work: Work::Compressing,
        label: image.to_owned(),
    };
    let staged = copy(store, copied, run).await?;
    let (to, saved, proof) = (to.clone(), known.saved, staged.proof().clone());
    let published = run.blocking(move |_| Ok(staged.publish(&to, saved)?)).await?;
    Ok((published, proof))
}
