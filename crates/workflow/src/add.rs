//! Takes archives made elsewhere into a folder.

use std::path::{Path, PathBuf};

use sealift_archive::{Container, Digest, Identity, Level};
use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Reference, Repository, Version};
use sealift_store::{PlanOptions, Settled, Store, Wanted, reconcile};
use serde::Serialize;

use crate::archive_names::image_names;
use crate::learn::with_learning;
use crate::prove::{ProvenFile, prove};
use crate::rewrite::{Copy, rewrite};
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
    /// How hard to compress.
    pub level: Level,
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
    /// The full digest of the image's config.
    pub digest: Digest,
    /// The archive's name, relative to the folder.
    #[serde(skip)]
    pub archive: ArchivePath,
    /// The path of the archive, with the folder in front.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The archive's format.
    pub format: ArchiveFormat,
    /// Whether it was added now; else it was there.
    pub added: bool,
    /// The size of the archive's file in bytes.
    pub size: u64,
    /// The file that it was taken from.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub from: PathBuf,
}

/// Takes an archive made elsewhere into a folder, under its right name: by docker, podman, skopeo or crane,
/// plain, gzip, zstd, xz, bzip2 or zip. It needs no engine.
///
/// The file is proven whole before it is copied, and the copy is proven again. Names are shortened as engines do:
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
    let (from, wanted) = (file.to_owned(), options.clone());
    let label = file.display().to_string();
    let read = context.blocking(move |context| {
        let found = prove(&from, &from.display().to_string(), context)?;
        Ok((names(&found.proof.identity, &wanted, &from)?, found))
    });
    let read = read.await;
    context.finish(&label);
    let (names, found) = read?;
    let mut added = Vec::new();
    for name in names {
        added.push(add_as(store, file, name, &found, options, context).await?);
    }
    Ok(added)
}

/// Decides under which names the image is added.
fn names(
    identity: &Identity,
    options: &AddOptions,
    file: &Path,
) -> Result<Vec<(Repository, Version)>, Error> {
    if let Some(name) = &options.name {
        return Ok(vec![(name.repository().clone(), name.version_or_latest())]);
    }
    let usage = |what: String| Error::Usage { message: format!("{} {what}", file.display()) };
    let names = image_names(&identity.repo_tags).map_err(|error| usage(error.to_string()))?;
    match names.len() {
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
    (repository, version): (Repository, Version),
    found: &ProvenFile,
    options: &AddOptions,
    context: &Context,
) -> Result<Added, Error> {
    let identity = &found.proof.identity;
    let wanted = Wanted {
        repository: repository.clone(),
        version: version.clone(),
        config: Some(identity.config),
        manifests: identity.manifests.clone(),
        index: None,
        diff_ids: identity.diff_ids.clone(),
        platform: identity.platform.clone(),
    };
    let compress = options.compress || found.container != Container::Tar;
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
    let describe = |archive: ArchivePath, added, size| Added {
        image: repository.to_string(),
        version: version.to_string(),
        id: archive.name().id(),
        digest: identity.config,
        format: archive.name().format(),
        path: store.path_of(&archive),
        archive,
        added,
        size,
        from: file.to_owned(),
    };
    let archive = match settled {
        Settled::Publish { archive } => archive,
        Settled::AlreadyThere { archive } => {
            let size = store.stat(&archive)?.size;
            return Ok(describe(archive, false, size));
        }
        Settled::UnsupportedFormat { archive } => {
            return Err(Error::UnsupportedFormat {
                image: format!("{repository}:{version}"),
                archive,
            });
        }
        _ => return Err(Error::Usage { message: format!("{} can't be added", file.display()) }),
    };
    let copy = Copy {
        from: file.to_owned(),
        to: archive.clone(),
        level: options.level,
        work: Work::Adding,
        expected: identity.clone(),
        label: file.display().to_string(),
    };
    let (staging, proven) = rewrite(store, copy, context).await?;
    let target = archive.clone();
    let published = context.blocking(move |_| Ok(staging.publish(&target, proven)?)).await?;
    Ok(describe(archive, !published.was_there, published.size))
}
