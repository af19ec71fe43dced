//! Import of archives made by other tools.

use std::path::{Path, PathBuf};

use sealift_archive::{Container, Form, Level, Naming, Renamer, VerifyOptions};
use sealift_catalog::{PlanOptions, Wanted};
use sealift_filename::{ArchiveFormat, ArchivePath, ImageId, Reference};
use sealift_oci::Platform;
use sealift_store::Store;
use serde::Serialize;

use crate::error::Error;
use crate::event::Work;
use crate::image_names::names_of;
use crate::ingest::{Copy, copy, form};
use crate::naming::naming_of;
use crate::reading::{VerifiedFile, verify_file};
use crate::run::Run;
use crate::setters::setters;
use crate::settle::{Place, settle};
use crate::spool::{Spooled, spool};
use crate::stored_archive::{StoredArchive, StoredContent};

/// Options of [`add`]: the name and the format of the added archive.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AddOptions {
    /// The name to use instead of the tags in the archive.
    pub name: Option<Reference>,
    /// Whether to add the image under each of its tags.
    pub every: bool,
    /// Whether to store the image as a zip in any case. Otherwise a plain tar stays plain, and any
    /// compressed archive becomes a zip.
    pub compress: bool,
    /// The compression level.
    pub level: Level,
    /// The platform to choose from an image for several platforms.
    pub platform: Option<Platform>,
    /// Whether to refuse another build of a release that is in the folder.
    pub immutable: bool,
}

impl AddOptions {
    setters! {
        name with_name: Option<Reference>,
        every with_every: bool,
        compress with_compress: bool,
        level with_level: Level,
        platform with_platform: Option<Platform>,
        immutable with_immutable: bool,
    }
}

/// An archive that is in the folder after [`add`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Added {
    /// The archive.
    #[serde(flatten)]
    pub file: StoredArchive,
    /// `true` if it was added now, `false` if the folder already had it.
    pub added: bool,
    /// The path of a plain tar with the same image, if the folder also has one.
    #[serde(serialize_with = "crate::path_text::serialize_option")]
    pub beside: Option<PathBuf>,
    /// The ids of other builds of the same release in the folder. Empty if nothing was added.
    pub replaces: Vec<ImageId>,
    /// The file that it was read from.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub from: PathBuf,
}

/// The result of [`add`].
#[derive(Debug, Serialize)]
#[non_exhaustive]
#[must_use = "it may contain an error"]
pub struct AddReport {
    /// The archives that are now in the folder, one for each name. There is at least one.
    pub added: Vec<Added>,
    /// The error that prevented adding the file under the remaining names.
    pub error: Option<Error>,
}

/// Imports an archive that another tool wrote, under the right name. It can come from Docker,
/// Podman, skopeo or crane, and be plain or compressed with gzip, zstd, xz, bzip2 or zip. No engine
/// is needed.
///
/// The file can be a pipe. It is verified before it is copied, and the copy is verified again.
/// Names are shortened as engines do: both `docker.io/library/web` and Podman's `localhost/web`
/// become `web`.
///
/// The archive in the folder contains only the tag under which it was added. If the file already
/// has the right form, its bytes are copied unchanged, so that signatures of it stay valid.
///
/// # Cancel safety
///
/// If the future is dropped, the work stops soon after and the staging file is removed. Each
/// archive is then either published or missing. A pipe keeps the bytes that were not read yet.
///
/// # Panics
///
/// Panics outside of a tokio runtime.
///
/// # Errors
///
/// Returns an error if the file is not a complete image, if its tags do not determine a name, or if
/// it cannot be added under its first name. Later errors, and a cancellation, are in the report.
pub async fn add(
    store: &Store,
    file: &Path,
    options: &AddOptions,
    run: &Run,
) -> Result<AddReport, Error> {
    let (spooler, from) = (store.clone(), file.to_owned());
    let spooled = run.blocking(move |run| spool(Some(&spooler), &from, run)).await;
    let spooled = spooled?;
    let found = AddedFile::read(&spooled, file, options, run).await?;
    let names = names_of(found.verified.contents.identity(), options.name.as_ref(), file)?;
    if names.len() > 1 && !options.every {
        return Err(Error::SeveralNames { file: file.to_owned(), names, allows_every: true });
    }
    let mut report = AddReport { added: Vec::new(), error: None };
    for name in names {
        match add_as(store, name, &found, options, run).await {
            Ok(added) => report.added.push(added),
            Err(error) if report.added.is_empty() => return Err(error),
            Err(error) => {
                report.error = Some(error);
                break;
            }
        }
    }
    Ok(report)
}

/// The file to add, and the result of verifying it.
struct AddedFile<'a> {
    /// Path of the file with the bytes.
    path: &'a Path,
    /// Path for messages.
    shown: &'a Path,
    verified: VerifiedFile,
    verify: VerifyOptions,
}

impl<'a> AddedFile<'a> {
    async fn read(
        spooled: &'a Spooled,
        shown: &'a Path,
        options: &AddOptions,
        run: &Run,
    ) -> Result<Self, Error> {
        let path = spooled.path();
        let verify = VerifyOptions::new().with_platform(options.platform.clone());
        let (from, label) = (path.to_owned(), shown.display().to_string());
        let reading = verify.clone();
        let read = run.blocking(move |run| verify_file(&from, reading, &label, run)).await;
        let verified = read.map_err(|error| error.about_file(shown))?;
        Ok(Self { path, shown, verified, verify })
    }

    /// Returns `true` if the file already has the form of this archive, so that its bytes can be
    /// copied unchanged.
    fn is_already(&self, archive: &ArchivePath, naming: &Naming) -> bool {
        let is_in_form = match archive.name().format() {
            ArchiveFormat::Zip => {
                self.verified.member_name.as_deref() == Some(&archive.name().member_name())
            }
            ArchiveFormat::Docker => self.verified.container == Container::Tar,
            ArchiveFormat::Other(_) => false,
        };
        is_in_form && self.verified.contents.carries(naming)
    }
}

async fn add_as(
    store: &Store,
    name: Reference,
    found: &AddedFile<'_>,
    options: &AddOptions,
    run: &Run,
) -> Result<Added, Error> {
    let identity = found.verified.contents.identity();
    let (repository, version) = (name.repository().clone(), name.version_or_latest());
    let wanted = Wanted::from_identity(repository.clone(), version.clone(), identity);
    let compress = options.compress || found.verified.container != Container::Tar;
    let plan_options = PlanOptions::default().with_compress(compress);
    let image = (&wanted, identity);
    let place = settle(store, &name, image, plan_options, options.immutable, run).await?;
    let describe = |archive: ArchivePath, added, size, sha256| Added {
        file: StoredArchive::new(
            store,
            repository.clone(),
            version.clone(),
            archive,
            StoredContent { digest: identity.config, size, sha256 },
        ),
        added,
        beside: None,
        replaces: Vec::new(),
        from: found.shown.to_owned(),
    };
    let (archive, replaces, snapshot) = match place {
        Place::Free { archive, replaces, snapshot } => (archive, replaces, snapshot),
        Place::There { archive, size, sha256 } => {
            return Ok(describe(archive, false, size, sha256));
        }
    };
    let naming = naming_of(&archive)?;
    let form = match found.is_already(&archive, &naming) {
        true => Form::AsIs(VerifyOptions::default()),
        false => {
            let renamer = Renamer::new(naming, found.verify.clone()).only(&found.verified.contents);
            form(&archive, renamer, options.level)
        }
    };
    let copied = Copy {
        from: found.path.to_owned(),
        shown: found.shown.to_owned(),
        to: archive.clone(),
        form,
        expected: identity.clone(),
        work: Work::Adding,
        label: found.shown.display().to_string(),
    };
    let staged = copy(store, copied, run).await.map_err(|error| error.about_file(found.shown))?;
    let target = archive.clone();
    let published = run.blocking(move |_| Ok(staged.publish(&target, None)?)).await?;
    let twin = snapshot.entry(&archive.to_docker()).filter(|twin| twin.archive != archive);
    let beside = twin.map(|twin| store.path_of(&twin.archive));
    let added = describe(archive, !published.was_there, published.size, published.sha256);
    Ok(Added { beside, replaces, ..added })
}
