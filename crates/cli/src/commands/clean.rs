//! `sealift clean`.

use sealift_workflow::{CleanOptions, RemovedArchive, clean};

use crate::args::CleanArguments;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::human;
use crate::output;
use crate::session::{Session, platform, repository};
use crate::table::printable;

pub(crate) async fn run(arguments: CleanArguments, session: &Session) -> Result<ExitCode, Failure> {
    let images =
        arguments.images.iter().map(|image| repository(image)).collect::<Result<Vec<_>, _>>()?;
    let options = CleanOptions {
        images,
        keep: arguments.keep,
        platform: platform(arguments.platform.as_deref())?,
        dry_run: arguments.dry_run,
    };
    let store = session.store()?;
    let report = clean(&store, &options, &session.context()).await?;
    if session.global.json {
        output::json(&report);
    } else {
        let word = if arguments.dry_run { "would clean" } else { "cleaned" };
        let root = printable(&store.root().display().to_string());
        for removed in &report.removed {
            session.result(&removed_line(word, &root, removed));
        }
        if report.removed.is_empty() && !session.global.quiet {
            output::error_line("nothing to clean");
        }
    }
    for error in &report.errors {
        failure::show(error);
    }
    Ok(match report.errors.first() {
        Some(error) => ExitCode::of(error.kind()),
        None => ExitCode::DONE,
    })
}

/// Says what went.
pub(crate) fn removed_line(word: &str, root: &str, removed: &RemovedArchive) -> String {
    let path = printable(removed.archive.as_str());
    format!("{word}  {root}/{path}  {}\n", human::size(removed.size))
}
