//! `sealift publish`.

mod interrupt;
mod text;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use sealift_workflow::catalog::Keep;
use sealift_workflow::signature::SigningKey;
use sealift_workflow::{
    BaseUrl, Error, ParseBaseUrlError, PublishOptions, PublishedArchive, Trust, plan_publish,
    publish,
};

use crate::arguments::completer;
use crate::arguments::latest::LatestArguments;
use crate::arguments::place;
use crate::arguments::reference::references;
use crate::arguments::signers::SignersArguments;
use crate::commands::publish::interrupt::Uploads;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure, is_interruption};
use crate::session::Session;

/// The help of `--signed-by`, which applies to the written config here.
const SIGNED_BY: &str = "With --sign: signers that must include the signing key, and the signer \
                         of the existing config if its entries of other images are kept";

/// Publish archives to a bucket, a web server or another folder
#[derive(Debug, Args)]
#[command(mut_arg("platform", |arg| arg.help("Use the archives for this platform")))]
#[command(mut_arg("signed_by", |arg| arg.requires("sign").help(SIGNED_BY)))]
#[command(mut_arg("revoked", |arg| arg.requires("sign")))]
#[command(after_help = "\
DEST is s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX, the URL
of a WebDAV folder, or a path. publish uploads the latest archive of each image,
or the named versions, with their block indexes. It then writes images.json, a
config that lists them; a DEST that ends in .json is another name for it. The
config is written last, so readers find every archive that it lists. Entries of
other images in an existing config are kept.

An archive that is at DEST with the same SHA-256 is not uploaded again. An
archive with the same name and other content is an error, unless --replace is
passed.

--sign runs ssh-keygen or minisign, which can ask for a password. The signature
covers the complete config: entries of other images must be signed by the same
key, or by a signer of --signed-by.

Examples:
  sealift publish s3://builds/images --release
  sealift publish https://dav.example.org/images/ web:1.4.0.7 api
  sealift publish s3://builds/images --base-url https://cdn.example.org/images/
  sealift publish s3://builds/images --sign ~/.ssh/release
  sealift publish /mnt/usb/images --delete --keep 2")]
pub(crate) struct PublishArguments {
    /// Destination, or the config in it
    #[arg(value_name = "DEST")]
    destination: String,
    /// Publish only these images; without a version, the latest archive
    #[arg(value_name = "IMAGE[:VERSION]", add = completer::references())]
    images: Vec<String>,
    /// URL at which readers reach the destination; it is written to the config
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Sign with this key: an SSH private key, an SSH public key whose private key is in an agent,
    /// or a minisign secret key
    #[arg(long, value_name = "KEY")]
    sign: Option<PathBuf>,
    #[command(flatten)]
    signers: SignersArguments,
    /// With --sign: also sign entries of other images that are not signed
    #[arg(long, requires = "sign")]
    sign_existing: bool,
    /// Replace a signed config with an unsigned one
    #[arg(long, conflicts_with = "sign")]
    unsigned: bool,
    /// Replace archives that have the same name and other content
    #[arg(long)]
    replace: bool,
    /// Afterwards, remove archives of these images that are not in the config
    #[arg(long)]
    delete: bool,
    /// With --delete: keep the newest N released versions and N dirty builds
    #[arg(long, value_name = "N", requires = "delete")]
    keep: Option<usize>,
    /// Number of archives to upload at the same time
    #[arg(long, value_name = "N", default_value_t = PublishOptions::DEFAULT_JOBS)]
    jobs: NonZeroUsize,
    /// Show what would be done without doing it
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    latest_by: LatestArguments,
}

pub(crate) async fn run(
    arguments: PublishArguments,
    session: &Session,
) -> Result<ExitCode, Failure> {
    let images = session.images(&arguments.images).await?;
    let options = options(&arguments, &images)?;
    let place = place::open(&arguments.destination)?;
    let store = session.store()?;
    if arguments.dry_run {
        let plan = plan_publish(&store, &place, &options, &session.run()).await.map_err(refusal)?;
        text::show(&plan, session);
        return Ok(ExitCode::DONE);
    }
    let uploads = Uploads::new(session);
    let on_archive = |archive: &PublishedArchive| {
        uploads.add(archive);
        text::show_archive(archive, session);
    };
    let run = session.run_with(uploads.clone());
    let report = match publish(&store, &place, &options, on_archive, &run).await {
        Err(error) if is_interruption(&error) => return Ok(uploads.show_interruption(session)),
        report => report.map_err(refusal)?,
    };
    text::show(&report, session);
    Ok(failure::code_of(&report.removal_errors))
}

fn refusal(error: Error) -> Failure {
    let failure = Failure::of(&error);
    match error {
        Error::NothingToPublish { what: "release", .. } => {
            failure.with_hint("omit --release to publish dirty builds".to_owned())
        }
        Error::NothingToPublish { .. } => {
            failure.with_hint("run sealift update IMAGE:VERSION first".to_owned())
        }
        _ => failure,
    }
}

fn options(arguments: &PublishArguments, images: &[String]) -> Result<PublishOptions, Failure> {
    let base_url = arguments.base_url.as_deref().map(parse_base_url).transpose()?;
    let keep = Keep::newest(arguments.keep.unwrap_or(0));
    let sign = arguments.sign.as_ref().map(SigningKey::open).transpose();
    let trust = match arguments.sign {
        Some(_) => arguments.signers.known()?,
        None => Trust::None,
    };
    Ok(PublishOptions::default()
        .with_sign(sign.map_err(Failure::usage)?)
        .with_trust(trust)
        .with_sign_existing(arguments.sign_existing)
        .with_unsigned(arguments.unsigned)
        .with_images(references(images)?)
        .with_latest(arguments.latest_by.options()?)
        .with_base_url(base_url)
        .with_replace(arguments.replace)
        .with_delete(arguments.delete.then_some(keep))
        .with_jobs(arguments.jobs))
}

fn parse_base_url(text: &str) -> Result<BaseUrl, Failure> {
    let refused = |error: ParseBaseUrlError| {
        Failure::usage(format!("`{text}` is not a URL for --base-url: {}", error.kind()))
    };
    text.parse().map_err(refused)
}
