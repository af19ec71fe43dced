//! `sealift load`.

use std::path::Path;

use sealift_workflow::docker::Engine;
use sealift_workflow::{Error, ErrorKind, ImageLoad, LoadFileOptions, Selection, load, load_file};
use serde_json::json;

use crate::args::LoadArguments;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::file_argument;
use crate::human;
use crate::output;
use crate::session::{Session, latest_options, platform, query_of, reference};
use crate::table::printable;

pub(crate) async fn run(arguments: LoadArguments, session: &Session) -> Result<ExitCode, Failure> {
    let (files, images): (Vec<_>, Vec<_>) =
        arguments.images.iter().cloned().partition(|image| file_argument::is_file(image));
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
            if file_argument::ends_like_archive(&result.asked)
                && result.result.as_ref().is_err_and(is_missing)
            {
                let file = Path::new(&result.asked);
                let options = LoadFileOptions::default();
                result.result = load_file(&engine, file, &options, &session.run()).await;
            }
            results.push(result);
        }
        if results.is_empty() && !session.global.quiet {
            let root = printable(&store.root().display().to_string());
            output::error_line(&format!("{root} holds no images"));
        }
    }
    if session.global.json {
        let documents: Vec<_> = results.iter().map(document).collect();
        output::json(&documents);
    }
    let mut code = ExitCode::DONE;
    let mut is_interrupted = false;
    for ImageLoad { result, .. } in &results {
        match result {
            Ok(_) if session.global.json => {}
            Ok(image) => {
                let word = if image.loaded { "loaded" } else { "unchanged" };
                let size = human::size(image.size);
                let path = printable(&image.path.display().to_string());
                session.result(&format!("{}  {word}  {path}  {size}\n", image.tag));
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => is_interrupted = true,
            Err(error) => {
                failure::show(error);
                if code == ExitCode::DONE {
                    code = ExitCode::of(error.kind());
                }
            }
        }
    }
    // Said once, after all that was finished.
    if is_interrupted {
        failure::show(&Error::Interrupted);
        code = ExitCode::INTERRUPTED;
    }
    Ok(code)
}

/// Loads archives that are not in the folder, one after the other.
async fn load_files(
    engine: &Engine,
    files: &[String],
    arguments: &LoadArguments,
    session: &Session,
) -> Result<Vec<ImageLoad>, Failure> {
    let options = LoadFileOptions {
        name: arguments.name.as_deref().map(reference).transpose()?,
        platform: platform(arguments.platform.as_deref())?,
    };
    let mut results = Vec::new();
    for file in files {
        let path = file_argument::path(Path::new(file))?;
        let result = load_file(engine, &path, &options, &session.run()).await;
        match result {
            Err(error) if error.kind() == ErrorKind::Unreachable => return Err(error.into()),
            result => results.push(ImageLoad { asked: file.clone(), result }),
        }
    }
    Ok(results)
}

fn selection(arguments: &LoadArguments) -> Result<Selection, Failure> {
    let platform_text = arguments.platform.as_deref();
    if arguments.latest {
        return Ok(Selection::Latest(latest_options(arguments.latest_by, platform_text)?));
    }
    if arguments.all {
        return Ok(Selection::All(platform(platform_text)?));
    }
    let queries = arguments
        .images
        .iter()
        .map(|image| query_of(&reference(image)?, arguments.latest_by, platform_text))
        .collect::<Result<_, _>>()?;
    Ok(Selection::Queries(queries))
}

fn document(load: &ImageLoad) -> serde_json::Value {
    match &load.result {
        Ok(image) => json!(image),
        Err(error) => json!({ "asked": load.asked, "error": failure::document(error) }),
    }
}
