//! `sealift config`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use sealift_workflow::{
    BaseUrl, CONSUL_PREFIX, ConfigOptions, ParseBaseUrlError, config, consul_keys, sums,
};
use serde::Serialize;

use crate::arguments::completer;
use crate::arguments::latest::LatestArguments;
use crate::arguments::reference::references;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;
use crate::replace_file::replace_file;
use crate::session::Session;

/// Write the clusters' config: the URL and checksums of each image's latest archive
#[derive(Debug, Args)]
#[command(mut_arg("platform", |arg| arg.help("Take archives for this platform")))]
#[command(after_help = "\
Examples:
  sealift config https://cdn.example.org/images/ --release -o images.json
  sealift config https://cdn.example.org/images/ web:1.4.0.7 api
  sealift config https://cdn.example.org/images/ --release --format consul \\
    | consul kv import -
  sealift config --release --format sums -o artifacts/SHA256SUMS
  (cd artifacts && gpg --detach-sign SHA256SUMS && sha256sum -c SHA256SUMS)")]
pub(crate) struct ConfigArguments {
    /// URL of the folder, or its path on a server, beginning with `/`
    #[arg(value_name = "BASEURL")]
    base_url: Option<String>,
    /// Only these images; without a version, the latest archive
    #[arg(value_name = "IMAGE[:VERSION]", add = completer::references())]
    images: Vec<String>,
    /// File to write, atomically; it stays as it is if anything fails
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write an empty result instead of failing
    #[arg(long)]
    allow_empty: bool,
    /// The form of the config: json, consul, or sums, the same archives' SHA256SUMS
    #[arg(long, value_enum, hide_possible_values = true)]
    #[arg(default_value_t = ConfigFormat::Json, value_name = "FORMAT")]
    format: ConfigFormat,
    /// With --format consul: the prefix of the keys
    #[arg(long, value_name = "KEY", default_value = CONSUL_PREFIX)]
    prefix: String,
    #[command(flatten)]
    latest_by: LatestArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConfigFormat {
    /// One object, keyed by image
    Json,
    /// An array for `consul kv import`
    Consul,
    /// The lines that `sha256sum -c` reads in the folder
    Sums,
}

pub(crate) async fn run(
    arguments: ConfigArguments,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let output = arguments.output.as_deref();
    let (base_url, images) = split(&arguments)?;
    let images = references(&session.images(&images).await?)?;
    let options = ConfigOptions::default()
        .with_base_url(base_url)
        .with_images(images)
        .with_latest(arguments.latest_by.options()?)
        .with_allow_empty(arguments.allow_empty);
    let store = session.store()?;
    let run = session.run();
    match arguments.format {
        ConfigFormat::Sums => {
            if options.base_url.is_some() {
                return Err(Failure::usage("sums are of files in the folder; leave BASEURL out"));
            }
            let sums = sums(&store, &options, &run).await?;
            if session.global.json() {
                return write_json(&sums, output);
            }
            write(&sums.iter().map(|sum| format!("{sum}\n")).collect::<String>(), output)
        }
        ConfigFormat::Consul => {
            let config = config(&store, &options, &run).await?;
            let keys = consul_keys(&config, &arguments.prefix);
            write_json(&keys, output)
        }
        ConfigFormat::Json => write_json(&config(&store, &options, &run).await?, output),
    }
}

/// Separates the URL from the images. The first argument is an image if it has neither the form of
/// a URL nor that of an absolute path.
fn split(arguments: &ConfigArguments) -> Result<(Option<BaseUrl>, Vec<String>), Failure> {
    let first = arguments.base_url.as_deref();
    let base_url = first.filter(|text| BaseUrl::has_form(text));
    let image = first.filter(|text| !BaseUrl::has_form(text));
    if let Some(text) = image.filter(|text| text.ends_with('/')) {
        return Err(Failure::usage(format!(
            "`{text}` is neither an image nor a BASEURL, which is a URL or begins with `/`"
        )));
    }
    if let Some(text) = arguments.images.iter().find(|text| BaseUrl::has_form(text)) {
        return Err(Failure::usage(format!("`{text}` is a BASEURL; put it before the images")));
    }
    let images = image.map(str::to_owned).into_iter().chain(arguments.images.iter().cloned());
    Ok((base_url.map(parse_base_url).transpose()?, images.collect()))
}

fn parse_base_url(text: &str) -> Result<BaseUrl, Failure> {
    text.parse().map_err(|error: ParseBaseUrlError| {
        Failure::usage(format!("`{text}` is not a BASEURL: {}", error.kind()))
    })
}

fn write_json(document: &impl Serialize, output: Option<&Path>) -> Result<ExitCode, Failure> {
    let text = serde_json::to_string_pretty(document).map_err(Failure::usage)?;
    write(&(text + "\n"), output)
}

fn write(text: &str, output: Option<&Path>) -> Result<ExitCode, Failure> {
    match output {
        Some(file) if file != Path::new("-") => replace_file(file, text.as_bytes())?,
        _ => output::data(text),
    }
    Ok(ExitCode::DONE)
}
