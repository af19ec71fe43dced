//! The output of the verification of a folder.

use sealift_workflow::{Covered, Verdict, VerifiedArchive};
use serde_json::json;

use crate::commands::verify::verdicts::{counts, is_interrupted, with_verdict};
use crate::format;
use crate::line::Line;
use crate::output;
use crate::session::Session;

/// Prints the result for one archive as soon as it is known.
pub(super) fn show(archive: &VerifiedArchive, session: &Session) {
    session.json_result(|| json!(archive));
    if session.global.json() || is_interrupted(&archive.verdict) {
        return;
    }
    let line = Line::new().path(&archive.file.archive);
    let line = with_verdict(line, &archive.verdict, archive.file.size);
    match (&archive.verdict, &archive.changed_from) {
        (Verdict::Whole, None) => session.result_line(&line),
        (_, None) => session.change_line(&line),
        (_, Some(_)) => session.change_line(&line.reason("changed since it was recorded")),
    }
}

/// Prints the number of archives with each verdict, and the archives that were not verified because
/// of an interruption.
pub(super) fn show_summary(verified: &[VerifiedArchive], session: &Session) {
    if session.global.json() {
        return;
    }
    let (interrupted, read): (Vec<_>, Vec<_>) =
        verified.iter().partition(|archive| is_interrupted(&archive.verdict));
    session.notice(&summary(&read, &session.time_taken()));
    if read.iter().any(|archive| archive.verdict.is_damaged()) {
        session.notice(
            "hint: run `sealift update IMAGE:VERSION` to save a damaged archive again, or copy it again \
             from its source",
        );
    }
    let names = interrupted.iter().map(|archive| archive.file.archive.to_string());
    show_interrupted(names.collect(), session);
}

/// Prints the archives that were not verified.
pub(super) fn show_interrupted(archives: Vec<String>, session: &Session) {
    const BEGINNING: &str = "not verified: ";
    if !archives.is_empty() {
        let room = output::error_terminal_width().unwrap_or(usize::MAX);
        let names = format::enumeration_within(&archives, room.saturating_sub(BEGINNING.len()));
        session.notice(&format!("{BEGINNING}{names}"));
    }
}

fn summary(verified: &[&VerifiedArchive], time: &str) -> String {
    let bytes = verified.iter().map(|archive| archive.file.size).sum();
    let by_sum = verified.iter().filter(|archive| archive.covered == Covered::RecordedSum).count();
    let covered = match (by_sum, verified.len() - by_sum) {
        (0, 0) => "",
        (_, 0) => "; compared with the recorded checksums",
        (0, _) => "; the content was read",
        (by_sum, by_content) => &format!(
            "; {by_sum} compared with the recorded checksums, the content of {by_content} read"
        ),
    };
    format!(
        "{}, {}{time}: {}{covered}",
        format::count(verified.len(), "archive"),
        format::size(bytes),
        counts(verified.iter().map(|archive| &archive.verdict))
    )
}
