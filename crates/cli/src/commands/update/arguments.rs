//! The arguments of `sealift update`.

use clap::Args;
use sealift_workflow::archive::Level;

use crate::arguments::immutable::ImmutableArguments;
use crate::arguments::platform::PlatformArguments;
use crate::arguments::{completer, one_of};

/// Save images from the engine into the folder, unless already saved
#[derive(Debug, Args)]
#[command(mut_arg("platform", |arg| arg.help("Save the image for this platform")))]
#[command(after_help = "\
An image whose content and version are in the folder is not saved again,
whichever engine wrote the archive. A damaged archive of it is replaced, a zip
by a zip. An archive is verified before it becomes visible; on failure, the
folder is unchanged.

Examples:
  sealift update web:1.4.0.7
  sealift update web:1.4.0.7 api:2.0.1.3 --compress --clean
  sealift update web:1.4.0.7 --clean --keep 3
  sealift update web:1.4.0.7 --dry-run --json")]
pub(crate) struct UpdateArguments {
    /// Images; the default version is `latest`
    #[arg(value_name = "IMAGE[:VERSION]", required = true, add = completer::engine_images())]
    pub(crate) images: Vec<String>,
    /// Afterwards, remove all other archives of these images, also newer ones
    #[arg(long)]
    pub(crate) clean: bool,
    #[command(flatten)]
    pub(crate) keep: UpdateKeepArguments,
    /// Save as zips, and compress archives that are plain tars
    #[arg(long)]
    pub(crate) compress: bool,
    /// Compression level
    #[arg(long, value_name = "LEVEL", value_parser = one_of::level(), requires = "compress", default_value_t)]
    pub(crate) level: Level,
    /// Show what would be done without doing it
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) platform: PlatformArguments,
    #[command(flatten)]
    pub(crate) immutable: ImmutableArguments,
    /// Number of images to save at the same time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: u16,
}

/// Parses a number of at least 1.
fn at_least_one(text: &str) -> Result<usize, String> {
    let number: std::num::NonZeroUsize = text.parse().map_err(|error| format!("{error}"))?;
    Ok(number.get())
}

/// The numbers of versions that an update with `--clean` keeps.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct UpdateKeepArguments {
    /// With --clean: keep the newest N released versions
    #[arg(long, value_name = "N", requires = "clean", value_parser = at_least_one)]
    pub(crate) keep: Option<usize>,
    /// With --clean: keep the newest N dirty builds [default: as --keep]
    #[arg(long, value_name = "N", requires = "keep")]
    pub(crate) keep_dirty: Option<usize>,
}
