//! The output of a publication.

use sealift_workflow::{PublishAction, PublishReport, PublishedArchive, WrittenConfig};
use serde_json::json;

use crate::failure::{self, is_interruption};
use crate::format;
use crate::line::Line;
use crate::output;
use crate::session::Session;

/// Prints an uploaded archive.
pub(super) fn show_archive(archive: &PublishedArchive, session: &Session) {
    session.json_result(|| json!(archive));
    if archive.action != PublishAction::Keep && !session.global.json() {
        session.change_line(&line(archive));
    }
}

fn line(archive: &PublishedArchive) -> Line {
    let word = match (archive.action, archive.is_planned) {
        (PublishAction::Publish, false) => "published",
        (PublishAction::Publish, true) => "would publish",
        (PublishAction::Replace, false) => "replaced",
        (PublishAction::Replace, true) => "would replace",
        (PublishAction::Keep, _) => "unchanged",
    };
    Line::new().name(&archive.tag).fixed(word).fixed(format::size(archive.size))
}

/// Prints the numbers of unchanged archives, the removed ones, and the config. Uploaded archives
/// were already printed, except in a dry run.
pub(super) fn show(report: &PublishReport, session: &Session) {
    if session.global.json() {
        let mut document = json!(report);
        let errors = report.removal_errors.iter().filter(|error| !is_interruption(error));
        document["errors"] = errors.map(failure::document).collect();
        if session.global.json_lines()
            && !report.is_planned
            && let Some(fields) = document.as_object_mut()
        {
            // They were already printed.
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
        true => session.change_line(&line),
        false => session.result_line(&line),
    }
    let word = if report.is_planned { "would remove" } else { "removed" };
    for object in &report.removed {
        let line = Line::new().fixed(word).path(&object.path).fixed(format::size(object.size));
        session.change_line(&line);
    }
    show_summary(report, session);
}

/// Prints the numbers of archives if any were uploaded: `2 published, 4 unchanged, 282 MB in 3.2
/// s`.
fn show_summary(report: &PublishReport, session: &Session) {
    let of = |action: PublishAction| {
        report.archives.iter().filter(move |archive| archive.action == action)
    };
    let count = |action: PublishAction| of(action).count();
    let uploaded = of(PublishAction::Publish).chain(of(PublishAction::Replace));
    let bytes = uploaded.map(|archive| archive.size).sum();
    let counts = [
        (count(PublishAction::Publish), "published"),
        (count(PublishAction::Replace), "replaced"),
        (count(PublishAction::Keep), "unchanged"),
    ];
    if !report.is_planned && bytes > 0 {
        session.summary(&counts, bytes);
    }
}

/// Returns the line about the config, and `true` if the config changed.
fn config_line(report: &PublishReport) -> (Line, bool) {
    let WrittenConfig { location, changed, signed, signed_by, .. } = &report.config;
    let what = match (changed, signed, report.is_planned) {
        (true, true, true) => "would be written and signed",
        (true, false, true) => "would be written",
        (false, true, true) => "would be signed",
        (_, false, _) if !changed => "unchanged",
        _ => "",
    };
    let line = Line::new().fixed("config").path(location).fixed(what);
    let line = match signed_by {
        Some(signer) => line.fixed("signed by").name(&signer.name).after(" "),
        None => line,
    };
    (line, *changed || *signed)
}
