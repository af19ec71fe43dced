//! Upload of a complete archive, with only its name replaced.
//!
//! This is used for archives with a layer that is stored as a sparse file. Such a layer cannot be
//! read at random, so no layer can be left out.

use std::sync::Arc;

use sealift_archive::{Contents, PlainReader, VerifiedReader};
use sealift_docker::{Engine, EngineImage, Loaded};
use sealift_filename::Reference;
use sealift_oci::Identity;

use crate::error::Error;
use crate::load::outgoing::Outgoing;
use crate::load::there::is_sent;
use crate::load::upload::{SentBytes, upload};
use crate::run::Run;

/// Streams an archive into the engine, verifies it while it is sent, and checks that the engine has
/// the image under its name. Returns the image's identity and the number of sent bytes.
pub(crate) async fn send_renamed(
    engine: &Engine,
    archive: &Outgoing,
    run: &Run,
) -> Result<(Identity, Arc<SentBytes>), Error> {
    let reference = &archive.reference;
    let (path, renamer, label) = (archive.path.clone(), archive.renamer(), reference.to_string());
    let bytes = Arc::<SentBytes>::default();
    let sent = upload(engine, Arc::clone(&bytes), run, move |pipe, run| {
        let reader = VerifiedReader::with_renamer(PlainReader::open(&path)?, renamer);
        let sent = pipe.pump(reader, &label, run)?;
        Ok(sent.and_then(|(reader, activity)| Some((reader.contents().cloned()?, activity))))
    });
    // The activity ends only after the engine has answered.
    let (answer, (contents, activity)) = sent.await?.ok_or_else(|| archive.not_loaded(engine))?;
    drop(activity);
    match name_image(engine, &answer, &contents, reference).await? {
        true => Ok((contents.identity().clone(), bytes)),
        false => Err(archive.not_loaded(engine)),
    }
}

/// Tags the image if necessary. Returns `true` if the engine has it under its name.
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
