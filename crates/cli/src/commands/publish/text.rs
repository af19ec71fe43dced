//! What publishing prints.

use sealift_workflow::filename::Printable;
use sealift_workflow::{PublishAction, PublishReport, PublishedArchive, WrittenConfig};
use serde_json::json;

use crate::failure::{self, is_interruption};
use crate::format;
use crate::output;
use crate::session::Session;

/// Prints an archive that was uploaded.
pub(super) fn show_archive(archive: &PublishedArchive, session: &Session) {
    session.json_result(|| json!(archive));
    if archive.action != PublishAction::Keep && !session.global.json() {
        session.change(&line(archive));
    }
}

fn line(archive: &PublishedArchive) -> String {
    let word = match (archive.action, archive.is_planned) {
        (PublishAction::Publish, false) => "published",
        (PublishAction::Publish, true) => "would publish",
        (PublishAction::Replace, false) => "replaced",
        (PublishAction::Replace, true) => "would replace",
        (PublishAction::Keep, _) => "unchanged",
    };
    format!("{}  {word}  {}\n", Printable(&archive.tag), format::size(archive.size))
}

/// Prints what was there already, what was removed, and the config. Archives that were uploaded
/// have been printed, unless nothing was done yet.
pub(super) fn show(report: &PublishReport, session: &Session) {
    if session.global.json() {
        let mut document = json!(report);
        let errors = report.removal_errors.iter().filter(|error| !is_interruption(error));
        document["errors"] = errors.map(failure::document).collect();
        if session.global.json_lines()
            && !report.is_planned
            && let Some(fields) = document.as_object_mut()
        {
            // They have been printed.
            fields.remove("archives");
        }
        output::json(&document);
    } else {
        show_lines(report, session);
    }
    for error in report.removal_errors.iter().filter(|error| !is_interruption(error)) {
        failure::show(error);
    }
}

fn show_lines(report: &PublishReport, session: &Session) {
    if report.is_planned {
        for archive in &report.archives {
            show_archive(archive, session);
        }
    }
    let is_kept = |archive: &&PublishedArchive| archive.action == PublishAction::Keep;
    let kept = report.archives.iter().filter(is_kept).count();
    if kept > 0 {
        let be = if kept == 1 { "was" } else { "were" };
        let be = if report.is_planned { "would stay" } else { be };
        let there = if report.is_planned { "" } else { " there already" };
        session.result(&format!("{} {be}{there}\n", format::count(kept, "archive")));
    }
    let (line, is_change) = config_line(report);
    match is_change {
        true => session.change(&line),
        false => session.result(&line),
    }
    let word = if report.is_planned { "would remove" } else { "removed" };
    for object in &report.removed {
        let size = format::size(object.size);
        session.change(&format!("{word}  {}  {size}\n", Printable(&object.path)));
    }
}

/// Returns the line about the config, and whether it tells of a change.
fn config_line(report: &PublishReport) -> (String, bool) {
    let WrittenConfig { location, changed, signed, signed_by, .. } = &report.config;
    let what = match (changed, signed, report.is_planned) {
        (true, true, true) => "  would be written and signed",
        (true, false, true) => "  would be written",
        (false, true, true) => "  would be signed",
        (_, false, _) if !changed => "  unchanged",
        _ => "",
    };
    let signer =
        signed_by.as_ref().map(|signer| format!("  signed by {}", Printable(&signer.name)));
    let line = format!("config  {}{what}{}\n", Printable(location), signer.unwrap_or_default());
    (line, *changed || *signed)
}
