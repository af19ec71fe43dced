//! `sealift export`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use sealift_workflow::archive::Compression;
use sealift_workflow::store::TargetFolder;
use sealift_workflow::{
    Cluster, ExportForm, ExportOptions, ExportReport, ExportedImage, ImageExport, export,
    plan_export,
};
use serde_json::{Value, json};

use crate::arguments::completer;
use crate::arguments::latest::LatestArguments;
use crate::arguments::one_of;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure, is_interruption};
use crate::format;
use crate::hints;
use crate::line::Line;
use crate::session::Session;
use crate::session::new_folder::NewFolder;

/// Export images to a folder that a cluster imports from
#[derive(Debug, Args)]
#[command(mut_arg("platform", |arg| arg.help("Use the archives for this platform")))]
#[command(override_usage = "\
sealift export [OPTIONS] --for CLUSTER --to DIR <IMAGE...|--latest|--all>")]
#[command(after_help = "\
Each file is a tar of one image for one platform, without attestations, with a
tag that includes the registry (docker.io/library/web:1.4.0.7). Files are
written atomically and have the modification time of the archive. A file with
the same content is not written again, so the cluster does not import it again.
Any other file of the same name is replaced only if `sealift export` wrote it or
if it is damaged.

  k3s, rke2    .tar, .tar.zst and .tar.gz files in agent/images
  k0s          .tar files in its images folder
  containerd   .tar files, for `ctr images import`
  kind         .tar files, for `kind load image-archive`
  docker       .tar and .tar.gz files, for `docker load` and Podman

Examples:
  sealift export web --for k3s --to /var/lib/rancher/k3s/agent/images
  sealift export --latest --for k0s --to /var/lib/k0s/images --keep 2
  sealift export --all --for rke2 --to /mnt/usb --compress zst")]
pub(crate) struct ExportArguments {
    /// Images; without a version, the latest archive
    #[arg(value_name = "IMAGE[:VERSION]", required_unless_present_any = ["latest", "all"], add = completer::references())]
    images: Vec<String>,
    /// Program that imports the files
    #[arg(long = "for", value_name = "CLUSTER", value_parser = one_of::cluster())]
    cluster: Cluster,
    /// Folder to export to; it is created if it is missing
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    to: PathBuf,
    /// Compress the tars
    #[arg(long, value_name = "FORMAT", value_parser = one_of::compression())]
    compress: Option<Compression>,
    /// Afterwards, remove older exports of these images, except N released versions and N dirty
    /// builds
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    keep: Option<usize>,
    /// Export the latest archive of every image
    #[arg(long, conflicts_with_all = ["all", "images"])]
    latest: bool,
    /// Export the newest archive of every version
    #[arg(long, conflicts_with = "images")]
    all: bool,
    #[command(flatten)]
    latest_by: LatestArguments,
    /// Show what would be done without doing it
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(
    arguments: ExportArguments,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let options =
        ExportOptions::new(form(arguments.cluster, arguments.compress)?).with_keep(arguments.keep);
    let ExportArguments { latest, all, .. } = arguments;
    let images = session.images(&arguments.images).await?;
    let selection = arguments.latest_by.selection(&images, latest, all)?;
    let store = session.store()?;
    let run = session.run();
    let report = if arguments.dry_run {
        plan_export(&store, &arguments.to, &selection, &options, &run).await?
    } else {
        let _new_folder = NewFolder::at(&arguments.to);
        let folder = TargetFolder::create(&arguments.to).map_err(refused)?;
        let on_result = |image: &ImageExport| show_image(image, session);
        export(&store, &folder, &selection, &options, on_result, &run).await?
    };
    if arguments.dry_run {
        report.images.iter().for_each(|image| show_image(image, session));
    }
    show_rest(&report, session);
    if report.images.is_empty() {
        let root = format::path(store.root());
        session.notice(&format!("{root} contains no images"));
    }
    let failed = report.images.iter().filter_map(|image| image.result.as_ref().err());
    Ok(failure::code_of(failed.chain(&report.removal_errors)))
}

/// Returns the form in which a cluster imports images, with this compression.
pub(crate) fn form(
    cluster: Cluster,
    compression: Option<Compression>,
) -> Result<ExportForm, Failure> {
    ExportForm::new(cluster, compression).map_err(Failure::usage)
}

/// Describes why the folder to export to cannot be used.
fn refused(error: sealift_workflow::store::Error) -> Failure {
    let hint = hints::folder::target(&error);
    Failure::of(&error.into()).with_hint(hint)
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "expected a number of at least 1".to_owned())
}

fn document(image: &ImageExport) -> Value {
    failure::with_hint(json!(image), &image.result)
}

/// Prints the result for one image as soon as it is known.
fn show_image(image: &ImageExport, session: &Session) {
    session.json_result(|| document(image));
    match &image.result {
        Ok(_) if session.global.json() => {}
        Ok(image) => session.result_line(&line(image)),
        // Interruptions are reported at the end.
        Err(error) if is_interruption(error) => {}
        Err(error) => session.progress.suspend(|| failure::show(error)),
    }
}

/// Prints the removed files, errors of the removal, and a summary.
fn show_rest(report: &ExportReport, session: &Session) {
    let errors = report.removal_errors.iter().filter(|error| !is_interruption(error));
    let errors = errors.map(|error| json!({ "error": failure::document(error) }));
    errors.clone().for_each(|document| session.json_result(|| document));
    session.json_results(|| report.images.iter().map(document).chain(errors).collect());
    for image in report.images.iter().filter_map(|image| image.result.as_ref().ok()) {
        let word = if image.is_planned { "would remove" } else { "removed" };
        for file in image.removed.iter().filter(|_| !session.global.json()) {
            let line = Line::new().fixed(word).path(file.path.display());
            session.result_line(&line.fixed(format::size(file.size)));
        }
        for file in &image.skipped {
            let reason = sealift_workflow::filename::Printable(&file.reason).to_string();
            session.notice(&format!("{} is not removed: {reason}", format::path(&file.path)));
        }
    }
    for error in report.removal_errors.iter().filter(|error| !is_interruption(error)) {
        failure::show(error);
    }
    let results = report.images.iter().map(|image| (image.asked.clone(), &image.result));
    session.interrupted_images(results);
    let done = || report.images.iter().filter_map(|image| image.result.as_ref().ok());
    let exported = || done().filter(|image| image.exported);
    let failed = || report.images.iter().filter_map(|image| image.result.as_ref().err());
    let interrupted = failed().filter(|error| is_interruption(error)).count();
    let word = if done().any(|image| image.is_planned) { "to export" } else { "exported" };
    let counts = [
        (exported().count(), word),
        (done().count() - exported().count(), "unchanged"),
        (failed().count() - interrupted, "failed"),
        (interrupted, "interrupted"),
    ];
    session.summary(&counts, exported().filter_map(|image| image.size).sum());
}

fn line(image: &ExportedImage) -> Line {
    let word = match (image.exported, image.is_planned) {
        (true, false) => "exported",
        (true, true) => "would export",
        (false, _) => "unchanged",
    };
    Line::new()
        .name(format!("{}:{}", image.image, image.version.display_tag()))
        .fixed(word)
        .path(image.path.display())
        .fixed(image.size.map(format::size).unwrap_or_default())
}
