//! `sealift verify`.

use sealift_workflow::{Error, Verdict, VerifiedArchive, VerifyOptions, verify};

use crate::args::{LatestArguments, Order, VerifyArguments};
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::human;
use crate::output;
use crate::session::{Session, query_of, reference};
use crate::table::printable;

pub(crate) async fn run(
    arguments: VerifyArguments,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let any = LatestArguments { release: false, by: Order::Version };
    let queries = arguments
        .images
        .iter()
        .map(|image| query_of(&reference(image)?, any, None))
        .collect::<Result<_, _>>()?;
    let options = VerifyOptions { queries, deep: arguments.deep, repair: arguments.repair };
    let store = session.store()?;
    let verified = verify(&store, &options, &session.context()).await?;
    if session.global.json {
        output::json(&verified);
    } else {
        show(&verified, session);
    }
    if verified.iter().any(|archive| archive.verdict == Verdict::Interrupted) {
        failure::show(&Error::Interrupted);
        return Ok(ExitCode::INTERRUPTED);
    }
    let is_bad = verified.iter().any(|archive| archive.verdict.is_bad());
    Ok(if is_bad { ExitCode::DAMAGED } else { ExitCode::DONE })
}

fn show(verified: &[VerifiedArchive], session: &Session) {
    for archive in verified {
        let line = line(archive);
        match archive.verdict {
            Verdict::Whole if session.global.quiet => {}
            Verdict::Interrupted => {}
            _ => output::text(&format!("{line}\n")),
        }
    }
    if !session.global.quiet {
        let read: Vec<_> =
            verified.iter().filter(|archive| archive.verdict != Verdict::Interrupted).collect();
        output::error_line(&summary(&read));
    }
}

fn line(archive: &VerifiedArchive) -> String {
    let verdict = match &archive.verdict {
        Verdict::Whole => format!("whole  {}", human::size(archive.size)),
        Verdict::NoImage { reason } => format!("no image  {reason}"),
        Verdict::Damaged { reason } => format!("damaged  {reason}"),
        Verdict::Unsupported { reason } => format!("not taken  {reason}"),
        Verdict::Misnamed { actual_id } => {
            format!("misnamed  the image in it is {actual_id}")
        }
        _ => "unknown".to_owned(),
    };
    printable(&format!("{}  {verdict}", archive.archive))
}

fn summary(verified: &[&VerifiedArchive]) -> String {
    let count =
        |is: fn(&Verdict) -> bool| verified.iter().filter(|archive| is(&archive.verdict)).count();
    let bytes = verified.iter().map(|archive| archive.size).sum();
    let bad = count(Verdict::is_bad);
    let whole = count(|verdict| matches!(verdict, Verdict::Whole));
    let others = verified.len() - bad - whole;
    let mut parts = vec![format!("{whole} whole")];
    if bad > 0 {
        parts.push(format!("{bad} damaged"));
    }
    if others > 0 {
        parts.push(format!("{others} no image"));
    }
    format!(
        "{}, {}: {}",
        human::count(verified.len(), "archive"),
        human::size(bytes),
        parts.join(", ")
    )
}
