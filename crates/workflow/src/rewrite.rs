//! Archives that are made anew from what is there.

use std::io::Write as _;

use sealift_archive::{ExamineOptions, Identity, PlainReader, ZipSink, examine};
use sealift_filename::ArchivePath;
use sealift_store::{Proven, Published, Staging, Store};

use crate::{Context, Error, Work};

const BUFFER: usize = 256 << 10;

/// Makes a plain archive a zip. The plain one stays, for whoever removes it once all is durable.
pub(crate) async fn compress(
    store: &Store,
    from: &ArchivePath,
    to: &ArchivePath,
    image: &str,
    context: &Context,
) -> Result<(Published, Proven), Error> {
    let known = store.knowledge(from)?;
    let known = known.as_ref().and_then(|knowledge| knowledge.image()).cloned();
    let (zipper, source, target) = (store.clone(), from.clone(), to.clone());
    let label = image.to_owned();
    let staging =
        context.blocking(move |context| zip(&zipper, &source, &target, &label, context)).await?;
    context.finish(image);
    let expected = match &known {
        Some(known) => known.identity.clone(),
        None => examine(store.path_of(from), &ExamineOptions::default())?.identity,
    };
    let (staging, mut proven) = read_back(staging, expected, image, context).await?;
    if let Some(saved) = known.and_then(|known| known.saved) {
        proven.saved = saved;
    }
    let (archive, to_publish) = (to.clone(), proven.clone());
    let published = context.blocking(move |_| Ok(staging.publish(&archive, to_publish)?)).await?;
    Ok((published, proven))
}

fn zip(
    store: &Store,
    from: &ArchivePath,
    to: &ArchivePath,
    image: &str,
    context: &Context,
) -> Result<Staging, Error> {
    let mut reader = PlainReader::open(store.path_of(from))?;
    let mut staging = store.stage(to.repository().as_ref())?;
    context.start(image, Work::Compressing, Some(reader.file_size()));
    let mut buffer = vec![0; BUFFER];
    let result = (|| {
        let mut zip = ZipSink::new(staging.file_mut(), &to.name().member_name())?;
        loop {
            if context.cancel().is_cancelled() {
                return Ok(Err(Error::Interrupted));
            }
            let count = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) => return Ok(Err(error.into())),
            };
            zip.write_all(&buffer[..count])?;
            context.progress(image, count as u64);
        }
        zip.finish().map(|_| Ok(()))
    })();
    match result {
        Ok(Ok(())) => Ok(staging),
        Ok(Err(error)) => Err(error),
        Err(error) => Err(staging.write_error(error).into()),
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
