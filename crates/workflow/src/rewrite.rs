//! Archives that are made anew from files that are there.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use sealift_archive::{ExamineOptions, Level, PlainReader, Renamer, VerifyOptions, examine_file};
use sealift_catalog::KnownImage;
use sealift_filename::{ArchiveFormat, ArchivePath};
use sealift_oci::Identity;
use sealift_store::{Proven, Published, Staging, Store};

use crate::error::Error;
use crate::event::Work;
use crate::naming::naming_of;
use crate::pump::Pump;
use crate::run::Run;
use crate::transcribe::{Broken, Packing, transcribe};

const BUFFER: usize = 128 << 10;

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
) -> Result<(Published, Proven), Error> {
    let copy = Copy {
        from: store.path_of(from),
        shown: store.path_of(from),
        renamer: Renamer::new(naming_of(to)?, VerifyOptions::default()),
        to: to.clone(),
        level,
        work: Work::Compressing,
        expected: known.identity.clone(),
        label: image.to_owned(),
    };
    let (staging, mut proven) = rewrite(store, copy, run).await?;
    if let Some(saved) = known.saved {
        proven.saved = saved;
    }
    let (archive, to_publish) = (to.clone(), proven.clone());
    let published = run.blocking(move |_| Ok(staging.publish(&archive, to_publish)?)).await?;
    Ok((published, proven))
}

/// A copy that is to be made.
pub(crate) struct Copy {
    pub(crate) from: PathBuf,
    /// What the file is called in messages.
    pub(crate) shown: PathBuf,
    /// Gives the archive its name.
    pub(crate) renamer: Renamer,
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
    run: &Run,
) -> Result<(Staging, Proven), Error> {
    let store = store.clone();
    run.blocking(move |run| rewrite_now(&store, copy, run)).await
}

fn rewrite_now(store: &Store, copy: Copy, run: &Run) -> Result<(Staging, Proven), Error> {
    let mut pump = Pump::start(PlainReader::open(&copy.from)?, &copy.label, copy.work, run);
    let staging = store.stage(copy.to.repository().as_ref())?;
    let packing = match copy.to.name().format() {
        ArchiveFormat::Zip => {
            Packing::Zip { member_name: copy.to.name().member_name(), level: copy.level }
        }
        _ => Packing::Plain,
    };
    let transcript = transcribe(staging, &packing, copy.renamer, |_| None, || pump.next());
    let transcript = transcript.map_err(|broken| told(broken, &copy.shown))?;
    if !transcript.contents.identity().is_same_image(&copy.expected) {
        return Err(Error::WrittenDiffers { image: copy.label });
    }
    Ok((transcript.staging, transcript.proven))
}

/// Copies a file byte by byte into a staging file, and verifies the copy.
pub(crate) async fn keep_bytes(
    store: &Store,
    copy: Copy,
    run: &Run,
) -> Result<(Staging, Proven), Error> {
    let store = store.clone();
    run.blocking(move |run| keep_bytes_now(&store, &copy, run)).await
}

fn keep_bytes_now(store: &Store, copy: &Copy, run: &Run) -> Result<(Staging, Proven), Error> {
    let read = |source| sealift_archive::Error::Io {
        operation: "read",
        input: copy.shown.as_path().into(),
        source,
    };
    let mut file = File::open(&copy.from).map_err(read)?;
    let size = file.metadata().map_err(read)?.len();
    let activity = run.activity(&copy.label, copy.work, Some(size));
    let mut staging = store.stage(copy.to.repository().as_ref())?;
    let mut buffer = vec![0; BUFFER];
    loop {
        if run.cancel().is_cancelled() {
            return Err(Error::Interrupted);
        }
        let count = file.read(&mut buffer).map_err(read)?;
        if count == 0 {
            break;
        }
        let written = staging.file_mut().write_all(&buffer[..count]);
        written.map_err(|error| staging.write_error(error))?;
        activity.progress(count as u64);
    }
    staging.check_is_there()?;
    let on_bytes = |_| run.check_cancelled().map_or(ControlFlow::Break(()), ControlFlow::Continue);
    let options = ExamineOptions::new().on_bytes(&on_bytes);
    let found = examine_file(staging.path(), &options)?;
    if !found.identity().is_same_image(&copy.expected) {
        return Err(Error::WrittenDiffers { image: copy.label.clone() });
    }
    Ok((staging, found.into()))
}

fn told(broken: Broken, from: &Path) -> Error {
    match broken {
        Broken::Fault(source) => {
            sealift_archive::Error::Fault { input: from.into(), source }.into()
        }
        Broken::Other(error) => *error,
    }
}
