//! `sealift cat`.

use std::io::IsTerminal as _;

use sealift_workflow::Error;

use crate::arguments::choose::ChooseArguments;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;
use crate::session::Session;

pub(crate) async fn run(
    arguments: ChooseArguments,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let query = arguments.query()?;
    if std::io::stdout().is_terminal() {
        return Err(Failure::usage(
            "`sealift cat` writes a tar, which a terminal can't show; send it into a pipe or a file",
        ));
    }
    let store = session.store()?;
    match sealift_workflow::cat(&store, &query, output::ArchiveWriter, &session.run()).await {
        Err(Error::Output(error)) => output::fail(error),
        result => result?,
    }
    Ok(ExitCode::DONE)
}
