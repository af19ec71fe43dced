//! `sealift add`.

use std::path::PathBuf;

use clap::Args;
use sealift_workflow::archive::Level;
use sealift_workflow::filename::Printable;
use sealift_workflow::{AddOptions, Added, StoredArchive, add};
use serde_json::json;

use crate::archive_lines::rebuilt_line;
use crate::arguments::file;
use crate::arguments::immutable::ImmutableArguments;
use crate::arguments::one_of;
use crate::arguments::platform::PlatformArguments;
use crate::arguments::reference::reference;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure, is_interruption};
use crate::format;
use crate::session::Session;

/// Import archives made by other tools into the folder, under their right names
#[derive(Debug, Args)]
#[command(mut_arg("platform", |arg| arg.help("Import this platform of an image for several platforms")))]
#[command(after_help = "\
add reads archives by docker, podman, skopeo or crane: plain tars, gzip, zstd,
xz, bzip2 and zip. It needs no engine. docker.io/library/web and localhost/web
are `web`. The archive carries the name under which it is added, and no other.

Examples:
  sealift add web.tar.gz
  ssh build1 docker save web:1.4.0.7 | sealift add -
  sealift add from-the-vendor.tar --name web:1.4.0.7 --compress")]
pub(crate) struct AddArguments {
    /// The files; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The name, instead of the tags inside; for one file
    #[arg(long, value_name = "IMAGE:VERSION", conflicts_with = "every")]
    name: Option<String>,
    /// Add an image that has several tags under each of them
    #[arg(long)]
    every: bool,
    #[command(flatten)]
    platform: PlatformArguments,
    #[command(flatten)]
    immutable: ImmutableArguments,
    /// Store plain tars as zips
    #[arg(long)]
    compress: bool,
    /// Compression level
    #[arg(long, value_name = "LEVEL", value_parser = one_of::level(), default_value_t)]
    level: Level,
}

pub(crate) async fn run(arguments: AddArguments, session: &Session) -> Result<ExitCode, Failure> {
    if arguments.name.is_some() && arguments.files.len() > 1 {
        return Err(Failure::usage("--name is for one file; add the files one by one"));
    }
    let options = AddOptions::default()
        .with_name(arguments.name.as_deref().map(reference).transpose()?)
        .with_every(arguments.every)
        .with_compress(arguments.compress)
        .with_level(arguments.level)
        .with_platform(arguments.platform.platform()?)
        .with_immutable(arguments.immutable.is_set());
    let (store, _new_folder) = session.store_to_write()?;
    let mut documents = Vec::new();
    let mut errors = Vec::new();
    for file in &arguments.files {
        let file = &file::path(file)?;
        let (added, error) = match add(&store, file, &options, &session.run()).await {
            Ok(report) => (report.added, report.error),
            Err(error) => (Vec::new(), Some(error)),
        };
        for added in &added {
            session.json_result(|| json!(added));
            documents.push(json!(added));
            if !session.global.json() {
                show(added, session);
            }
        }
        let Some(error) = error else { continue };
        let document =
            json!({ "from": file.to_string_lossy(), "error": failure::document(&error) });
        session.json_result(|| document.clone());
        documents.push(document);
        let stops = is_interruption(&error);
        if !stops {
            failure::show(&error);
        }
        errors.push(error);
        if stops {
            break;
        }
    }
    session.json_results(|| documents);
    Ok(failure::code_of(&errors))
}

/// Prints what became of one name of a file.
fn show(added: &Added, session: &Session) {
    let StoredArchive { image, version, path, size, .. } = &added.file;
    let word = if added.added { "added" } else { "unchanged" };
    let (path, size) = (format::path(path), format::size(*size));
    let shown = Printable(version.as_str());
    session.result(&format!("{image}:{shown}  {word}  {path}  {size}\n"));
    if !added.replaces.is_empty() {
        session.notice(&rebuilt_line(image, version, &added.replaces));
    }
    if let Some(plain) = &added.beside {
        session.notice(&format!(
            "{image}:{shown}  {} is still there: the same image as a plain tar",
            format::path(plain),
        ));
    }
}
