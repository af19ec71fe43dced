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

/// Compare two archives: the settings, the layers and the files of the images
#[derive(Debug, Args)]
#[command(mut_arg("platform", |arg| arg.help("Take the archives for this platform")))]
#[command(after_help = "\
Lines begin with + for what only the second image has, - for what only the
first has, and ~ for a file that differs. Files are compared by type, content,
permissions, owner and extended attributes, not by time. It ends with 0 whether
or not there are differences. Long lines are shortened to 80 columns; --json
has them in full.

Examples:
  sealift diff web:1.4.0.6 web:1.4.0.7
  sealift diff web:1.4.0.6 web --json | jq -r '.files[].path'")]
pub(crate) struct DiffArguments {
    /// The first archive; without a version, the latest one of the image
    #[arg(value_name = "IMAGE[:VERSION]", add = completer::references())]
    before: String,
    /// The archive that is compared with it
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
