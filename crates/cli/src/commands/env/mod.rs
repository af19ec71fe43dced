//! `sealift env`.

mod exports;
mod used;

use clap::Args;
use sealift_workflow::docker::{Endpoint, Engine, Timeouts};
use sealift_workflow::{Error, ErrorKind};

use crate::commands::env::exports::exports;
use crate::commands::env::used::Used;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::output;
use crate::session::Session;
use crate::user_config::UserConfig;

/// Show which engine and folder are used, and why
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealift env
  eval \"$(sealift env --shell)\"")]
pub(crate) struct EnvArguments {
    /// Print `export` commands for a shell
    #[arg(long, conflicts_with = "json")]
    shell: bool,
}

pub(crate) async fn run(arguments: EnvArguments, session: &Session) -> Result<ExitCode, Failure> {
    let settings = session.settings();
    let timeouts = Timeouts::resolve(&settings).map_err(Failure::setting)?;
    let endpoint = Endpoint::resolve(&settings).map_err(Failure::setting)?;
    let config = UserConfig::read()?;
    let (dir, dir_source) = session.dir_and_source();
    if arguments.shell {
        output::data(exports(&endpoint, &settings, &dir));
        return Ok(ExitCode::DONE);
    }
    let engine = Engine::new(endpoint.clone(), timeouts);
    let answer = tokio::select! {
        answer = engine.version() => answer.map_err(Error::from),
        () = session.interrupted() => return Err(Error::Interrupted.into()),
    };
    let timeout_source = if settings.api_timeout.is_some() {
        "SEALIFT_API_TIMEOUT"
    } else if settings.fallback_api_timeout.is_some() {
        "GENVID_DOCKER_API_TIMEOUT"
    } else {
        "the default"
    };
    let used = Used {
        endpoint,
        dir: (dir.display().to_string(), dir_source),
        config,
        timeouts,
        timeout_source,
    };
    if session.global.json() {
        output::json(&used.json(&answer));
    } else {
        output::text(&used.table(&answer));
    }
    match answer {
        Ok(_) => Ok(ExitCode::DONE),
        Err(error) => {
            failure::show(&error);
            Ok(ExitCode::of(match error.kind() {
                ErrorKind::Failed => ErrorKind::Unreachable,
                kind => kind,
            }))
        }
    }
}
