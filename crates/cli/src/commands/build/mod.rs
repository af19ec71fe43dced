//! `sealift build`.

mod arguments;
mod parse_size;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use sealift_workflow::docker::{BuildRequest, Built, Engine};
use sealift_workflow::filename::{Printable, Reference};
use sealift_workflow::{Error, UpdateOptions, build, own_files};
use serde_json::json;

use crate::arguments::immutable::ImmutableArguments;
use crate::arguments::reference::reference;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;
use crate::session::Session;

pub(crate) use arguments::BuildArguments;

pub(crate) async fn run(arguments: BuildArguments, session: &Session) -> Result<ExitCode, Failure> {
    let asked = Asked::read(&arguments)?;
    let [first, ..] = &asked.images[..] else {
        return Err(Failure::usage("no name for the image"));
    };
    refuse_what_needs_buildx(&arguments, first, &asked.path)?;
    let engine = session.engine()?;
    let request = request(&arguments, &asked, &engine, session)?;
    let built = build(&engine, request, &session.run()).await;
    session.progress.end_build();
    let built = built?;
    if arguments.update {
        for image in &asked.images {
            session.progress.line(&summary(image, &built));
        }
        let options = UpdateOptions {
            compress: arguments.compress,
            level: arguments.level,
            clean: arguments.clean,
            immutable: ImmutableArguments::default().is_set(),
            ..UpdateOptions::default()
        };
        return super::update::update_and_show(&asked.images, &options, session).await;
    }
    if session.global.json {
        output::json(&document(first, &asked.images, &built));
    } else if session.global.quiet {
        // As `docker build -q` does.
        output::data(format!("{}\n", built.id));
    } else {
        for image in &asked.images {
            output::text(&(summary(image, &built) + "\n"));
        }
    }
    Ok(ExitCode::DONE)
}

/// Returns the twelve digits of a digest by which people know it.
fn short(digest: &str) -> String {
    let hex = digest.trim_start_matches("sha256:");
    Printable(hex).to_string().chars().take(12).collect()
}

/// Says what was built, with the id that its archive has, and the engine's own if that is another one.
fn summary(image: &Reference, built: &Built) -> String {
    let engine_id = short(&built.id);
    match &built.config {
        Some(config) if *config == built.id => format!("built {image}  {engine_id}"),
        Some(config) => {
            format!("built {image}  {}  (the engine shows {engine_id})", short(config))
        }
        None => format!(
            "built {image}  (the engine shows {engine_id}; `sealift update` prints the archive's id)"
        ),
    }
}

fn document(image: &Reference, images: &[Reference], built: &Built) -> serde_json::Value {
    json!({
        "image": image.repository(),
        "version": image.version_or_latest(),
        "id": built.config.as_deref().map(short),
        "digest": built.config,
        "engine_id": built.id,
        "tags": images.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// What a call asks to be built, from where.
struct Asked {
    /// What to call the image; the first one is its name.
    images: Vec<Reference>,
    path: PathBuf,
}

impl Asked {
    /// Reads `IMAGE[:VERSION] [PATH]`, or `-t IMAGE[:VERSION]… [PATH]` as docker writes it.
    fn read(arguments: &BuildArguments) -> Result<Self, Failure> {
        let read = |text: &str| {
            let asked = reference(text)?;
            let version = asked.version_or_latest();
            Reference::new(asked.repository().clone(), Some(version)).map_err(Failure::usage)
        };
        let mut images: Vec<Reference> = Vec::new();
        for tag in &arguments.tags {
            let image = read(tag)?;
            if !images.contains(&image) {
                images.push(image);
            }
        }
        let here = || PathBuf::from(".");
        let (name, path) = match (&arguments.image, &arguments.path) {
            (Some(only), None) if !images.is_empty() && Path::new(only).exists() => {
                (None, PathBuf::from(only))
            }
            (name, path) => (name.as_deref(), path.clone().unwrap_or_else(here)),
        };
        match name {
            None => {}
            Some(name) if images.is_empty() => {
                if is_meant_as_path(name, arguments) {
                    return Err(Failure::usage(format!(
                        "`{name}` is a folder; name the image too: sealift build IMAGE:VERSION {name}"
                    )));
                }
                images.push(read(name)?);
            }
            // The same name twice is no contradiction.
            Some(name) if read(name).is_ok_and(|image| images.contains(&image)) => {}
            Some(name) if arguments.path.is_none() => {
                return Err(Failure::usage(format!("there is no folder `{name}` to build from")));
            }
            Some(name) => {
                let tag = &arguments.tags[0];
                return Err(Failure::usage(format!(
                    "the image is called `{name}` and, by --tag, `{tag}`; pass one name, or --tag for each"
                )));
            }
        }
        Ok(Self { images, path })
    }
}

/// Returns `true` if what stands in the place of a name is a folder, as after `docker build`, and nothing could be built
/// under that name.
fn is_meant_as_path(name: &str, arguments: &BuildArguments) -> bool {
    let has_dockerfile = ["Dockerfile", "dockerfile"].iter().any(|file| Path::new(file).exists());
    arguments.path.is_none()
        && Path::new(name).is_dir()
        && (reference(name).is_err() || (arguments.file.is_none() && !has_dockerfile))
}

/// Refuses what the engine's own build endpoint can't do, and says what can.
fn refuse_what_needs_buildx(
    arguments: &BuildArguments,
    image: &Reference,
    path: &Path,
) -> Result<(), Failure> {
    let given = [("--secret", &arguments.secrets), ("--ssh", &arguments.ssh)];
    let options: Vec<String> = given
        .into_iter()
        .flat_map(|(option, values)| values.iter().map(move |value| format!("{option} {value}")))
        .collect();
    if options.is_empty() {
        return Ok(());
    }
    let error =
        Error::NeedsBuildx { image: image.to_string(), options, path: path.display().to_string() };
    Err(error.into())
}

fn request(
    arguments: &BuildArguments,
    asked: &Asked,
    engine: &Engine,
    session: &Session,
) -> Result<BuildRequest, Failure> {
    let settings = session.settings();
    let mut tags = asked.images.iter().map(ToString::to_string);
    let mut request = BuildRequest::new(tags.next().unwrap_or_default(), &asked.path);
    request.more_tags = tags.collect();
    request.exclude = own_files(&session.dir(), &asked.path);
    match arguments.file.as_deref() {
        Some("-") => request.dockerfile_text = Some(read_stdin()?),
        file => request.dockerfile = file.map(|file| from_context(&asked.path, file)),
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
    // What is said on the command line goes before the config file.
    request.build_args =
        settings.proxy_build_args(&engine.endpoint().address).map_err(Failure::usage)?;
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

/// Returns the Dockerfile's path from the context: as for docker, a file is relative to the current folder, and one that
/// isn't there to the context.
fn from_context(context: &Path, file: &str) -> String {
    let path = Path::new(file);
    if !path.exists() || path.is_dir() {
        return file.to_owned();
    }
    // The last part may be a link, which is left to the build.
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
    read.map_err(|error| Failure::usage(format!("standard input is no Dockerfile: {error}")))?;
    if text.trim().is_empty() {
        return Err(Failure::usage(
            "standard input is empty, and `-f -` wants a Dockerfile from it",
        ));
    }
    Ok(text)
}
