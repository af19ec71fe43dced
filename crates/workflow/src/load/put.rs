//! One archive into an engine, unless the engine has its image.
//!
//! The futures are large and stand on the heap: a load is deep, and a thread's stack is small.

use sealift_docker::{Engine, EngineImage};
use sealift_filename::Reference;
use sealift_oci::{Digest, Identity};

use crate::error::Error;
use crate::load::confirm::shows_manifest;
use crate::load::outgoing::{Outgoing, settings};
use crate::load::send::send;
use crate::load::there::{Match, compare, has_settings_of};
use crate::load::transfer::Transfer;
use crate::run::Run;

/// What became of an archive.
pub(crate) struct Put {
    /// The digest of the image's config.
    pub(crate) digest: Digest,
    /// What was sent; `None` if the engine had the image.
    pub(crate) transfer: Option<Transfer>,
}

/// Asks an engine for its image of a name.
pub(crate) async fn inspect(
    engine: &Engine,
    reference: &Reference,
    run: &Run,
) -> Result<Option<EngineImage>, Error> {
    let reference = reference.to_string();
    let inspected = Box::pin(async { Ok(engine.inspect(&reference).await?) });
    run.wait_for(inspected).await
}

/// Puts an archive into an engine, unless the engine's image of that name is the same as the one in
/// the archive. If all of it is asked for, it is sent in any case.
pub(crate) async fn put(
    engine: &Engine,
    archive: Outgoing,
    there: Option<(EngineImage, Identity)>,
    run: &Run,
) -> Result<Put, Error> {
    // What an engine shows of an image does not mean that it has all of it; sending everything
    // repairs it.
    if let Some((image, identity)) = there.filter(|_| !archive.full) {
        let is_same = match compare(&image, &identity) {
            Match::Same => true,
            Match::Other => false,
            // To read the archive for it costs less than to load it.
            Match::Settings => Box::pin(has_same_settings(&archive, &image, run)).await?,
        };
        if is_same {
            return Ok(Put { digest: identity.config, transfer: None });
        }
    }
    let (digest, transfer) = Box::pin(send(engine, &archive, run)).await?;
    Ok(Put { digest, transfer: Some(transfer) })
}

async fn has_same_settings(
    archive: &Outgoing,
    image: &EngineImage,
    run: &Run,
) -> Result<bool, Error> {
    let opened = archive.open(run).await?;
    if opened.manifest_descriptor().is_ok_and(|manifest| shows_manifest(image, manifest.digest)) {
        return Ok(true);
    }
    let created = opened.identity().created.as_deref();
    Ok(has_settings_of(image, &settings(&opened, run).await?, created))
}
