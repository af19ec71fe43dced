//! Export of images into a folder from which a cluster imports them.

pub(crate) mod cluster;
mod content;
mod file_name;
pub(crate) mod image_file;
pub(crate) mod options;
pub(crate) mod report;
mod surplus;

use std::path::{Path, PathBuf};

use sealift_catalog::Entry;
use sealift_oci::Platform;
use sealift_store::{ErrorKind, Store, TargetFolder};

use crate::error::Error;
use crate::export::content::{Content, examine};
use crate::export::file_name::ExportName;
use crate::export::image_file::ImageFile;
use crate::export::options::ExportOptions;
use crate::export::report::{ExportReport, ExportedImage, ImageExport};
use crate::export::surplus::{Exported, Removed, remove_surplus};
use crate::naming::{naming_of, repository_of};
use crate::open_archive::open_archive;
use crate::real_path::real_path;
use crate::run::Run;
use crate::select::held_against_record;
use crate::select::selection::{PickPlatform, Selection, select};

/// Writes images into a folder from which a cluster imports them, one after the other. If one image
/// fails, the others are still exported.
///
/// Each file contains one image for one platform, without attestations, with its registry in the
/// name. The same archive and form always result in the same file. An existing file with this
/// content is kept unchanged. A file becomes visible when it is complete, with the time at which
/// the archive was saved. If it replaces a file with other content, its time is the current one,
/// because clusters import a changed file only if it is newer.
///
/// An existing file is replaced only if it was exported by sealift or is damaged. A file with any
/// other content is kept, and the image fails with [`Error::NotReplaced`].
///
/// If [`keep`](ExportOptions::keep) is set, older versions of the exported images are removed at
/// the end. Only regular files that were exported by sealift are removed. This is verified by their
/// content.
///
/// `on_result` receives each result as soon as it is available. Removed files are only in the
/// report. After a cancellation, the report contains the exported images, and the remaining images
/// fail with [`Error::Interrupted`].
///
/// # Cancel safety
///
/// If the future is dropped, the work stops soon after and the incomplete file is removed.
///
/// # Panics
///
/// Panics outside of a tokio runtime.
///
/// # Errors
///
/// Returns an error if one of the folders cannot be read, or if both are the same. Errors of single
/// images are in the report.
pub async fn export(
    store: &Store,
    folder: &TargetFolder,
    selection: &Selection,
    options: &ExportOptions,
    on_result: impl Fn(&ImageExport) + Send + Sync,
    run: &Run,
) -> Result<ExportReport, Error> {
    let (archives, sweeper) = (store.clone(), folder.clone());
    run.blocking(move |_| {
        refuse_own_folder(&archives, sweeper.path())?;
        Ok(sweeper.sweep()?)
    })
    .await?;
    let path = folder.path().to_owned();
    let target =
        Target { path, folder: Some(folder.clone()), options: *options, is_planned: false };
    carry_out(store, target, selection, on_result, run).await
}

/// Returns what [`export`] into a folder would do. Only records are written. The folder does not
/// need to exist.
///
/// # Cancel safety
///
/// If the future is dropped, reading stops soon after.
///
/// # Panics
///
/// Panics outside of a tokio runtime.
///
/// # Errors
///
/// Returns the errors of [`export`].
pub async fn plan_export(
    store: &Store,
    folder: &Path,
    selection: &Selection,
    options: &ExportOptions,
    run: &Run,
) -> Result<ExportReport, Error> {
    let (archives, path) = (store.clone(), folder.to_owned());
    let target = Target { path: path.clone(), folder: None, options: *options, is_planned: true };
    let open = move |_: &Run| {
        refuse_own_folder(&archives, &path)?;
        match TargetFolder::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            folder => Ok(Some(folder?)),
        }
    };
    let target = Target { folder: run.blocking(open).await?, ..target };
    carry_out(store, target, selection, |_| {}, run).await
}

/// Refuses to export into the folder of archives, because exported files would be mistaken for
/// archives.
fn refuse_own_folder(store: &Store, folder: &Path) -> Result<(), Error> {
    match real_path(folder).starts_with(real_path(store.root())) {
        true => Err(Error::ExportIntoStore { folder: folder.to_owned() }),
        false => Ok(()),
    }
}

/// The target of an export.
#[derive(Clone)]
struct Target {
    path: PathBuf,
    /// The opened folder, or `None` if it does not exist.
    folder: Option<TargetFolder>,
    options: ExportOptions,
    is_planned: bool,
}

/// Picks no platform, because the platform of the cluster is not known.
struct NoPlatform;

impl PickPlatform for NoPlatform {
    async fn pick(&self, _platforms: &[Platform], _run: &Run) -> Result<Option<usize>, Error> {
        Ok(None)
    }
}

async fn carry_out(
    store: &Store,
    target: Target,
    selection: &Selection,
    on_result: impl Fn(&ImageExport) + Send + Sync,
    run: &Run,
) -> Result<ExportReport, Error> {
    let mut report = ExportReport::default();
    let mut exported = Vec::new();
    let selected = select(&NoPlatform, store, selection, run).await?;
    let waiting = run.waiting(selected.iter().map(|(asked, _)| asked.clone()));
    for (asked, entry) in selected {
        waiting.end(&asked);
        let result = match run.check_cancelled().and(entry) {
            Ok(entry) => {
                let (store_now, target, label) = (store.clone(), target.clone(), asked.clone());
                run.blocking(move |run| {
                    let mut done = one(&store_now, &target, &entry, &label, run);
                    // Another process may have written the same file in the meantime.
                    if done.as_ref().is_err_and(is_changed) {
                        done = one(&store_now, &target, &entry, &label, run);
                    }
                    done.map_err(|error| held_against_record(&store_now, &entry, error))
                })
                .await
            }
            Err(error) => Err(error),
        };
        let result = result.map(|(image, of)| {
            exported.push((report.images.len(), of));
            image
        });
        let image = ImageExport { asked, result };
        on_result(&image);
        report.images.push(image);
    }
    if let (Some(folder), Some(keep)) = (target.folder, target.options.keep) {
        let is_planned = target.is_planned;
        let removing =
            move |run: &Run| Ok(remove_surplus(&folder, &exported, keep, is_planned, run));
        let done = run.blocking(removing).await;
        let (done, errors) = done.unwrap_or_else(|error| (Vec::new(), vec![error]));
        report.removal_errors = errors;
        for Removed { at, removed, skipped } in done {
            if let Some(ImageExport { result: Ok(image), .. }) = report.images.get_mut(at) {
                (image.removed, image.skipped) = (removed, skipped);
            }
        }
    }
    Ok(report)
}

/// Returns `true` if the target file appeared or changed during the export.
fn is_changed(error: &Error) -> bool {
    matches!(error, Error::NotExported { source, .. } if source.kind() == ErrorKind::Changed)
}

/// Exports one archive.
fn one(
    store: &Store,
    target: &Target,
    entry: &Entry,
    label: &str,
    run: &Run,
) -> Result<(ExportedImage, Exported), Error> {
    let (saved, archive) = (entry.saved(), entry.archive.clone());
    let opened = open_archive(store, &archive, label, run)?;
    let (image, version) = (repository_of(&archive)?, archive.name().to_version());
    let naming = naming_of(&archive)?;
    let identity = opened.identity().clone();
    let (form, id) = (target.options.form, identity.config.image_id());
    let name = ExportName::new(&image, &version, id, form.compression())
        .ok_or_else(|| Error::ExportNameTooLong { archive: archive.clone() })?;
    let file = ImageFile::new(&opened, naming.clone(), label);

    let refused = |source: sealift_store::Error| Error::NotExported {
        image: label.to_owned(),
        source: Box::new(source),
    };
    let stat = target.folder.as_ref().map_or(Ok(None), |folder| folder.stat(name.as_str()));
    let stat = stat.map_err(refused)?;
    let path = target.path.join(name.as_str());
    let is_there = stat.is_some() && file.is_in(&path, form, run)?;
    if stat.is_some()
        && !is_there
        && let Content::Other(reason) = examine(&path, &image, &name, run)?
    {
        return Err(Error::NotReplaced { image: label.to_owned(), path, reason });
    }
    let size = match (&target.folder, stat) {
        (_, Some(stat)) if is_there => Some(stat.size),
        (Some(folder), before) if !target.is_planned => {
            let staged = folder.stage().map_err(refused)?;
            let failed = |source| {
                let (operation, path) = ("write a staging file in", folder.path().to_owned());
                refused(sealift_store::Error::Io { operation, path, source })
            };
            let staged = file.write(staged, form.compression(), failed, run)?;
            // k3s imports a changed file only if it is newer, so a replacement gets the current
            // time.
            let modified = before.is_none().then_some(saved);
            Some(staged.publish(name.as_str(), before, modified).map_err(refused)?.size)
        }
        _ if form.compression().is_none() => Some(file.plain_size()?),
        _ => None,
    };
    let exported = ExportedImage {
        tag: naming.clone().qualified().to_string(),
        id,
        digest: identity.config,
        platform: identity.platform.clone(),
        from: store.path_of(&archive),
        path,
        format: form.ending(),
        exported: !is_there,
        size,
        removed: Vec::new(),
        skipped: Vec::new(),
        is_planned: target.is_planned,
        image: image.clone(),
        version,
        archive,
    };
    Ok((exported, Exported { image, name, identity, time: saved }))
}
