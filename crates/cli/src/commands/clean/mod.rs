//! `sealift clean`.

mod arguments;
mod text;

use std::io::IsTerminal as _;

use jiff::Timestamp;
use sealift_workflow::{CleanPlan, ErrorKind, SkippedArchive, clean, plan_clean};

use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::session::Session;

pub(crate) use arguments::CleanArguments;

pub(crate) async fn run(arguments: CleanArguments, session: &Session) -> Result<ExitCode, Failure> {
    let images = session.images(&arguments.images).await?;
    let retention = arguments.retention(&images, Timestamp::now())?;
    let is_interactive = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let is_confirmed = arguments.yes || arguments.dry_run;
    if arguments.keep.keep == Some(0) && !is_confirmed && !is_interactive {
        return Err(Failure::usage(
            "--keep 0 removes all but the newest release of each image; pass --yes",
        ));
    }
    let store = session.store()?;
    let mut plan = plan_clean(&store, &retention, &session.run()).await?;
    plan.may_take_last = arguments.yes;
    // Archives that cannot be read were reported when reading failed.
    for skipped in plan.skipped.iter().filter(|skipped| skipped.flaw.verdict() != "unreadable") {
        session.notice(&text::skipped_line(skipped));
    }
    if arguments.dry_run {
        text::show_dry_run(&plan, &store, session);
        return Ok(code_of(&plan.skipped));
    }
    let may_remove = !plan.takes_last || plan.may_take_last;
    let asks = is_interactive && !is_confirmed && may_remove && !plan.archives.is_empty();
    if asks && !confirm(&plan, session).await? {
        text::show_refused(&plan, session);
        return Ok(ExitCode::FAILED);
    }
    let report = clean(&store, &plan, &session.run()).await?;
    text::show(&plan, &report, &store, session, asks);
    if report.errors.iter().any(|error| error.kind() == ErrorKind::Interrupted) {
        return Ok(ExitCode::INTERRUPTED);
    }
    Ok(match report.errors.first() {
        Some(error) => ExitCode::of(error.kind()),
        None => code_of(&plan.skipped),
    })
}

/// Prints the plan and waits for the answer. Returns `true` if the user confirms.
async fn confirm(plan: &CleanPlan, session: &Session) -> Result<bool, Failure> {
    text::ask(plan);
    let (sender, answer) = tokio::sync::oneshot::channel();
    // A read from a terminal cannot be cancelled, so nothing joins this thread.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        let _ = sender
            .send(read.is_ok() && ["y", "yes"].contains(&line.trim().to_lowercase().as_str()));
    });
    tokio::select! {
        answer = answer => Ok(answer.unwrap_or(false)),
        () = session.interrupted() => Err(sealift_workflow::Error::Interrupted.into()),
    }
}

/// Returns the exit code for archives that were named by version but could not be removed.
fn code_of(skipped: &[SkippedArchive]) -> ExitCode {
    let mut named =
        skipped.iter().filter(|skipped| skipped.is_named).map(|skipped| skipped.flaw.verdict());
    match named.next() {
        None => ExitCode::DONE,
        Some("damaged") => ExitCode::DAMAGED,
        Some("unsupported") => ExitCode::UNSUPPORTED_FORMAT,
        Some(_) => ExitCode::FAILED,
    }
}
