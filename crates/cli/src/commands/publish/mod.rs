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

/// Of `--signed-by`, which is about what is written here, not about what is read.
const SIGNED_BY: &str = "With --sign: the signers who must accept the new signature, and that of \
                         the config there if entries of other images are in it";

/// Publish archives to a bucket, a web server or another folder
#[derive(Debug, Args)]
#[command(mut_arg("platform", |arg| arg.help("Take the archives for this platform")))]
#[command(mut_arg("signed_by", |arg| arg.requires("sign").help(SIGNED_BY)))]
#[command(mut_arg("revoked", |arg| arg.requires("sign")))]
#[command(after_help = "\
DEST is s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX, the URL
of a WebDAV folder, or a path. It gets the latest archive of each image, or the
versions that are named, each with its block index, and an images.json that
names them; a DEST that ends in .json is the name of the config. The config is
written last, so that readers always find all that it names. Entries of other
images in it stay.

An archive that is there with the same SHA-256 is not uploaded again. One of the
same name with other content is an error, unless --replace is passed.

--sign runs ssh-keygen or minisign, which may ask for a password. The signature
covers the whole config: entries of other images in it must be signed by the
same key, or by the signers of --signed-by.

Examples:
  sealift publish s3://builds/images --release
  sealift publish https://dav.example.org/images/ web:1.4.0.7 api
  sealift publish s3://builds/images --base-url https://cdn.example.org/images/
  sealift publish s3://builds/images --sign ~/.ssh/release
  sealift publish /mnt/usb/images --delete --keep 2")]
pub(crate) struct PublishArguments {
    /// The destination, or the config in it
    #[arg(value_name = "DEST")]
    destination: String,
    /// Only these images; without a version, the latest archive
    #[arg(value_name = "IMAGE[:VERSION]", add = completer::references())]
    images: Vec<String>,
    /// The URL of the destination for readers, which the config states
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Sign with this key: a private key of SSH, a public key whose private key an
    /// agent has, or a secret key of minisign
    #[arg(long, value_name = "KEY")]
    sign: Option<PathBuf>,
    #[command(flatten)]
    signers: SignersArguments,
    /// With --sign: also sign entries of other images that the signers have not signed
    #[arg(long, requires = "sign")]
    sign_existing: bool,
    /// Replace a config that is signed by one that is not
    #[arg(long, conflicts_with = "sign")]
    unsigned: bool,
    /// Replace archives of the same name with other content
    #[arg(long)]
    replace: bool,
    /// Then remove the archives of these images that the config does not name
    #[arg(long)]
    delete: bool,
    /// With --delete: keep the newest N released versions and N dirty builds
    #[arg(long, value_name = "N", requires = "delete")]
    keep: Option<usize>,
    /// How many archives to upload at the same time
    #[arg(long, value_name = "N", default_value_t = PublishOptions::DEFAULT_JOBS)]
    jobs: NonZeroUsize,
    /// Show what would be done, and do nothing
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
            failure.with_hint("leave out --release to publish dirty builds".to_owned())
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
