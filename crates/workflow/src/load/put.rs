//! Loading of one archive into an engine, unless the engine already has the image.
//!
//! The futures are boxed: a load has deeply nested calls, and its futures would need too much of a
//! thread's stack.

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

/// The result of loading an archive.
pub(crate) struct Put {
    /// The digest of the image's config.
    pub(crate) digest: Digest,
    /// The sent bytes and layers, or `None` if the engine already had the image.
    pub(crate) transfer: Option<Transfer>,
}

/// Asks an engine for the image with a name.
pub(crate) async fn inspect(
    engine: &Engine,
    reference: &Reference,
    run: &Run,
) -> Result<Option<EngineImage>, Error> {
    let reference = reference.to_string();
    let inspected = Box::pin(async { Ok(engine.inspect(&reference).await?) });
    run.wait_for(inspected).await
}

/// Loads an archive into an engine, unless the engine already has the same image under the name.
/// With `full` the archive is sent in any case.
pub(crate) async fn put(
    engine: &Engine,
    archive: Outgoing,
    there: Option<(EngineImage, Identity)>,
    run: &Run,
) -> Result<Put, Error> {
    // An engine may report an image of which layers are missing. A full load repairs it, so it does
    // not compare.
    if let Some((image, identity)) = there.filter(|_| !archive.full) {
        let is_same = match compare(&image, &identity) {
            Match::Same => true,
            Match::Other => false,
            // Reading the archive for the comparison costs less than loading it.
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
