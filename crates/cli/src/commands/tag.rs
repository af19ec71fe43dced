//! `sealift tag`.

use clap::Args;
use sealift_workflow::StoredArchive;
use sealift_workflow::filename::Printable;
use sealift_workflow::tag;

use crate::arguments::choose::ChooseArguments;
use crate::arguments::reference::reference;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::format;
use crate::line::Line;
use crate::output;
use crate::session::Session;

/// Create a copy of an archive with another name or version
#[derive(Debug, Args)]
#[command(after_help = "\
The copy has the same id and format, and its image has only the new tag. The
original is kept. If the folder has the new version with another id, a release
is an error. For a dirty version such as `latest`, both are kept, and the copy
is the latest. No engine is needed.

Examples:
  sealift tag web:1.4.0.7-rc.2 web:1.4.0.7
  sealift tag web:1.4.0.7 registry.example.org/team/web:1.4.0.7")]
pub(crate) struct TagArguments {
    #[command(flatten)]
    choose: ChooseArguments,
    /// New name and version
    #[arg(value_name = "NEW-IMAGE:VERSION")]
    target: String,
}

pub(crate) async fn run(arguments: TagArguments, session: &Session) -> Result<ExitCode, Failure> {
    let query = arguments.choose.query()?;
    let target = reference(&arguments.target)?;
    if target.version().is_none() {
        return Err(Failure::usage(format!(
            "`{}` has no version; pass IMAGE:VERSION",
            Printable(&arguments.target)
        )));
    }
    let tagged = tag(&session.store()?, &query, &target, &session.run()).await?;
    if session.global.json() {
        output::json(&tagged);
        return Ok(ExitCode::DONE);
    }
    let StoredArchive { image, version, path, size, .. } = &tagged.file;
    let word = if tagged.tagged { "tagged" } else { "unchanged" };
    let line = Line::new()
        .name(format!("{image}:{version}"))
        .fixed(word)
        .path(path.display())
        .fixed(format::size(*size));
    session.result_line(&line);
    Ok(ExitCode::DONE)
}
