//! `sealift config`.

use sealift_workflow::consul_keys;

use crate::args::{ConfigArguments, ConfigFormat};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;
use crate::session::{Session, latest_options};

pub(crate) async fn run(
    arguments: ConfigArguments,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let options = latest_options(arguments.latest_by, arguments.platform.as_deref())?;
    let store = session.store()?;
    if arguments.format == ConfigFormat::Sums {
        if !arguments.base_url.is_empty() {
            return Err(Failure::usage("sums are of files in the folder; leave BASEURL out"));
        }
        let sums = sealift_workflow::sums(&store, &options, &session.context()).await?;
        if session.global.json {
            output::json(&sums);
        } else {
            output::data(&sums.iter().map(|sum| format!("{sum}\n")).collect::<String>());
        }
        return Ok(ExitCode::DONE);
    }
    let config =
        sealift_workflow::config(&store, &arguments.base_url, &options, &session.context()).await?;
    match arguments.format {
        ConfigFormat::Consul => {
            output::json(&consul_keys(&config, &arguments.prefix).map_err(Failure::usage)?);
        }
        ConfigFormat::Json | ConfigFormat::Sums => output::json(&config),
    }
    Ok(ExitCode::DONE)
}
