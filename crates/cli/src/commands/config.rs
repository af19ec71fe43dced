//! `sealift config`.

use std::path::Path;

use sealift_workflow::{BaseUrl, ConfigOptions, config, consul_keys, sums};
use serde::Serialize;

use crate::args::{ConfigArguments, ConfigFormat};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;
use crate::replace_file::replace_file;
use crate::session::{Session, latest_options, reference};

pub(crate) async fn run(
    arguments: ConfigArguments,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let output = arguments.output.as_deref();
    let options = options(&arguments)?;
    let store = session.store()?;
    let context = session.run();
    match arguments.format {
        ConfigFormat::Sums => {
            if options.base_url.is_some() {
                return Err(Failure::usage("sums are of files in the folder; leave BASEURL out"));
            }
            let sums = sums(&store, &options, &context).await?;
            if session.global.json {
                return write_json(&sums, output);
            }
            write(&sums.iter().map(|sum| format!("{sum}\n")).collect::<String>(), output)
        }
        ConfigFormat::Consul => {
            let config = config(&store, &options, &context).await?;
            let keys = consul_keys(&config, &arguments.prefix).map_err(Failure::usage)?;
            write_json(&keys, output)
        }
        ConfigFormat::Json => write_json(&config(&store, &options, &context).await?, output),
    }
}

/// Reads what is selected. The first argument is an image if it has neither the form of a URL nor that
/// of an absolute path.
fn options(arguments: &ConfigArguments) -> Result<ConfigOptions, Failure> {
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
    let images = image.into_iter().chain(arguments.images.iter().map(String::as_str));
    Ok(ConfigOptions {
        base_url: base_url.map(read_base_url).transpose()?,
        images: images.map(reference).collect::<Result<_, _>>()?,
        latest: latest_options(arguments.latest_by, arguments.platform.as_deref())?,
        allow_empty: arguments.allow_empty,
    })
}

fn read_base_url(text: &str) -> Result<BaseUrl, Failure> {
    text.parse().map_err(|error| Failure::usage(format!("`{text}` is not a BASEURL: {error}")))
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
