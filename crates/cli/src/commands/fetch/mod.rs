//! `sealift fetch`.

mod text;

use std::collections::BTreeSet;

use clap::Args;
use sealift_workflow::catalog::{Keep, Retention};
use sealift_workflow::docker::Engine;
use sealift_workflow::filename::{ArchivePath, Reference, Repository};
use sealift_workflow::store::Store;
use sealift_workflow::{
    CleanReport, EngineLoad, ErrorKind, FetchOptions, FetchReport, LoadRequest, Selection, clean,
    fetch, load, plan_clean, plan_fetch,
};

use crate::arguments::completer;
use crate::arguments::hosts::HostsArguments;
use crate::arguments::place;
use crate::arguments::reference::references;
use crate::arguments::signers::SignersArguments;
use crate::commands::load::text::Printer;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::session::Session;

/// Fetch published archives, and optionally load them into engines
#[derive(Debug, Args)]
#[command(after_help = "\
URL is a config that `sealift publish` wrote, or the destination that contains
it: https://HOST/PATH, s3://BUCKET/PREFIX, gs://, az://, or a path. fetch
transfers only missing archives, and only the blocks that no archive in the
folder contains. An archive becomes visible after it is verified. The next fetch
continues an interrupted one.

The folder remembers the last config: an unchanged config is not transferred
again, and an older one is refused. With --quiet, only changes are printed.

Examples:
  sealift fetch https://cdn.example.org/images/
  sealift fetch https://cdn.example.org/images/ web:1.4.0.7
  sealift fetch s3://builds/images --load --keep 3
  sealift fetch https://cdn.example.org/images/ --signed-by ops/signers
  sealift fetch https://cdn.example.org/images/ --load --host ssh://edge1
  sealift fetch /mnt/usb/images --exit-code && systemctl restart web")]
pub(crate) struct FetchArguments {
    /// Config, or the destination that contains images.json
    #[arg(value_name = "URL")]
    url: String,
    /// Fetch only these images; a version must match the config
    #[arg(value_name = "IMAGE[:VERSION]", add = completer::references())]
    images: Vec<String>,
    /// Ignore dirty versions: latest, dev, *.dirty, *+dirty, and build number 0
    #[arg(long)]
    release: bool,
    /// Load the images into engines that do not have them
    #[arg(long, conflicts_with = "dry_run")]
    load: bool,
    /// Afterwards, remove old archives of these images, except N released versions, N dirty builds
    /// and those in the config
    #[arg(long, value_name = "N", conflicts_with = "dry_run")]
    keep: Option<usize>,
    /// Accept a config that is older than the last one fetched
    #[arg(long)]
    allow_older: bool,
    /// Show what would be fetched without fetching it
    #[arg(long)]
    dry_run: bool,
    /// Exit with 8 if there was nothing new
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    signers: SignersArguments,
    #[command(flatten)]
    hosts: HostsArguments,
}

/// The results of fetching, loading and cleaning up.
struct Outcome {
    report: FetchReport,
    loads: Vec<EngineLoad>,
    cleaned: Option<CleanReport>,
}

pub(crate) async fn run(arguments: FetchArguments, session: &Session) -> Result<ExitCode, Failure> {
    if !arguments.load && arguments.hosts.hosts.is_some() {
        return Err(Failure::usage("--hosts requires --load"));
    }
    let place = place::open(&arguments.url)?;
    let images = references(&arguments.images)?;
    let options = FetchOptions::default()
        .with_images(images)
        .with_release(arguments.release)
        .with_allow_older(arguments.allow_older)
        .with_trust(arguments.signers.trust()?);
    let (store, _new_folder) = session.store_to_write()?;
    if arguments.dry_run {
        let plan = plan_fetch(&store, &place, &options, &session.run()).await?;
        text::show_plan(&plan, session);
        let is_new = plan.images.iter().any(|image| image.to_fetch.is_some());
        return Ok(code(&arguments, is_new));
    }
    let engines = match arguments.load {
        true => session.engines(&arguments.hosts).await?,
        false => Vec::new(),
    };
    let on_result = |image: &_| text::show(image, session);
    let report = fetch(&store, &place, &options, on_result, &session.run()).await?;
    text::show_config(&report, session);
    text::show_summary(&report, session);
    let mut outcome = Outcome { report, loads: Vec::new(), cleaned: None };
    let result = go_on(&arguments, &store, &engines, &mut outcome, session).await;
    if session.global.json() {
        text::show_json(&outcome.report, &outcome.loads, outcome.cleaned.as_ref(), session);
    }
    let of_loads = result?;
    let errors = outcome.report.images.iter().filter_map(|image| image.result.as_ref().err());
    let of_fetch = failure::code_of(errors);
    let failed = outcome.cleaned.iter().flat_map(|report| &report.errors);
    let codes = [of_fetch, of_loads, failure::code_of(failed)];
    match codes.into_iter().find(|code| *code != ExitCode::DONE) {
        Some(code) => Ok(code),
        None => Ok(code(&arguments, is_new(&outcome))),
    }
}

fn code(arguments: &FetchArguments, is_new: bool) -> ExitCode {
    if arguments.exit_code && !is_new { ExitCode::NOTHING_NEW } else { ExitCode::DONE }
}

fn is_new(outcome: &Outcome) -> bool {
    let mut fetched = outcome.report.images.iter().filter_map(|image| image.result.as_ref().ok());
    let mut loaded = outcome.loads.iter().filter_map(|load| load.result.as_ref().ok());
    fetched.any(|image| image.fetched) || loaded.any(|image| image.loaded)
}

/// Loads the fetched archives with `--load`, and removes old ones with `--keep`. Returns the exit
/// code of the loads.
async fn go_on(
    arguments: &FetchArguments,
    store: &Store,
    engines: &[Engine],
    outcome: &mut Outcome,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let there = outcome.report.images.iter().filter(|image| image.result.is_ok());
    let archives: Vec<ArchivePath> = there.map(|image| image.archive.clone()).collect();
    let is_interrupted = |image: &sealift_workflow::ImageFetch| {
        image.result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Interrupted)
    };
    if outcome.report.images.iter().any(is_interrupted) {
        return Ok(ExitCode::DONE);
    }
    let mut code = ExitCode::DONE;
    if arguments.load && !archives.is_empty() {
        let is_several = arguments.hosts.are_several(&session.global.engine);
        let printer = Printer::new(session, engines, is_several).with_changes();
        let request = LoadRequest::default()
            .with_folder((store.clone(), Selection::Archives(archives.clone())))
            .with_jobs(arguments.hosts.jobs)
            .with_trust(arguments.signers.trust()?);
        let on_result = |load: &EngineLoad| printer.show(load);
        outcome.loads = load(engines, &request, on_result, &session.run()).await?;
        code = printer.end_of(&outcome.loads)?;
    }
    let is_whole = archives.len() == outcome.report.images.len() && code == ExitCode::DONE;
    if let Some(keep) = arguments.keep.filter(|_| is_whole && !archives.is_empty()) {
        outcome.cleaned = Some(remove_others(store, keep, outcome, session).await?);
    }
    Ok(code)
}

/// Removes all but the newest archives of the fetched images. Archives in the config are kept.
async fn remove_others(
    store: &Store,
    keep: usize,
    outcome: &Outcome,
    session: &Session,
) -> Result<CleanReport, Failure> {
    let images = &outcome.report.images;
    let named: BTreeSet<&ArchivePath> = images.iter().map(|image| &image.archive).collect();
    let repositories: BTreeSet<_> = images.iter().map(|image| image.tag.repository()).collect();
    let of_image =
        |image: &&Repository| Reference::new((*image).clone(), None).map_err(Failure::usage);
    let references = repositories.iter().map(of_image).collect::<Result<_, _>>()?;
    let retention = Retention::keeping(Keep::newest(keep)).with_images(references);
    let mut plan = plan_clean(store, &retention, &session.run()).await?;
    plan.archives.retain(|archive| !named.contains(&archive.file.archive));
    let report = clean(store, &plan, &session.run()).await?;
    text::show_removed(&report, session);
    Ok(report)
}
