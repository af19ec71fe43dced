//! Archives that are made anew from files that are there.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sealift_archive::{ExamineOptions, Identity, PlainReader, ZipSink, examine};
use sealift_filename::{ArchiveFormat, ArchivePath};
use sealift_store::{KnownImage, Proven, Published, Staging, Store};

use crate::pump::pump;
use crate::{Context, Error, Work};

/// Makes a plain archive, which is known to hold this image, a zip. The plain one stays, for whoever removes
/// it once all is durable.
pub(crate) async fn compress(
    store: &Store,
    from: &ArchivePath,
    known: &KnownImage,
    to: &ArchivePath,
    image: &str,
    context: &Context,
) -> Result<(Published, Proven), Error> {
    let source = store.path_of(from);
    let (staging, mut proven) =
        rewrite(store, source, to, Work::Compressing, &known.identity, image, context).await?;
    if let Some(saved) = known.saved {
        proven.saved = saved;
    }
    let (archive, to_publish) = (to.clone(), proven.clone());
    let published = context.blocking(move |_| Ok(staging.publish(&archive, to_publish)?)).await?;
    Ok((published, proven))
}

/// Copies a file's plain tar into a staging file, in the form of the archive that it becomes, and proves that
/// it still holds this image.
pub(crate) async fn rewrite(
    store: &Store,
    from: PathBuf,
    to: &ArchivePath,
    work: Work,
    expected: &Identity,
    label: &str,
    context: &Context,
) -> Result<(Staging, Proven), Error> {
    let (copier, target, name) = (store.clone(), to.clone(), label.to_owned());
    let copied =
        context.blocking(move |context| copy(&copier, &from, &target, work, &name, context));
    let copied = copied.await;
    context.finish(label);
    read_back(copied?, expected.clone(), label, context).await
}

fn copy(
    store: &Store,
    from: &Path,
    to: &ArchivePath,
    work: Work,
    label: &str,
    context: &Context,
) -> Result<Staging, Error> {
    let mut reader = PlainReader::open(from)?;
    let mut staging = store.stage(to.repository().as_ref())?;
    match copy_into(staging.file_mut(), to, &mut reader, work, label, context) {
        Ok(()) => Ok(staging),
        Err(Broken::Disk(error)) => Err(staging.write_error(error).into()),
        Err(Broken::Other(error)) => Err(*error),
    }
}

fn copy_into(
    file: &mut File,
    to: &ArchivePath,
    reader: &mut PlainReader,
    work: Work,
    label: &str,
    context: &Context,
) -> Result<(), Broken> {
    if to.name().format() != ArchiveFormat::Zip {
        return pump(reader, label, work, context, |bytes| Ok(file.write_all(bytes)?));
    }
    let mut zip = ZipSink::new(file, &to.name().member_name())?;
    pump(reader, label, work, context, |bytes| Ok::<_, Broken>(zip.write_all(bytes)?))?;
    zip.finish()?;
    Ok(())
}

/// Why nothing came of a copy: the disk's errors are told with the place, which only the staging file knows.
enum Broken {
    Disk(io::Error),
    Other(Box<Error>),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Other(Box::new(error))
    }
}

/// Reads a staging file back and proves that it holds this image.
pub(crate) async fn read_back(
    staging: Staging,
    expected: Identity,
    image: &str,
    context: &Context,
) -> Result<(Staging, Proven), Error> {
    let label = image.to_owned();
    let result = context
        .blocking(move |context| {
            let size = std::fs::metadata(staging.path()).map(|metadata| metadata.len()).ok();
            context.start(&label, Work::Verifying, size);
            let on_bytes = |bytes| context.progress(&label, bytes);
            let options = ExamineOptions {
                cancel: Some(context.cancel().flag()),
                on_bytes: Some(&on_bytes),
                ..ExamineOptions::default()
            };
            let found = examine(staging.path(), &options)?;
            let is_expected = found.identity.is_same_image(&expected);
            Ok((staging, Proven::from(found), is_expected))
        })
        .await;
    context.finish(image);
    let (staging, proven, is_expected) = result?;
    if !is_expected {
        return Err(Error::WrittenDiffers { image: image.to_owned() });
    }
    Ok((staging, proven))
}
