//! Archives that are made anew from files that are there.

use std::path::{Path, PathBuf};

use sealift_archive::{Identity, Level, PlainReader};
use sealift_filename::{ArchiveFormat, ArchivePath};
use sealift_store::{KnownImage, Proven, Published, Staging, Store};

use crate::pump::Pump;
use crate::transcribe::{Broken, Packing, transcribe};
use crate::{Context, Error, Work};

/// Makes a plain archive, which is known to hold this image, a zip. The plain one stays, for whoever removes
/// it once all is durable.
pub(crate) async fn compress(
    store: &Store,
    from: &ArchivePath,
    known: &KnownImage,
    to: &ArchivePath,
    level: Level,
    image: &str,
    context: &Context,
) -> Result<(Published, Proven), Error> {
    let copy = Copy {
        from: store.path_of(from),
        to: to.clone(),
        level,
        work: Work::Compressing,
        expected: known.identity.clone(),
        label: image.to_owned(),
    };
    let (staging, mut proven) = rewrite(store, copy, context).await?;
    if let Some(saved) = known.saved {
        proven.saved = saved;
    }
    let (archive, to_publish) = (to.clone(), proven.clone());
    let published = context.blocking(move |_| Ok(staging.publish(&archive, to_publish)?)).await?;
    Ok((published, proven))
}

/// A copy that is to be made.
pub(crate) struct Copy {
    pub(crate) from: PathBuf,
    /// The archive that it becomes.
    pub(crate) to: ArchivePath,
    pub(crate) level: Level,
    pub(crate) work: Work,
    /// The image that has to be in the file.
    pub(crate) expected: Identity,
    pub(crate) label: String,
}

/// Copies a file's plain tar into a staging file, in the form of the archive that it becomes, and proves that
/// it still holds the image.
pub(crate) async fn rewrite(
    store: &Store,
    copy: Copy,
    context: &Context,
) -> Result<(Staging, Proven), Error> {
    let (store, label) = (store.clone(), copy.label.clone());
    let copied = context.blocking(move |context| rewrite_now(&store, &copy, context)).await;
    context.finish(&label);
    copied
}

fn rewrite_now(store: &Store, copy: &Copy, context: &Context) -> Result<(Staging, Proven), Error> {
    let mut pump = Pump::start(PlainReader::open(&copy.from)?, &copy.label, copy.work, context);
    let staging = store.stage(copy.to.repository().as_ref())?;
    let packing = match copy.to.name().format() {
        ArchiveFormat::Zip => {
            Packing::Zip { member_name: copy.to.name().member_name(), level: copy.level }
        }
        _ => Packing::Plain,
    };
    let transcript = transcribe(staging, &packing, renamer, |_| None, || pump.next());
    let transcript = transcript.map_err(|broken| told(broken, &copy.from))?;
    if !transcript.proof.identity.is_same_image(&copy.expected) {
        return Err(Error::WrittenDiffers { image: copy.label.clone() });
    }
    Ok((transcript.staging, transcript.proven))
}

fn told(broken: Broken, from: &Path) -> Error {
    match broken {
        Broken::Fault(source) => {
            sealift_archive::Error::Fault { path: from.to_owned(), source }.into()
        }
        Broken::Other(error) => *error,
    }
}
