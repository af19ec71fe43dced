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
    let config =
        sealift_workflow::config(&store, &arguments.base_url, &options, &session.context()).await?;
    match arguments.format {
        ConfigFormat::Json => output::json(&config),
        ConfigFormat::Consul => {
            output::json(&consul_keys(&config, &arguments.prefix).map_err(Failure::usage)?);
        }
    }
    Ok(ExitCode::DONE)
}
