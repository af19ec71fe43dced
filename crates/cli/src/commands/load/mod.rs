//! `sealift load`.

pub(crate) mod text;

use std::path::{Path, PathBuf};

use clap::Args;
use sealift_workflow::{LoadRequest, load};

use crate::arguments::completer;
use crate::arguments::file;
use crate::arguments::hosts::HostsArguments;
use crate::arguments::latest::LatestArguments;
use crate::arguments::reference::reference;
use crate::arguments::signers::SignersArguments;
use crate::commands::load::text::Printer;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::format;
use crate::session::Session;

/// Load archives into engines
#[derive(Debug, Args)]
#[command(mut_arg("platform", |arg| arg.help("Use the archives for this platform")))]
#[command(override_usage = "sealift load [OPTIONS] <IMAGE[:VERSION]|FILE...|--latest|--all>")]
#[command(after_help = "\
load creates the tag in the name of the archive and no other. If several
archives have this tag, load uses the newest one for the engine's platform.
Archives are verified while they are sent: a damaged archive never becomes an
image. Images that the engine has are skipped.

Layers that the engine has are not sent. If the image is then incomplete in the
engine, load reports this and sends all layers before it creates the tag.
Engines with the containerd store need fewer layers if the folder contains the
archives of the images that they have.

With --signed-by, each archive must be listed in signed checksums: SHA256SUMS
and its signature in the folder, or the config of a fetch with --signed-by.

Engines named by --host, --context and --hosts are loaded in parallel and
independently of each other. Results are printed as they happen; the exit code
is that of the worst failure.

Examples:
  sealift load web:1.4.0.7
  sealift load --latest
  sealift load web --host ssh://edge1 --host ssh://edge2
  sealift load --latest --hosts edges.txt
  ssh build1 docker save web:1.4.0.7 | gzip | sealift load -
  sealift --dir /mnt/usb/images load --all")]
pub(crate) struct LoadArguments {
    /// Images; without a version, the latest archive. Or archives outside the folder: `-` for
    /// standard input, /PATH, ./PATH, ../PATH, or an existing file that ends in .tar, .tgz, .gz,
    /// .zst, .xz, .bz2, .zip or .docker
    #[arg(value_name = "IMAGE[:VERSION]|FILE", required_unless_present_any = ["latest", "all"], add = completer::references())]
    images: Vec<String>,
    /// Name of the image, instead of the tag in the file; only with one FILE
    #[arg(long, value_name = "IMAGE:VERSION", conflicts_with_all = ["latest", "all"])]
    name: Option<String>,
    /// Load the latest archive of each image
    #[arg(long, conflicts_with_all = ["all", "images"])]
    latest: bool,
    /// Load the newest archive of each version
    #[arg(long, conflicts_with = "images")]
    all: bool,
    /// Send all layers, including those that the engine has
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    latest_by: LatestArguments,
    #[command(flatten)]
    signers: SignersArguments,
    #[command(flatten)]
    hosts: HostsArguments,
}

pub(crate) async fn run(arguments: LoadArguments, session: &Session) -> Result<ExitCode, Failure> {
    let (files, images): (Vec<_>, Vec<_>) =
        arguments.images.iter().cloned().partition(|image| file::is_file(image));
    if arguments.name.is_some() && (files.len() != 1 || !images.is_empty()) {
        return Err(Failure::usage("--name can be used with one file only"));
    }
    if arguments.hosts.read_stdin() && files.iter().any(|file| file == "-") {
        return Err(Failure::usage("standard input cannot be both an archive and a list of hosts"));
    }
    let is_several = arguments.hosts.are_several(&session.global.engine);
    let images = session.images(&images).await?;
    let engines = session.engines(&arguments.hosts).await?;
    let request = request(&files, images, &arguments, session)?;
    let printer = Printer::new(session, &engines, is_several);
    let loads = load(&engines, &request, |load| printer.show(load), &session.run()).await?;
    if let (None, Some((store, _))) = (loads.first(), &request.folder) {
        session.notice(&format!("{} contains no images", format::path(store.root())));
    }
    printer.end(&loads)
}

/// Returns the request for the files and the selected archives of the folder.
fn request(
    files: &[String],
    images: Vec<String>,
    arguments: &LoadArguments,
    session: &Session,
) -> Result<LoadRequest, Failure> {
    let paths: Vec<PathBuf> =
        files.iter().map(|file| file::path(Path::new(file))).collect::<Result<_, _>>()?;
    let folder = match files.is_empty() || !images.is_empty() {
        true => {
            let LoadArguments { latest, all, .. } = *arguments;
            let selection = arguments.latest_by.selection(&images, latest, all)?;
            Some((session.store()?, selection))
        }
        false => None,
    };
    Ok(LoadRequest::default()
        .with_files(paths)
        .with_name(arguments.name.as_deref().map(reference).transpose()?)
        .with_platform(arguments.latest_by.platform.platform()?)
        .with_folder(folder)
        .with_full(arguments.full)
        .with_jobs(arguments.hosts.jobs)
        .with_trust(arguments.signers.trust()?))
}
