//! Takes archives made elsewhere into a folder.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use sealift_archive::{Container, Identity, PlainReader, Verifier, ZipSink};
use sealift_filename::{ArchiveFormat, ArchiveName, ArchivePath, ImageId, Reference, Version};
use sealift_store::{PlanOptions, Settled, Staging, Store, Wanted, reconcile};
use serde::Serialize;

use crate::clean::with_learning;
use crate::rewrite::read_back;
use crate::{Context, Error, Work};

/// How to name what is added, and in what form to keep it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddOptions {
    /// The name, where the tags in the archive aren't wanted or aren't there.
    pub name: Option<Reference>,
    /// Add the image under each of its tags.
    pub every: bool,
    /// Make it a zip in any case. Else a plain tar stays one, and what is compressed becomes a zip.
    pub compress: bool,
}

/// An archive that is in the folder now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Added {
    /// The image.
    pub image: String,
    /// The version.
    pub version: String,
    /// The id in the archive's name.
    pub id: ImageId,
    /// The archive, counted from the folder.
    pub path: ArchivePath,
    /// Whether it was added now; else it was there.
    pub added: bool,
    /// The size of the archive's file in bytes.
    pub bytes: u64,
    /// The file that it was taken from.
    pub from: PathBuf,
}

/// Takes an archive made elsewhere into a folder, under its right name: by docker, podman, skopeo or crane,
/// plain, gzip, zstd, xz, bzip2 or zip. It needs no engine.
///
/// The archive is proven whole while it is copied. Names are shortened as engines do:
/// `docker.io/library/web` and Podman's `localhost/web` are `web`.
///
/// # Errors
///
/// Where the file is no whole image, or its tags don't tell one name.
pub async fn add(
    store: &Store,
    file: &Path,
    options: &AddOptions,
    context: &Context,
) -> Result<Vec<Added>, Error> {
    let (adder, from, wanted) = (store.clone(), file.to_owned(), options.clone());
    let label = file.display().to_string();
    let names = context
        .blocking({
            let (from, label) = (from.clone(), label.clone());
            move |context| {
                let identity = prove(&from, &label, context)?;
                Ok((names(&identity, &wanted, &from)?, identity))
            }
        })
        .await;
    context.finish(&label);
    let (names, identity) = names?;
    let mut added = Vec::new();
    for name in names {
        added.push(add_as(&adder, &from, name, &identity, options, context).await?);
    }
    Ok(added)
}

/// Reads the file once to tell which image it is: only its end may tell its name.
fn prove(path: &Path, label: &str, context: &Context) -> Result<Identity, Error> {
    let mut verifier = Verifier::new(sealift_archive::VerifyOptions::default());
    let fault = |source| sealift_archive::Error::Fault { path: path.to_owned(), source };
    let mut result = Ok(());
    pump(path, label, Work::Reading, context, |bytes| {
        result = verifier.push(bytes);
        Ok(result.is_ok())
    })?;
    result.map_err(fault)?;
    Ok(verifier.finish().map_err(fault)?.identity)
}

/// Reads a file's plain tar piece by piece, as long as the pieces are wanted.
fn pump(
    path: &Path,
    label: &str,
    work: Work,
    context: &Context,
    mut take: impl FnMut(&[u8]) -> Result<bool, Error>,
) -> Result<Container, Error> {
    let mut reader = PlainReader::open(path)?;
    context.start(label, work, Some(reader.file_size()));
    let mut buffer = vec![0; 256 << 10];
    let mut reported = 0;
    loop {
        if context.cancel().is_cancelled() {
            return Err(Error::Interrupted);
        }
        let count = reader.read(&mut buffer)?;
        if count == 0 || !take(&buffer[..count])? {
            return Ok(reader.container());
        }
        let bytes = reader.file_bytes();
        context.progress(label, bytes - reported);
        reported = bytes;
    }
}

/// Decides under which names the image is added.
fn names(
    identity: &Identity,
    options: &AddOptions,
    file: &Path,
) -> Result<Vec<(sealift_filename::Repository, Version)>, Error> {
    let with_version = |reference: &Reference| {
        let version = reference.version().cloned().unwrap_or_else(|| Version::new("latest"));
        (reference.repository().familiar(), version)
    };
    if let Some(name) = &options.name {
        return Ok(vec![(name.repository().clone(), with_version(name).1)]);
    }
    let mut names: Vec<_> = identity
        .repo_tags
        .iter()
        .filter_map(|tag| Reference::parse(tag.strip_prefix("localhost/").unwrap_or(tag)).ok())
        .map(|reference| with_version(&reference))
        .collect();
    names.sort();
    names.dedup();
    let usage = |what: String| Error::Usage { message: format!("{} {what}", file.display()) };
    match names.len() {
        0 => Err(usage("has no tag that could be its name; give one with --name".to_owned())),
        1 => Ok(names),
        _ if options.every => Ok(names),
        _ => {
            let tags: Vec<String> =
                names.iter().map(|(image, version)| format!("{image}:{version}")).collect();
            Err(usage(format!(
                "has several tags, {}; choose one with --name, or add it under each with --every",
                tags.join(", ")
            )))
        }
    }
}

async fn add_as(
    store: &Store,
    file: &Path,
    (repository, version): (sealift_filename::Repository, Version),
    identity: &Identity,
    options: &AddOptions,
    context: &Context,
) -> Result<Added, Error> {
    let wanted = Wanted {
        repository: repository.clone(),
        version: version.clone(),
        config: Some(identity.config),
        manifests: identity.manifests.clone(),
        diff_ids: identity.diff_ids.clone(),
        platform: identity.platform.clone(),
    };
    let container = PlainReader::open(file)?.container();
    let compress = options.compress || container != Container::Tar;
    let plan_options = PlanOptions { compress, clean: false, spare: Vec::new() };
    let (reader, names) = (store.clone(), [(repository.clone(), version.clone())]);
    let snapshot = context
        .blocking(move |context| {
            reader.sweep()?;
            with_learning(context, |learn| Ok(reader.snapshot(&names, false, learn)?))
        })
        .await?;
    let settled = reconcile(&snapshot, &wanted, identity, &plan_options)
        .map_err(|error| Error::Usage { message: error.to_string() })?;
    let describe = |archive: ArchivePath, added, bytes| Added {
        image: repository.to_string(),
        version: version.to_string(),
        id: archive.name().id(),
        path: archive,
        added,
        bytes,
        from: file.to_owned(),
    };
    let archive = match settled {
        Settled::Publish { archive } => archive,
        Settled::AlreadyThere { archive } => {
            let bytes = store.stat(&archive)?.size;
            return Ok(describe(archive, false, bytes));
        }
        Settled::UnsupportedFormat { archive } => {
            return Err(Error::UnsupportedFormat {
                image: format!("{repository}:{version}"),
                format: archive.name().format().to_string(),
                archive,
            });
        }
        _ => return Err(Error::Usage { message: format!("{} can't be added", file.display()) }),
    };
    let label = file.display().to_string();
    let (copier, from, target) = (store.clone(), file.to_owned(), archive.clone());
    let copied = context
        .blocking({
            let label = label.clone();
            move |context| copy(&copier, &from, &target, &label, context)
        })
        .await;
    context.finish(&label);
    let (staging, proven) = read_back(copied?, identity.clone(), &label, context).await?;
    let target = archive.clone();
    let published = context.blocking(move |_| Ok(staging.publish(&target, proven)?)).await?;
    Ok(describe(archive, true, published.size))
}

/// Copies a file's plain tar into a staging file, as a zip where the archive is to be one.
fn copy(
    store: &Store,
    file: &Path,
    archive: &ArchivePath,
    label: &str,
    context: &Context,
) -> Result<Staging, Error> {
    let mut staging = store.stage(archive.repository().as_ref())?;
    let mut disk = None;
    let result = if archive.name().format() == ArchiveFormat::Zip {
        zip_into(&mut staging, archive.name(), file, label, context, &mut disk)
    } else {
        let output = staging.file_mut();
        pump(file, label, Work::Adding, context, |bytes| {
            let written = output.write_all(bytes);
            Ok(written.map_err(|error| disk = Some(error)).is_ok())
        })
        .map(drop)
    };
    match (disk, result) {
        (Some(error), _) => Err(staging.write_error(error).into()),
        (None, result) => result.map(|()| staging),
    }
}

fn zip_into(
    staging: &mut Staging,
    name: &ArchiveName,
    file: &Path,
    label: &str,
    context: &Context,
    disk: &mut Option<std::io::Error>,
) -> Result<(), Error> {
    let mut zip = match ZipSink::new(staging.file_mut(), &name.member_name()) {
        Ok(zip) => zip,
        Err(error) => {
            *disk = Some(error);
            return Ok(());
        }
    };
    pump(file, label, Work::Adding, context, |bytes| {
        let written = zip.write_all(bytes);
        Ok(written.map_err(|error| *disk = Some(error)).is_ok())
    })?;
    if disk.is_none() {
        *disk = zip.finish().err();
    }
    Ok(())
}
