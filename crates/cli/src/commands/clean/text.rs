//! The output of a clean-up.

use std::io::IsTerminal as _;

use jiff::Timestamp;
use sealift_workflow::filename::Printable;
use sealift_workflow::store::Store;
use sealift_workflow::{CleanPlan, CleanReport, CleanedArchive, SkippedArchive};
use serde::Serialize;

use crate::archive_lines::removed_line;
use crate::failure;
use crate::format;
use crate::output;
use crate::session::Session;
use crate::table;

/// The JSON document of a clean-up, whose errors have hints.
#[derive(Serialize)]
struct Document<'a> {
    removed: &'a [CleanedArchive],
    skipped: &'a [SkippedArchive],
    errors: Vec<serde_json::Value>,
}

/// Prints the plan and the question whether to carry it out.
pub(super) fn ask(plan: &CleanPlan) {
    let them = if plan.archives.len() == 1 { "it" } else { "them" };
    output::error_line(table(plan, Timestamp::now()).trim_end());
    output::question(&format!("{}. Remove {them}? [y/N]", total(&plan.archives)));
}

/// Prints that nothing was removed, because the user declined.
pub(super) fn show_refused(plan: &CleanPlan, session: &Session) {
    if session.global.json() {
        output::json(&plan.declined());
    }
    output::error_line("nothing was removed");
}

fn table(plan: &CleanPlan, now: Timestamp) -> String {
    let row = |archive: &CleanedArchive| {
        let mut mark = if archive.dirty { "dirty" } else { "release" }.to_owned();
        if archive.file.format().as_str() != "zip" {
            mark = format!("{mark} {}", Printable(archive.file.format().as_str()));
        }
        vec![
            Printable(&archive.file.image()).to_string(),
            Printable(archive.file.version().as_str()).to_string(),
            archive.file.id().to_string(),
            format::size(archive.file.size),
            format::age(archive.saved, now),
            mark,
        ]
    };
    let mut rows: Vec<Vec<String>> = plan.archives.iter().map(row).collect();
    if let Some(width) = output::error_terminal_width() {
        table::shorten(&mut rows, &[0, 1], width);
    }
    table::align(&["IMAGE", "VERSION", "ID", "SIZE", "SAVED", ""], &rows)
}

fn total(archives: &[CleanedArchive]) -> String {
    let size = archives.iter().map(|archive| archive.file.size).sum();
    format!("{}, {}", format::count(archives.len(), "archive"), format::size(size))
}

/// Prints what would be removed.
pub(super) fn show_dry_run(plan: &CleanPlan, store: &Store, session: &Session) {
    if session.global.json() {
        output::json(plan);
    } else {
        let root = format::path(store.root());
        for archive in &plan.archives {
            let file = &archive.file;
            session.result_line(&removed_line(
                "would remove",
                &root,
                file.archive.as_str(),
                file.size,
            ));
        }
    }
    if plan.takes_last {
        let line =
            format!("this would remove the last intact archive in {}", store.root().display());
        session.notice(&Printable(&(line + " and requires --yes")).to_string());
    }
    show_nothing(plan, session);
}

/// Prints the removed archives and the errors.
pub(super) fn show(
    plan: &CleanPlan,
    report: &CleanReport,
    store: &Store,
    session: &Session,
    is_confirmed: bool,
) {
    if session.global.json() {
        output::json(&Document {
            removed: &report.removed,
            skipped: &report.skipped,
            errors: report.errors.iter().map(failure::document).collect(),
        });
    } else if is_confirmed && std::io::stdout().is_terminal() {
        // The question above already listed the archives.
        session.result(&format!("removed {}\n", total(&report.removed)));
    } else {
        let root = format::path(store.root());
        for archive in &report.removed {
            let file = &archive.file;
            session.result_line(&removed_line("removed", &root, file.archive.as_str(), file.size));
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

/// Returns the line for an archive that is not removed because of its content.
pub(super) fn skipped_line(skipped: &SkippedArchive) -> String {
    let SkippedArchive { archive, flaw, .. } = skipped;
    let (verdict, reason) = (flaw.verdict(), flaw.reason());
    Printable(&format!("{archive} is {verdict} and is not removed: {reason}")).to_string()
}
