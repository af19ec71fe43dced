//! Compression of a plain archive in the folder.

use sealift_archive::{Level, Proof, Renamer, VerifyOptions};
use sealift_catalog::KnownImage;
use sealift_filename::ArchivePath;
use sealift_store::{Published, Store};

use crate::error::Error;
use crate::event::Work;
use crate::ingest::{Copy, copy, form};
use crate::naming::naming_of;
use crate::run::Run;

/// Creates a zip from a plain archive that contains the image `known`. The plain archive is kept;
/// it can be removed after everything is durable.
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
