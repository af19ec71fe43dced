//! `sealift verify DEST`.

use sealift_workflow::filename::Printable;
use sealift_workflow::{
    Beside, Error, Verdict, VerifiedObject, VerifiedPlace, VerifyPlaceOptions, verify_published,
};
use serde_json::json;

use crate::arguments::place;
use crate::commands::verify::text::show_interrupted;
use crate::commands::verify::verdicts::{code_of, counts, is_interrupted, with_verdict};
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::format;
use crate::line::Line;
use crate::output;
use crate::session::Session;

pub(super) async fn run(
    text: &str,
    options: &VerifyPlaceOptions,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let place = place::open(text)?;
    let on_result = |archive: &VerifiedObject| show(archive, session);
    let verified = verify_published(&place, options, on_result, &session.run()).await?;
    match session.global.json() {
        true => show_json(&verified, session),
        false => show_rest(&verified, session),
    }
    if verified.archives.iter().any(|archive| archive.verdict == Verdict::Interrupted) {
        failure::show(&Error::Interrupted);
        return Ok(ExitCode::INTERRUPTED);
    }
    let of_archives = code_of(|is| verified.archives.iter().any(|archive| is(&archive.verdict)));
    let mut beside = verified.archives.iter().map(|archive| &archive.blocks);
    let is_beside_bad = verified.sums.is_bad() || beside.any(Beside::is_bad);
    Ok(match of_archives {
        ExitCode::DONE if is_beside_bad => ExitCode::FAILED,
        code => code,
    })
}

/// Prints the result for one archive as soon as it is known.
fn show(archive: &VerifiedObject, session: &Session) {
    session.json_result(|| json!(archive));
    if session.global.json() {
        return;
    }
    let VerifiedObject { path, size, verdict, blocks, .. } = archive;
    let line = with_verdict(Line::new().path(path), verdict, *size);
    match verdict {
        Verdict::Interrupted => {}
        Verdict::Whole => session.result_line(&line),
        _ => session.change_line(&line),
    }
    if let Some(line) = beside(&format!("{path}.blocks"), blocks) {
        session.change_line(&line);
    }
}

/// Returns the line about a block index or SHA256SUMS, if something is wrong with it.
fn beside(name: &str, file: &Beside) -> Option<Line> {
    let line = Line::new().path(name);
    match file {
        Beside::Missing => Some(line.fixed("missing")),
        Beside::Wrong { reason } => Some(line.fixed("wrong").reason(reason)),
        Beside::Unreadable { reason } => Some(line.fixed("unreadable").reason(reason)),
        _ => None,
    }
}

/// Prints the JSON document. With JSON lines, omits the archives, which were already printed.
fn show_json(verified: &VerifiedPlace, session: &Session) {
    if !session.global.json_lines() {
        return output::json(verified);
    }
    let mut document = json!(verified);
    if let Some(fields) = document.as_object_mut() {
        fields.remove("archives");
    }
    output::json(&document);
}

fn show_rest(verified: &VerifiedPlace, session: &Session) {
    if let Some(line) = beside("SHA256SUMS", &verified.sums) {
        session.change_line(&line);
    }
    if let Some(signer) = &verified.signed_by {
        session.notice(&format!("config  signed by {}", Printable(&signer.name)));
    }
    let (interrupted, read): (Vec<_>, Vec<_>) =
        verified.archives.iter().partition(|archive| is_interrupted(&archive.verdict));
    let bytes = read.iter().fold(0_u64, |sum, archive| sum.saturating_add(archive.size));
    session.notice(&format!(
        "{}, {}{}: {}; publication {} of {}",
        format::count(read.len(), "archive"),
        format::size(bytes),
        session.time_taken(),
        counts(read.iter().map(|archive| &archive.verdict)),
        verified.sequence,
        Printable(&verified.url),
    ));
    let names = interrupted.iter().map(|archive| archive.path.to_string());
    show_interrupted(names.collect(), session);
}
