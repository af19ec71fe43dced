//! `sealift show`.

mod text;

use clap::Args;
use jiff::Timestamp;
use sealift_workflow::show;

use crate::arguments::choose::ChooseArguments;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;
use crate::session::Session;

/// Show the settings, layers and history of the image in an archive
#[derive(Debug, Args)]
#[command(after_help = "\
SHARED WITH names an archive in the folder that contains the same layer; only
archives with a record are compared. Long values are shortened to 80 columns;
--json prints them in full.

Examples:
  sealift show web
  sealift show web:1.4.0.7 --json | jq -r .settings.Labels")]
pub(crate) struct ShowArguments {
    #[command(flatten)]
    choose: ChooseArguments,
}

pub(crate) async fn run(arguments: ShowArguments, session: &Session) -> Result<ExitCode, Failure> {
    let query = arguments.choose.query()?;
    let shown = show(&session.store()?, &query, &session.run()).await?;
    match session.global.json() {
        true => output::json(&shown),
        false => output::text(&text::describe(&shown, Timestamp::now())),
    }
    Ok(ExitCode::DONE)
}
