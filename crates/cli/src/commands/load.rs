//! `sealift load`.

use std::path::Path;

use clap::Args;
use sealift_workflow::docker::Engine;
use sealift_workflow::{
    Error, ErrorKind, ImageLoad, LoadFileOptions, LoadedImage, Selection, load, load_file,
};
use serde_json::json;

use crate::arguments::completer;
use crate::arguments::file;
use crate::arguments::latest::LatestArguments;
use crate::arguments::reference::reference;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure, is_interruption};
use crate::format;
use crate::output;
use crate::session::Session;

/// Load archives into an engine
#[derive(Debug, Args)]
#[command(mut_arg("platform", |arg| arg.help("Take the archives for this platform")))]
#[command(override_usage = "sealift load [OPTIONS] <IMAGE[:VERSION]|FILE...|--latest|--all>")]
#[command(after_help = "\
load creates the tag of the archive's file name and no other. Of several
archives with one tag, the newest is loaded; of several platforms, the engine's
own, unless --platform is passed. Archives are streamed and verified on the way:
a damaged one never becomes an image. Images that the engine has are skipped.

Examples:
  sealift load web:1.4.0.7
  sealift load --latest
  ssh build1 docker save web:1.4.0.7 | gzip | sealift load -
  sealift --dir /mnt/usb/images load --all")]
pub(crate) struct LoadArguments {
    /// The images; without a version, the latest archive. `-` and paths are archives
    /// outside of the folder: /PATH, ./PATH, ../PATH or an existing file that ends in .tar,
    /// .tgz, .gz, .zst, .xz, .bz2, .zip or .docker
    #[arg(value_name = "IMAGE[:VERSION]|FILE", required_unless_present_any = ["latest", "all"], add = completer::references())]
    images: Vec<String>,
    /// The name in the engine, instead of the tag inside; for one file
    #[arg(long, value_name = "IMAGE:VERSION", conflicts_with_all = ["latest", "all"])]
    name: Option<String>,
    /// Load the latest archive of every image
    #[arg(long, conflicts_with_all = ["all", "images"])]
    latest: bool,
    /// Load the newest archive of every version
    #[arg(long, conflicts_with = "images")]
    all: bool,
    #[command(flatten)]
    latest_by: LatestArguments,
}

pub(crate) async fn run(arguments: LoadArguments, session: &Session) -> Result<ExitCode, Failure> {
    let (files, images): (Vec<_>, Vec<_>) =
        arguments.images.iter().cloned().partition(|image| file::is_file(image));
    if arguments.name.is_some() && (files.len() != 1 || !images.is_empty()) {
        return Err(Failure::usage("--name is for one file"));
    }
    let engine = session.engine()?;
    let mut results = load_files(&engine, &files, &arguments, session).await?;
    if files.is_empty() || !images.is_empty() {
        let selection = selection(&LoadArguments { images, ..arguments })?;
        let store = session.store()?;
        for mut result in load(&engine, &store, &selection, &session.run()).await? {
            // No image and no file is called so; most likely a file was meant.
            let is_missing = |error: &Error| error.kind() == ErrorKind::NotFound;
            if file::ends_like_archive(&result.asked)
                && result.result.as_ref().is_err_and(is_missing)
            {
                let file = Path::new(&result.asked);
                let options = LoadFileOptions::default();
                result.result = load_file(&engine, file, &options, &session.run()).await;
            }
            results.push(result);
        }
        if results.is_empty() && !session.global.quiet {
            let root = format::path(store.root());
            output::error_line(&format!("{root} holds no images"));
        }
    }
    if session.global.json {
        let documents: Vec<_> = results.iter().map(document).collect();
        output::json(&documents);
    }
    for ImageLoad { result, .. } in &results {
        match result {
            Ok(_) if session.global.json => {}
            Ok(image) => session.result(&line(image)),
            Err(error) if is_interruption(error) => {}
            Err(error) => failure::show(error),
        }
    }
    Ok(failure::code_of(results.iter().filter_map(|load| load.result.as_ref().err())))
}

/// Loads archives that are not in the folder, one after the other.
async fn load_files(
    engine: &Engine,
    files: &[String],
    arguments: &LoadArguments,
    session: &Session,
) -> Result<Vec<ImageLoad>, Failure> {
    let options = LoadFileOptions::default()
        .with_name(arguments.name.as_deref().map(reference).transpose()?)
        .with_platform(arguments.latest_by.platform.platform()?);
    let mut results = Vec::new();
    for file in files {
        let path = file::path(Path::new(file))?;
        let result = load_file(engine, &path, &options, &session.run()).await;
        match result {
            Err(error) if error.kind() == ErrorKind::Unreachable => return Err(error.into()),
            result => results.push(ImageLoad::new(file, result)),
        }
    }
    Ok(results)
}

fn selection(arguments: &LoadArguments) -> Result<Selection, Failure> {
    let latest_by = &arguments.latest_by;
    if arguments.latest {
        return Ok(Selection::Latest(latest_by.options()?));
    }
    if arguments.all {
        return Ok(Selection::All(latest_by.platform.platform()?));
    }
    let queries = arguments
        .images
        .iter()
        .map(|image| latest_by.query(&reference(image)?))
        .collect::<Result<_, _>>()?;
    Ok(Selection::Queries(queries))
}

fn line(image: &LoadedImage) -> String {
    let word = if image.loaded { "loaded" } else { "unchanged" };
    let (path, size) = (format::path(&image.path), format::size(image.size));
    format!("{}  {word}  {path}  {size}\n", image.tag)
}

fn document(load: &ImageLoad) -> serde_json::Value {
    failure::with_hint(json!(load), &load.result)
}
