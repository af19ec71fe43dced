//! The arguments of `sealift update`.

use clap::Args;
use sealift_workflow::archive::Level;

use crate::arguments::completer;
use crate::arguments::immutable::ImmutableArguments;
use crate::arguments::platform::PlatformArguments;

/// Save images from the engine into the folder, unless they are there already
#[derive(Debug, Args)]
#[command(mut_arg("platform", |arg| arg.help("Take the image for this platform")))]
#[command(after_help = "\
An image that is in the folder under its version is not saved again, whichever
engine wrote it. A save is verified before its archive becomes visible; if
anything fails, the folder stays as it was.

Examples:
  sealift update web:1.4.0.7
  sealift update web:1.4.0.7 api:2.0.1.3 --compress --clean
  sealift update web:1.4.0.7 --clean --keep 3
  sealift update web:1.4.0.7 --dry-run --json")]
pub(crate) struct UpdateArguments {
    /// The images; without a version, `latest`
    #[arg(value_name = "IMAGE[:VERSION]", required = true, add = completer::engine_images())]
    pub(crate) images: Vec<String>,
    /// Remove the images' other versions and ids, also newer ones, once everything else is done
    #[arg(long)]
    pub(crate) clean: bool,
    #[command(flatten)]
    pub(crate) keep: UpdateKeepArguments,
    /// Keep the archives as zips
    #[arg(long)]
    pub(crate) compress: bool,
    /// How hard to compress: fast, default or best
    #[arg(long, value_name = "LEVEL", add = completer::one_of(&["fast", "default", "best"]), requires = "compress", default_value_t)]
    pub(crate) level: Level,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) platform: PlatformArguments,
    #[command(flatten)]
    pub(crate) immutable: ImmutableArguments,
    /// How many images to save at the same time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: u16,
}

/// Parses a number that is not 0.
fn at_least_one(text: &str) -> Result<usize, String> {
    let number: std::num::NonZeroUsize = text.parse().map_err(|error| format!("{error}"))?;
    Ok(number.get())
}

/// How many versions an update with `--clean` keeps.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct UpdateKeepArguments {
    /// With --clean: keep this many released versions
    #[arg(long, value_name = "N", requires = "clean", value_parser = at_least_one)]
    pub(crate) keep: Option<usize>,
    /// With --clean --keep: keep this many dirty builds [default: as many as --keep]
    #[arg(long, value_name = "N", requires = "keep")]
    pub(crate) keep_dirty: Option<usize>,
}
