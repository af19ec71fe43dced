//! `sealift verify`.

#[cfg(feature = "remote")]
mod published;
mod text;
mod verdicts;

use clap::Args;
#[cfg(feature = "remote")]
use sealift_workflow::VerifyPlaceOptions;
use sealift_workflow::catalog::Query;
use sealift_workflow::{Error, Verdict, VerifiedArchive, VerifyFolderOptions, verify};

use crate::arguments::completer;
use crate::arguments::place;
use crate::arguments::reference::references;
use crate::arguments::signers::SignersArguments;
#[cfg(not(feature = "remote"))]
use crate::commands::left_out;
use crate::commands::verify::verdicts::code_of;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure};
use crate::output;
use crate::session::Session;

/// Verify archives in the folder or at a published destination
#[derive(Debug, Args)]
#[command(after_help = "\
In the folder, verify compares archives with their recorded checksums, and reads
the content of archives without a record. It exits with 5 if an archive is
damaged or misnamed, with 4 if one is unsupported, and with 1 if --signed-by is
passed and one is not listed in signed checksums. Files that contain no image do
not change the exit code.

DEST is a destination of `sealift publish`, or the config in it. An argument
that contains `://`, or begins with `/` or `.`, is a DEST. verify reads every
archive in the config and compares it with the config; it also compares the
block indexes and SHA256SUMS. It exits with 5 if an archive is missing, damaged
or misnamed, and with 1 if something cannot be read, or only a block index or
SHA256SUMS is wrong.

Results are printed as they are known; with --json=lines, as lines of JSON.

Examples:
  sealift verify
  sealift verify web:1.4.0.7 --deep
  sealift verify s3://builds/images
  sealift verify https://cdn.example.org/images/ web")]
pub(crate) struct VerifyArguments {
    /// Published destination, if any, and images or versions to verify [default: all]
    #[arg(value_name = "DEST|IMAGE[:VERSION]", add = completer::references())]
    images: Vec<String>,
    /// Also decompress every layer; ignore recorded checksums
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
        return left_out::run("verify a published destination", "remote");
    }
    #[cfg(feature = "remote")]
    if let (Some(text), images) = place::split(&arguments.images) {
        if arguments.repair {
            return Err(Failure::usage("--repair cannot be used with a published destination"));
        }
        let options = VerifyPlaceOptions::default()
            .with_images(references(images)?)
            .with_deep(arguments.deep)
            .with_trust(arguments.signers.trust()?);
        return published::run(text, &options, session).await;
    }
    let verified = verify_folder(&arguments, session).await;
    #[cfg(feature = "remote")]
    let verified = verified.map_err(|failure| place::with_hint(failure, &arguments.images));
    verified
}

async fn verify_folder(
    arguments: &VerifyArguments,
    session: &Session,
) -> Result<ExitCode, Failure> {
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
    let on_result = |archive: &VerifiedArchive| text::show(archive, session);
    let verified = verify(&store, &options, on_result, &session.run()).await?;
    if session.global.json() && !session.global.json_lines() {
        output::json(&verified);
    }
    text::show_summary(&verified, session);
    if verified.iter().any(|archive| archive.verdict == Verdict::Interrupted) {
        failure::show(&Error::Interrupted);
        return Ok(ExitCode::INTERRUPTED);
    }
    Ok(code_of(|is| verified.iter().any(|archive| is(&archive.verdict))))
}
