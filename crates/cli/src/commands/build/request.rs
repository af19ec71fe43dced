//! The request that `sealift build` sends to the engine.

use std::io::Read as _;
use std::path::Path;

use sealift_workflow::docker::{BuildRequest, Engine};
use sealift_workflow::own_files;

use crate::commands::build::arguments::BuildArguments;
use crate::commands::build::positional::Positional;
use crate::failure::Failure;
use crate::session::Session;

/// Returns the request that the arguments describe.
pub(super) fn request(
    arguments: &BuildArguments,
    positional: &Positional,
    engine: &Engine,
    session: &Session,
) -> Result<BuildRequest, Failure> {
    let settings = session.settings();
    let mut request = BuildRequest::untagged(&positional.path);
    request.tags = positional.images.iter().map(ToString::to_string).collect();
    request.exclude = own_files(&session.dir(), &positional.path);
    match arguments.file.as_deref() {
        Some("-") => request.dockerfile_text = Some(read_stdin()?),
        file => request.dockerfile = file.map(|file| from_context(&positional.path, file)),
    }
    request.builder = arguments.builder;
    request.credentials = settings.credentials().map_err(Failure::usage)?;
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
    // --build-arg overrides the proxies of the docker CLI's config file.
    request.build_args =
        settings.proxy_build_args(&engine.endpoint().address).map_err(Failure::usage)?;
    for argument in &arguments.build_args {
        // Without a value, `docker build` uses the environment variable.
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

/// Returns the path of the Dockerfile in the context. As in docker, a path is relative to the
/// current folder, or to the context if the file does not exist there.
fn from_context(context: &Path, file: &str) -> String {
    let path = Path::new(file);
    if !path.exists() || path.is_dir() {
        return file.to_owned();
    }
    // The file itself can be a symbolic link, which the build resolves.
    let place = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        Some(folder.unwrap_or(Path::new(".")).canonicalize().ok()?.join(path.file_name()?))
    };
    let Some(place) = place(path) else { return file.to_owned() };
    let inside = context.canonicalize().ok();
    let inside = inside.and_then(|context| place.strip_prefix(context).ok().map(Path::to_owned));
    inside.unwrap_or(place).display().to_string()
}

fn read_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().lock().read_to_string(&mut text);
    read.map_err(|error| {
        Failure::usage(format!("cannot read a Dockerfile from standard input: {error}"))
    })?;
    if text.trim().is_empty() {
        return Err(Failure::usage(
            "standard input is empty, but `-f -` reads a Dockerfile from it",
        ));
    }
    Ok(text)
}
