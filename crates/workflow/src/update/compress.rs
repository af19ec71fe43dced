//! A plain archive of a folder becomes a zip.

use sealift_archive::{Level, Proof, Renamer, VerifyOptions};
use sealift_catalog::KnownImage;
use sealift_filename::ArchivePath;
use sealift_store::{Published, Store};

use crate::error::Error;
use crate::event::Work;
use crate::ingest::{Copy, copy, form};
use crate::naming::naming_of;
use crate::run::Run;

/// Makes a plain archive, which is known to hold this image, a zip. The plain one stays, for
/// whoever removes it once all is durable.
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
