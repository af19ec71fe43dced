//! `sealift path`.

use std::os::unix::ffi::OsStringExt as _;

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
    let path = sealift_workflow::path(&session.store()?, &query, &session.run()).await?;
    if session.global.json() {
        output::json(&serde_json::json!({ "path": path.display().to_string() }));
    } else {
        let mut line = path.into_os_string().into_vec();
        line.push(b'\n');
        output::data(line);
    }
    Ok(ExitCode::DONE)
}
