//! `sealift add`.

use std::path::{Path, PathBuf};

use clap::Args;
use sealift_workflow::archive::Level;
use sealift_workflow::{AddOptions, Added, Error, Event, Reporter as _, StoredArchive, add};
use serde_json::{Value, json};

use crate::archive_lines::rebuilt_line;
use crate::arguments::file;
use crate::arguments::immutable::ImmutableArguments;
use crate::arguments::one_of;
use crate::arguments::platform::PlatformArguments;
use crate::arguments::reference::reference;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure, is_interruption};
use crate::format;
use crate::line::Line;
use crate::session::Session;

/// Import archives made by other tools into the folder
#[derive(Debug, Args)]
#[command(mut_arg("platform", |arg| arg.help("Import this platform of an image for several platforms")))]
#[command(after_help = "\
add reads archives of docker, podman, skopeo and crane: plain tars, gzip, zstd,
xz, bzip2 and zip. No engine is needed. docker.io/library/web and localhost/web
are added as `web`. The imported archive has only the tag of its new name.

Examples:
  sealift add web.tar.gz
  ssh build1 docker save web:1.4.0.7 | sealift add -
  sealift add from-the-vendor.tar --name web:1.4.0.7 --compress")]
pub(crate) struct AddArguments {
    /// Archives to import; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Name of the image, instead of the tag in the file; only with one FILE
    #[arg(long, value_name = "IMAGE:VERSION", conflicts_with = "every")]
    name: Option<String>,
    /// Add an image with several tags under each of them
    #[arg(long)]
    every: bool,
    #[command(flatten)]
    platform: PlatformArguments,
    #[command(flatten)]
    immutable: ImmutableArguments,
    /// Save plain tars as zips
    #[arg(long)]
    compress: bool,
    /// Compression level
    #[arg(long, value_name = "LEVEL", value_parser = one_of::level(), default_value_t)]
    level: Level,
}

pub(crate) async fn run(arguments: AddArguments, session: &Session) -> Result<ExitCode, Failure> {
    if arguments.name.is_some() && arguments.files.len() > 1 {
        return Err(Failure::usage(
            "--name can be used with one file only; add the files one by one",
        ));
    }
    let options = AddOptions::default()
        .with_name(arguments.name.as_deref().map(reference).transpose()?)
        .with_every(arguments.every)
        .with_compress(arguments.compress)
        .with_level(arguments.level)
        .with_platform(arguments.platform.platform()?)
        .with_immutable(arguments.immutable.is_set());
    let files =
        arguments.files.iter().map(|file| file::path(file)).collect::<Result<Vec<_>, _>>()?;
    let (store, _new_folder) = session.store_to_write()?;
    for file in &files {
        session.progress.report(Event::Waiting { image: file.display().to_string() });
    }
    let mut results = Vec::new();
    for file in &files {
        session.progress.report(Event::WaitEnded { image: file.display().to_string() });
        let (added, error) = match add(&store, file, &options, &session.run()).await {
            Ok(report) => (report.added, report.error),
            Err(error) => (Vec::new(), Some(error)),
        };
        let added = added.into_iter().map(Ok);
        for result in added.chain(error.map(Err)) {
            session.json_result(|| document(file, &result));
            match &result {
                Ok(_) if session.global.json() => {}
                Ok(added) => show(added, session),
                // Interruptions are reported at the end.
                Err(error) if is_interruption(error) => {}
                Err(error) => session.progress.suspend(|| failure::show(error)),
            }
            results.push((file, result));
        }
    }
    session.json_results(|| results.iter().map(|(file, result)| document(file, result)).collect());
    let shown = results.iter().map(|(file, result)| (file.display().to_string(), result));
    session.interrupted_images(shown);
    show_summary(&results, session);
    Ok(failure::code_of(results.iter().filter_map(|(_, result)| result.as_ref().err())))
}

/// Returns the JSON of the result for one name of a file.
fn document(file: &Path, result: &Result<Added, Error>) -> Value {
    match result {
        Ok(added) => json!(added),
        Err(error) => {
            json!({ "from": file.to_string_lossy(), "error": failure::document(error) })
        }
    }
}

/// Prints the result for one name of a file.
fn show(added: &Added, session: &Session) {
    let StoredArchive { image, version, path, size, .. } = &added.file;
    let name = format!("{image}:{}", version.as_str());
    let word = if added.added { "added" } else { "unchanged" };
    let line = Line::new().name(&name).fixed(word).path(path.display()).fixed(format::size(*size));
    session.result_line(&line);
    if !added.replaces.is_empty() {
        session.notice_line(&rebuilt_line(image, version, &added.replaces));
    }
    if let Some(plain) = &added.beside {
        let line = Line::new().name(&name).path(plain.display());
        let line = line.fixed("is still there: the same image as a plain tar").after(" ");
        session.notice_line(&line);
    }
}

/// Prints the numbers of results: `2 added, 1 unchanged, 282 MB`.
fn show_summary(results: &[(&PathBuf, Result<Added, Error>)], session: &Session) {
    let count = |is: fn(&Result<Added, Error>) -> bool| {
        results.iter().filter(|(_, result)| is(result)).count()
    };
    let added = results.iter().filter_map(|(_, result)| result.as_ref().ok());
    let bytes = added.filter(|added| added.added).map(|added| added.file.size).sum();
    let counts = [
        (count(|result| result.as_ref().is_ok_and(|added| added.added)), "added"),
        (count(|result| result.as_ref().is_ok_and(|added| !added.added)), "unchanged"),
        (count(|result| result.as_ref().is_err_and(|error| !is_interruption(error))), "failed"),
        (count(|result| result.as_ref().is_err_and(is_interruption)), "interrupted"),
    ];
    session.summary(&counts, bytes);
}
