//! `sealift build`.

use sealift_workflow::docker::{BuildEvent, BuildRequest};
use sealift_workflow::filename::{Reference, Version};
use sealift_workflow::{UpdateOptions, build};
use serde_json::json;

use crate::args::BuildArguments;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;
use crate::session::{Session, reference};
use crate::table::printable;

pub(crate) async fn run(arguments: BuildArguments, session: &Session) -> Result<ExitCode, Failure> {
    let asked = reference(&arguments.image)?;
    let version = asked.version().cloned().unwrap_or_else(|| Version::new("latest"));
    let reference =
        Reference::new(asked.repository().clone(), Some(version)).map_err(Failure::usage)?;
    let engine = session.engine()?;
    let built = build(&engine, request(&arguments, &reference)?, &session.context()).await?;
    let short: String = built.id.trim_start_matches("sha256:").chars().take(12).collect();
    if !arguments.update {
        if session.global.json {
            output::json(&json!({ "image": reference.to_string(), "id": built.id }));
        } else {
            output::data(&format!("built {reference}  {short}\n"));
        }
        return Ok(ExitCode::DONE);
    }
    session.progress.line(&format!("built {reference}  {short}"));
    let options = UpdateOptions {
        compress: arguments.compress,
        level: arguments.level,
        clean: arguments.clean,
        ..UpdateOptions::default()
    };
    super::update::update_and_show(&[reference], &options, session).await
}

fn request(arguments: &BuildArguments, reference: &Reference) -> Result<BuildRequest, Failure> {
    let mut request = BuildRequest::new(reference.to_string(), &arguments.path);
    request.dockerfile = arguments.file.clone();
    request.target = arguments.target.clone();
    request.network_mode = arguments.network.clone();
    request.platform = arguments.platform.clone();
    request.no_cache = arguments.no_cache;
    request.pull = arguments.pull;
    for argument in &arguments.build_args {
        // As `docker build` does: without a value, the environment's.
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (argument.as_str(), std::env::var(argument).ok()),
        };
        if let Some(value) = value {
            request.build_args.insert(name.to_owned(), value);
        }
    }
    for label in &arguments.labels {
        let (name, value) = label.split_once('=').unwrap_or((label, ""));
        request.labels.insert(name.to_owned(), value.to_owned());
    }
    Ok(request)
}

/// Says what happens in a build, in one line.
pub(crate) fn line(event: &BuildEvent) -> Option<String> {
    let line = match event {
        BuildEvent::Step { number, total, text } => format!("step {number}/{total}  {text}"),
        BuildEvent::Log(text) => text.clone(),
        BuildEvent::Warning(text) => format!("warning: {text}"),
        _ => return None,
    };
    Some(printable(line.trim_end()))
}
