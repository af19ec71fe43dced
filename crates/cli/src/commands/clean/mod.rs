//! `sealift clean`.

mod arguments;

use std::io::IsTerminal as _;

use jiff::{SignedDuration, Timestamp};
use sealift_workflow::filename::{Printable, Reference};
use sealift_workflow::store::{Keep, Retention, Store};
use sealift_workflow::{
    CleanPlan, CleanReport, CleanedArchive, ErrorKind, SkippedArchive, clean, plan_clean,
};
use serde::Serialize;

use crate::archive_lines::removed_line;
use crate::arguments::reference::references;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::format;
use crate::output;
use crate::session::Session;
use crate::table;

use arguments::KeepArguments;

pub(crate) use arguments::CleanArguments;

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    removed: &'a [CleanedArchive],
    skipped: &'a [SkippedArchive],
    errors: Vec<serde_json::Value>,
}

/// What `--json --dry-run` prints.
#[derive(Serialize)]
struct DryRun<'a> {
    would_remove: &'a [CleanedArchive],
    skipped: &'a [SkippedArchive],
}

pub(crate) async fn run(arguments: CleanArguments, session: &Session) -> Result<ExitCode, Failure> {
    let retention = retention(&arguments, Timestamp::now())?;
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
    // What can't be read was reported when it was read.
    for skipped in plan.skipped.iter().filter(|skipped| skipped.verdict != "unreadable") {
        session.notice(&skipped_line(skipped));
    }
    if arguments.dry_run {
        show_dry_run(&plan, &store, session);
        return Ok(code_of(&plan.skipped));
    }
    let may_remove = !plan.takes_last || plan.may_take_last;
    let asks = is_interactive && !is_confirmed && may_remove && !plan.archives.is_empty();
    if asks && !confirm(&plan, session).await? {
        if session.global.json {
            output::json(&Document { removed: &[], skipped: &plan.skipped, errors: Vec::new() });
        }
        output::error_line("nothing was removed");
        return Ok(ExitCode::FAILED);
    }
    let report = clean(&store, &plan, &session.run()).await?;
    show(&plan, &report, &store, session, asks);
    if report.errors.iter().any(|error| error.kind() == ErrorKind::Interrupted) {
        return Ok(ExitCode::INTERRUPTED);
    }
    Ok(match report.errors.first() {
        Some(error) => ExitCode::of(error.kind()),
        None => code_of(&plan.skipped),
    })
}

/// Returns what the arguments select.
fn retention(arguments: &CleanArguments, now: Timestamp) -> Result<Retention, Failure> {
    let images = references(&arguments.images)?;
    let KeepArguments { keep, keep_dirty } = arguments.keep;
    let has_version = |image: &Reference| image.version().is_some();
    let is_selected = arguments.dirty || arguments.older_than.is_some();
    let keep = match (keep, keep_dirty) {
        (Some(releases), dirty) => Some(Keep { releases, dirty: dirty.unwrap_or(releases) }),
        // Releases are left out below.
        (None, Some(dirty)) => Some(Keep { releases: 0, dirty }),
        (None, None) if is_selected => None,
        (None, None) if images.is_empty() || !images.iter().any(has_version) => {
            Some(Keep::newest(1))
        }
        (None, None) if images.iter().all(has_version) => None,
        (None, None) => {
            return Err(Failure::usage(
                "some images have a version and others do not; pass --keep or name every version",
            ));
        }
    };
    let before = arguments.older_than.and_then(|age| {
        let age = SignedDuration::try_from(age).ok()?;
        now.checked_sub(age).ok()
    });
    Ok(Retention {
        images,
        platform: arguments.platform.platform()?,
        only_dirty: arguments.dirty || (arguments.keep.keep.is_none() && keep_dirty.is_some()),
        before,
        keep,
    })
}

/// Shows the plan, and asks whether to carry it out.
async fn confirm(plan: &CleanPlan, session: &Session) -> Result<bool, Failure> {
    output::error_line(table(plan, Timestamp::now()).trim_end());
    output::question(&format!("{}. Remove {}? [y/N]", total(&plan.archives), them(plan)));
    let (sender, answer) = tokio::sync::oneshot::channel();
    // Nothing can stop a read from a terminal, so nobody waits for this thread at the end.
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

fn them(plan: &CleanPlan) -> &'static str {
    if plan.archives.len() == 1 { "it" } else { "them" }
}

fn table(plan: &CleanPlan, now: Timestamp) -> String {
    let row = |archive: &CleanedArchive| {
        let mut mark = if archive.dirty { "dirty" } else { "release" }.to_owned();
        if archive.format.as_str() != "zip" {
            mark = format!("{mark} {}", Printable(archive.format.as_str()));
        }
        vec![
            Printable(&archive.image).to_string(),
            Printable(&archive.version).to_string(),
            archive.id.to_string(),
            format::size(archive.size),
            format::age(archive.saved, now),
            mark,
        ]
    };
    let rows: Vec<Vec<String>> = plan.archives.iter().map(row).collect();
    table::align(&["IMAGE", "VERSION", "ID", "SIZE", "SAVED", ""], &rows)
}

fn total(archives: &[CleanedArchive]) -> String {
    let size = archives.iter().map(|archive| archive.size).sum();
    format!("{}, {}", format::count(archives.len(), "archive"), format::size(size))
}

fn show_dry_run(plan: &CleanPlan, store: &Store, session: &Session) {
    if session.global.json {
        output::json(&DryRun { would_remove: &plan.archives, skipped: &plan.skipped });
    } else {
        let root = format::path(store.root());
        for archive in &plan.archives {
            session.result(&removed_line(
                "would remove",
                &root,
                archive.archive.as_str(),
                archive.size,
            ));
        }
    }
    if plan.takes_last {
        let line =
            format!("this would remove the last whole archive in {}", store.root().display());
        session.notice(&Printable(&(line + "; it needs --yes")).to_string());
    }
    show_nothing(plan, session);
}

fn show(
    plan: &CleanPlan,
    report: &CleanReport,
    store: &Store,
    session: &Session,
    is_confirmed: bool,
) {
    if session.global.json {
        let errors = report.errors.iter().map(failure::document).collect();
        output::json(&Document { removed: &report.removed, skipped: &plan.skipped, errors });
    } else if is_confirmed && std::io::stdout().is_terminal() {
        // The archives stand right above.
        session.result(&format!("removed {}\n", total(&report.removed)));
    } else {
        let root = format::path(store.root());
        for archive in &report.removed {
            session.result(&removed_line("removed", &root, archive.archive.as_str(), archive.size));
        }
    }
    show_nothing(plan, session);
    for error in &report.errors {
        failure::show(error);
    }
}

fn show_nothing(plan: &CleanPlan, session: &Session) {
    if plan.archives.is_empty() {
        session.notice("nothing to clean");
    }
}

fn skipped_line(skipped: &SkippedArchive) -> String {
    let SkippedArchive { archive, verdict, reason, .. } = skipped;
    Printable(&format!("{archive} is {verdict} and stays: {reason}")).to_string()
}

/// Returns the exit code for what could not be removed though its version was named.
fn code_of(skipped: &[SkippedArchive]) -> ExitCode {
    let mut named =
        skipped.iter().filter(|skipped| skipped.is_named).map(|skipped| skipped.verdict);
    match named.next() {
        None => ExitCode::DONE,
        Some("damaged") => ExitCode::DAMAGED,
        Some("unsupported") => ExitCode::UNSUPPORTED_FORMAT,
        Some(_) => ExitCode::FAILED,
    }
}
