//! `sealift verify`.

#[cfg(feature = "remote")]
mod published;
mod verdicts;

use clap::Args;
#[cfg(feature = "remote")]
use sealift_workflow::VerifyPlaceOptions;
use sealift_workflow::catalog::Query;
use sealift_workflow::filename::Printable;
use sealift_workflow::{Covered, Error, Verdict, VerifiedArchive, VerifyFolderOptions, verify};

use crate::arguments::completer;
use crate::arguments::place;
use crate::arguments::reference::references;
use crate::arguments::signers::SignersArguments;
#[cfg(not(feature = "remote"))]
use crate::commands::left_out;
use crate::commands::verify::verdicts::{
    Kind, code_of, is_unreadable, is_unsupported, is_untrusted, phrase,
};
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::format;
use crate::output;
use crate::session::Session;

/// Verify that archives are whole and hold the image in their name
#[derive(Debug, Args)]
#[command(after_help = "\
verify compares archives with their recorded checksums, and reads the content
of those without a record. It exits with 5 if an archive is damaged or misnamed,
with 4 if one is unsupported, and with 1 if --signed-by is passed and no signed
checksums list it. A file that holds no image is neither.

DEST is a place that `sealift publish` wrote to, or the config in it. It
contains `://`, or begins with `/` or `.`, which no image does. Every archive
that its config names is read and compared with the config, together with its
block index and SHA256SUMS. verify then exits with 5 if an archive is missing,
damaged or misnamed, and with 1 if something cannot be read, or only an index or
SHA256SUMS is wrong.

Examples:
  sealift verify
  sealift verify web:1.4.0.7 --deep
  sealift verify s3://builds/images
  sealift verify https://cdn.example.org/images/ web")]
pub(crate) struct VerifyArguments {
    /// A published place; then the images, all without any
    #[arg(value_name = "DEST|IMAGE[:VERSION]", add = completer::references())]
    images: Vec<String>,
    /// Also decompress every layer; ignore the recorded checksums
    #[arg(long)]
    deep: bool,
    /// Rebuild all records, accept changed files, and remove leftovers of crashed runs
    #[arg(long)]
    repair: bool,
    #[command(flatten)]
    signers: SignersArguments,
}

pub(crate) async fn run(
    arguments: VerifyArguments,
    session: &Session,
) -> Result<ExitCode, Failure> {
    #[cfg(not(feature = "remote"))]
    if let (Some(_), _) = place::split(&arguments.images) {
        return left_out::run("verify a published place", "remote");
    }
    #[cfg(feature = "remote")]
    if let (Some(text), images) = place::split(&arguments.images) {
        if arguments.repair {
            return Err(Failure::usage("--repair repairs the folder, not a published place"));
        }
        let options = VerifyPlaceOptions::default()
            .with_images(references(images)?)
            .with_deep(arguments.deep)
            .with_trust(arguments.signers.trust()?);
        return published::run(text, &options, session).await;
    }
    let images = references(&session.images(&arguments.images).await?)?;
    let queries: Vec<Query> = images
        .iter()
        .map(|image| Query::new(image.repository().clone(), image.version().cloned()))
        .collect();
    let options = VerifyFolderOptions::default()
        .with_queries(queries)
        .with_deep(arguments.deep)
        .with_repair(arguments.repair)
        .with_trust(arguments.signers.trust()?);
    let store = session.store()?;
    let verified = verify(&store, &options, &session.run()).await?;
    if session.global.json() {
        output::json(&verified);
    } else {
        show(&verified, session);
    }
    if verified.iter().any(|archive| archive.verdict == Verdict::Interrupted) {
        failure::show(&Error::Interrupted);
        return Ok(ExitCode::INTERRUPTED);
    }
    Ok(code_of(|is| verified.iter().any(|archive| is(&archive.verdict))))
}

fn show(verified: &[VerifiedArchive], session: &Session) {
    for archive in verified {
        let line = line(archive);
        match archive.verdict {
            Verdict::Whole if session.global.quiet && archive.changed_from.is_none() => {}
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
    let verdict = phrase(&archive.verdict, archive.file.size);
    let changed = match archive.changed_from {
        Some(_) => "  changed since it was recorded",
        None => "",
    };
    Printable(&format!("{}  {verdict}{changed}", archive.file.archive)).to_string()
}

fn summary(verified: &[&VerifiedArchive]) -> String {
    let count = |is: Kind| verified.iter().filter(|archive| is(&archive.verdict)).count();
    let bytes = verified.iter().map(|archive| archive.file.size).sum();
    let mut parts = vec![format!("{} whole", count(|verdict| *verdict == Verdict::Whole))];
    let others: [(Kind, _); 6] = [
        (Verdict::is_damaged, "damaged"),
        (Verdict::is_misnamed, "misnamed"),
        (is_unsupported, "unsupported"),
        (is_unreadable, "unreadable"),
        (is_untrusted, "untrusted"),
        (|verdict| matches!(verdict, Verdict::NoImage { .. }), "no image"),
    ];
    for (is, name) in others {
        match count(is) {
            0 => {}
            count => parts.push(format!("{count} {name}")),
        }
    }
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
        "{}, {}: {}{covered}",
        format::count(verified.len(), "archive"),
        format::size(bytes),
        parts.join(", ")
    )
}
