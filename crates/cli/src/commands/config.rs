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

/// Write the config that clusters read, with URLs and checksums
#[derive(Debug, Args)]
#[command(mut_arg("platform", |arg| arg.help("Use the archives for this platform")))]
#[command(after_help = "\
Examples:
  sealift config https://cdn.example.org/images/ --release -o images.json
  sealift config https://cdn.example.org/images/ web:1.4.0.7 api
  sealift config https://cdn.example.org/images/ --release --format consul \\
    | consul kv import -
  sealift config --release --format sums -o artifacts/SHA256SUMS
  (cd artifacts && gpg --detach-sign SHA256SUMS && sha256sum -c SHA256SUMS)")]
pub(crate) struct ConfigArguments {
    /// URL of the folder, or its path on a server, which begins with `/`
    #[arg(value_name = "BASEURL")]
    base_url: Option<String>,
    /// Include only these images; without a version, the latest archive
    #[arg(value_name = "IMAGE[:VERSION]", add = completer::references())]
    images: Vec<String>,
    /// File to write; it is replaced atomically, and unchanged on failure
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write an empty result instead of failing
    #[arg(long)]
    allow_empty: bool,
    /// Output format: a JSON object, keys for `consul kv import`, or SHA256SUMS of the archives
    #[arg(long, value_enum)]
    #[arg(default_value_t = ConfigFormat::Json, value_name = "FORMAT")]
    format: ConfigFormat,
    /// With --format consul: prefix of the keys
    #[arg(long, value_name = "KEY", default_value = CONSUL_PREFIX)]
    prefix: String,
    #[command(flatten)]
    latest_by: LatestArguments,
}

/// The format of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConfigFormat {
    // One object, keyed by image.
    Json,
    // An array for `consul kv import`.
    Consul,
    // Lines for `sha256sum -c` in the folder.
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
                return Err(Failure::usage(
                    "--format sums lists files in the folder; omit BASEURL",
                ));
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

/// Splits the arguments into the URL and the images. The first argument is an image unless it is a
/// URL or an absolute path.
fn split(arguments: &ConfigArguments) -> Result<(Option<BaseUrl>, Vec<String>), Failure> {
    let first = arguments.base_url.as_deref();
    let base_url = first.filter(|text| BaseUrl::has_form(text));
    let image = first.filter(|text| !BaseUrl::has_form(text));
    if let Some(text) = image.filter(|text| text.ends_with('/')) {
        return Err(Failure::usage(format!(
            "`{text}` is neither an image nor a BASEURL; a BASEURL is a URL or begins with `/`"
        )));
    }
    if let Some(text) = arguments.images.iter().find(|text| BaseUrl::has_form(text)) {
        return Err(Failure::usage(format!(
            "BASEURL `{text}` must be the first argument, before the images"
        )));
    }
    let images = image.map(str::to_owned).into_iter().chain(arguments.images.iter().cloned());
    Ok((base_url.map(parse_base_url).transpose()?, images.collect()))
}

fn parse_base_url(text: &str) -> Result<BaseUrl, Failure> {
    text.parse().map_err(|error: ParseBaseUrlError| {
        Failure::usage(format!("`{text}` is not a valid BASEURL: {}", error.kind()))
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
