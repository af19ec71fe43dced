//! An archive that goes into an engine as it is, under its name.
//!
//! A layer that is stored as a sparse file cannot be read at any place, so nothing can be left out of
//! such an archive.

use std::path::{Path, PathBuf};

use sealift_archive::{Contents, PlainReader, Renamer, VerifiedReader};
use sealift_docker::{ArchiveSender, Engine, EngineImage, Loaded, archive_body};
use sealift_filename::Reference;
use sealift_oci::Identity;

use crate::error::Error;
use crate::event::Work;
use crate::load::archive::Archive;
use crate::load::there::is_sent;
use crate::reading::Reading;
use crate::run::{Activity, Run};

/// How many buffers may wait between the disk and the engine.
const PIECES: usize = 4;

/// Streams an archive into the engine and verifies it on the way; then makes sure that the engine
/// has the image under its name. Returns its identity and the number of bytes.
pub(crate) async fn send_renamed(
    engine: &Engine,
    archive: &Archive,
    run: &Run,
) -> Result<(Identity, u64), Error> {
    let reference = &archive.reference;
    let sent = stream_to(engine, archive.path.clone(), archive.renamer(), reference, run).await?;
    let (answer, contents) = sent.ok_or_else(|| archive.not_loaded(engine))?;
    match name_image(engine, &answer, &contents, reference).await? {
        true => Ok((contents.identity().clone(), contents.plain_size())),
        false => Err(archive.not_loaded(engine)),
    }
}

/// Returns `None` if the engine has answered before it had everything.
async fn stream_to(
    engine: &Engine,
    path: PathBuf,
    renamer: Renamer,
    reference: &Reference,
    run: &Run,
) -> Result<Option<(Loaded, Contents)>, Error> {
    let (sender, body) = archive_body(PIECES);
    let label = reference.to_string();
    let reader = run.blocking(move |run| read(&path, renamer, &label, sender, run));
    let both = async { Ok(tokio::join!(reader, engine.load(body))) };
    let (read, answer) = run.wait_for(both).await?;
    match (read, answer) {
        // A damaged archive is the cause of a load that was broken off, not the other way round.
        (Err(error), _) => Err(error),
        (Ok(_), Err(error)) => Err(error.into()),
        // The activity goes on until the engine has answered.
        (Ok(sent), Ok(answer)) => Ok(sent.map(|(contents, _activity)| (answer, contents))),
    }
}

/// Sends an archive, and returns its contents once everything is verified, or `None` if nobody
/// wanted the rest. The body is not finished after an error, so that the engine refuses it. The
/// activity is for the caller, who knows when the engine has answered.
fn read(
    path: &Path,
    renamer: Renamer,
    label: &str,
    sender: ArchiveSender,
    run: &Run,
) -> Result<Option<(Contents, Activity)>, Error> {
    let reader = VerifiedReader::with_renamer(PlainReader::open(path)?, renamer);
    let mut reading = Reading::start(reader, label, Work::Loading, run);
    while let Some(bytes) = reading.next()? {
        if sender.blocking_send(bytes).is_err() {
            return Ok(None);
        }
    }
    sender.blocking_finish();
    Ok(reading.reader.contents().cloned().map(|contents| (contents, reading.activity)))
}

/// Makes sure that the engine has the image, under its name.
async fn name_image(
    engine: &Engine,
    answer: &Loaded,
    contents: &Contents,
    reference: &Reference,
) -> Result<bool, Error> {
    let tagged = reference.to_string();
    let is_there =
        |image: Option<EngineImage>| image.is_some_and(|image| is_sent(&image, contents));
    if is_there(engine.inspect(&tagged).await?) {
        return Ok(true);
    }
    let config = contents.identity().config.to_string();
    let names = answer.references.iter().chain(&answer.ids).chain(std::iter::once(&config));
    for name in names {
        if is_there(engine.inspect(name).await?) {
            let tag = reference.version_or_latest().to_tag()?;
            engine.tag(name, reference.repository().as_str(), &tag).await?;
            return Ok(is_there(engine.inspect(&tagged).await?));
        }
    }
    Ok(false)
}
