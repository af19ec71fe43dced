//! `sealift verify DEST`.

use sealift_workflow::filename::Printable;
use sealift_workflow::{
    Beside, Error, Verdict, VerifiedObject, VerifiedPlace, VerifyPlaceOptions, verify_published,
};

use crate::arguments::place;
use crate::commands::verify::verdicts::{code_of, phrase};
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::format;
use crate::output;
use crate::session::Session;

pub(super) async fn run(
    text: &str,
    options: &VerifyPlaceOptions,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let place = place::open(text)?;
    let on_result = |archive: &VerifiedObject| {
        if !session.global.json() {
            show(archive, session);
        }
    };
    let verified = verify_published(&place, options, on_result, &session.run()).await?;
    if session.global.json() {
        output::json(&verified);
    } else {
        show_rest(&verified, session);
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

fn show(archive: &VerifiedObject, session: &Session) {
    let VerifiedObject { path, size, verdict, blocks, .. } = archive;
    let line =
        |name: &str, phrase: &str| Printable(&format!("{name}  {phrase}")).to_string() + "\n";
    match verdict {
        Verdict::Interrupted => {}
        Verdict::Whole => session.result(&line(path.as_str(), &phrase(verdict, *size))),
        _ => session.change(&line(path.as_str(), &phrase(verdict, *size))),
    }
    if let Some(reason) = beside(blocks) {
        session.change(&line(&format!("{path}.blocks"), &reason));
    }
}

/// Returns what is bad about a file beside an archive or a config.
fn beside(file: &Beside) -> Option<String> {
    match file {
        Beside::Missing => Some("missing".to_owned()),
        Beside::Wrong { reason } => Some(format!("wrong  {reason}")),
        Beside::Unreadable { reason } => Some(format!("unreadable  {reason}")),
        _ => None,
    }
}

fn show_rest(verified: &VerifiedPlace, session: &Session) {
    if let Some(reason) = beside(&verified.sums) {
        let line = Printable(&format!("SHA256SUMS  {reason}")).to_string();
        session.change(&format!("{line}\n"));
    }
    if let Some(signer) = &verified.signed_by {
        session.notice(&format!("config  signed by {}", Printable(&signer.name)));
    }
    let read = verified.archives.iter().filter(|one| one.verdict != Verdict::Interrupted);
    let (mut count, mut whole, mut bytes) = (0, 0, 0_u64);
    for archive in read {
        count += 1;
        whole += usize::from(archive.verdict == Verdict::Whole);
        bytes = bytes.saturating_add(archive.size);
    }
    session.notice(&format!(
        "{}, {}: {whole} whole; publication {} of {}",
        format::count(count, "archive"),
        format::size(bytes),
        verified.sequence,
        Printable(&verified.url),
    ));
}
