//! `sealift load`.

use sealift_workflow::{Error, ErrorKind, ImageLoad, Selection, load};
use serde_json::json;

use crate::args::LoadArguments;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::human;
use crate::output;
use crate::session::{Session, latest_options, platform, query_of, reference};
use crate::table::printable;

pub(crate) async fn run(arguments: LoadArguments, session: &Session) -> Result<ExitCode, Failure> {
    let selection = selection(&arguments)?;
    let store = session.store()?;
    let engine = session.engine()?;
    let results = load(&engine, &store, &selection, &session.context()).await?;
    if results.is_empty() && !session.global.quiet {
        let root = printable(&store.root().display().to_string());
        output::error_line(&format!("{root} holds no images"));
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
