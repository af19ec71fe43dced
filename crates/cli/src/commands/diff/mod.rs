//! `sealift diff`.

mod text;

use clap::Args;
use sealift_workflow::diff;

use crate::arguments::completer;
use crate::arguments::latest::LatestArguments;
use crate::arguments::reference::reference;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;
use crate::session::Session;

/// Compare two archives: settings, layers and files
#[derive(Debug, Args)]
#[command(mut_arg("platform", |arg| arg.help("Use the archives for this platform")))]
#[command(after_help = "\
Lines begin with - for the first image, + for the second, and ~ for a change.
Files are compared by type, content, permissions, owner and extended attributes,
but not by time. Differences do not change the exit code. Long values are
shortened to 80 columns; --json prints them in full.

Examples:
  sealift diff web:1.4.0.6 web:1.4.0.7
  sealift diff web:1.4.0.6 web --json | jq -r '.files[].path'")]
pub(crate) struct DiffArguments {
    /// First archive; without a version, the latest one
    #[arg(value_name = "IMAGE[:VERSION]", add = completer::references())]
    before: String,
    /// Second archive
    #[arg(value_name = "IMAGE[:VERSION]", add = completer::references())]
    after: String,
    #[command(flatten)]
    latest: LatestArguments,
}

pub(crate) async fn run(arguments: DiffArguments, session: &Session) -> Result<ExitCode, Failure> {
    let before = arguments.latest.query(&reference(&arguments.before)?)?;
    let after = arguments.latest.query(&reference(&arguments.after)?)?;
    let differences = diff(&session.store()?, &before, &after, &session.run()).await?;
    match session.global.json() {
        true => output::json(&differences),
        false => output::text(&text::describe(&differences)),
    }
    Ok(ExitCode::DONE)
}
