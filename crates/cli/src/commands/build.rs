//! `sealift build`.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use sealift_workflow::docker::{
    BuildEvent, BuildRequest, Credentials, Engine, StepEnd, proxy_build_args,
};
use sealift_workflow::filename::Reference;
use sealift_workflow::{UpdateOptions, build};
use serde_json::json;

use crate::args::BuildArguments;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::human;
use crate::output;
use crate::session::{Session, reference};
use crate::table::printable;

pub(crate) async fn run(arguments: BuildArguments, session: &Session) -> Result<ExitCode, Failure> {
    let asked = reference(&arguments.image)?;
    let version = asked.version_or_latest();
    let reference =
        Reference::new(asked.repository().clone(), Some(version)).map_err(Failure::usage)?;
    let engine = session.engine()?;
    let built =
        build(&engine, request(&arguments, &reference, &engine, session)?, &session.context())
            .await?;
    let short: String =
        printable(&built.id).trim_start_matches("sha256:").chars().take(12).collect();
    if !arguments.update {
        if session.global.json {
            output::json(&json!({
                "image": reference.repository(),
                "version": reference.version_or_latest(),
                "id": short,
                "engine_id": built.id,
            }));
        } else if session.global.quiet {
            // As `docker build -q` does.
            output::data(&format!("{}\n", built.id));
        } else {
            output::text(&format!("built {reference}  {short}\n"));
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

fn request(
    arguments: &BuildArguments,
    reference: &Reference,
    engine: &Engine,
    session: &Session,
) -> Result<BuildRequest, Failure> {
    let settings = session.settings();
    let mut request = BuildRequest::new(reference.to_string(), &arguments.path);
    match arguments.file.as_deref() {
        Some("-") => request.dockerfile_text = Some(read_stdin()?),
        file => request.dockerfile = file.map(|file| inside(&arguments.path, file)),
    }
    request.builder = arguments.builder;
    request.credentials = Credentials::resolve(&settings).map_err(Failure::usage)?;
    request.target = arguments.target.clone();
    request.network_mode = arguments.network.clone();
    request.platform = arguments.platform.clone();
    request.extra_hosts = arguments.add_host.clone();
    request.cache_from = arguments.cache_from.clone();
    request.no_cache = arguments.no_cache;
    request.pull = arguments.pull;
    request.rm = arguments.rm;
    request.forcerm = arguments.force_rm;
    request.shm_size = arguments.shm_size;
    request.memory = arguments.limits.memory;
    request.memory_swap = arguments.limits.memory_swap;
    request.cpu_shares = arguments.limits.cpu_shares;
    request.cpuset_cpus = arguments.limits.cpuset_cpus.clone();
    request.cpu_period = arguments.limits.cpu_period;
    request.cpu_quota = arguments.limits.cpu_quota;
    // What is said on the command line goes before the config file.
    request.build_args =
        proxy_build_args(&settings, &engine.endpoint().address).map_err(Failure::usage)?;
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

/// Gives the Dockerfile's path in the context: as docker does it, a file is counted from the current folder; one
/// that isn't there, from the context.
fn inside(context: &Path, file: &str) -> String {
    let path = Path::new(file);
    if !path.is_file() {
        return file.to_owned();
    }
    let place = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        Some(folder.unwrap_or(Path::new(".")).canonicalize().ok()?.join(path.file_name()?))
    };
    let Some(place) = place(path) else { return file.to_owned() };
    let inside = context.canonicalize().ok();
    let inside = inside.and_then(|context| place.strip_prefix(context).ok().map(Path::to_owned));
    // One that is outside is refused with its whole path.
    inside.unwrap_or(place).display().to_string()
}

fn read_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().lock().read_to_string(&mut text);
    read.map_err(|error| Failure::usage(format!("standard input is no Dockerfile: {error}")))?;
    if text.trim().is_empty() {
        return Err(Failure::usage(
            "standard input is empty, and `-f -` wants a Dockerfile from it",
        ));
    }
    Ok(text)
}

/// Says what happens in a build, in one line, as `docker build --progress=plain` does.
pub(crate) fn line(event: &BuildEvent) -> Option<String> {
    let line = match event {
        BuildEvent::Step { number, total, text } => format!("step {number}/{total}  {text}"),
        BuildEvent::Log(text) => text.clone(),
        BuildEvent::Warning(text) => format!("warning: {text}"),
        BuildEvent::Started { step, name } => format!("#{step} {name}"),
        BuildEvent::Output { step, after: None, line } => format!("#{step} {line}"),
        BuildEvent::Output { step, after: Some(after), line } => {
            format!("#{step} {} {line}", seconds(*after, 3))
        }
        BuildEvent::Part { step, what, bytes: 0 } => format!("#{step} {what} done"),
        BuildEvent::Part { step, what, bytes } => {
            format!("#{step} {what} {} done", human::size(*bytes))
        }
        BuildEvent::Ended { step, end } => match end {
            StepEnd::Done(took) => format!("#{step} DONE {}s", seconds(*took, 1)),
            StepEnd::Cached => format!("#{step} CACHED"),
            StepEnd::Failed(words) => format!("#{step} ERROR {words}"),
            _ => return None,
        },
        _ => return None,
    };
    Some(printable(line.trim_end()))
}

fn seconds(time: Duration, digits: usize) -> String {
    format!("{:.digits$}", time.as_secs_f64())
}
