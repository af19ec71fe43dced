//! The arguments of `sealift clean`.

use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use sealift_workflow::catalog::{Keep, Retention};
use sealift_workflow::filename::Reference;

use crate::arguments::completer;
use crate::arguments::platform::PlatformArguments;
use crate::arguments::reference::references;
use crate::failure::Failure;

/// Remove old archives
#[derive(Debug, Args)]
#[command(mut_arg("platform", |arg| arg.help("Select only archives for this platform")))]
#[command(override_usage = "sealift clean [OPTIONS] <IMAGE[:VERSION]...|--all>")]
#[command(after_help = "\
An archive is removed if all options that are passed select it. Without options
and without a version, --keep 1 applies. Versions and builds are counted for
each image and platform; all archives of a released version count as one.

Only regular files that contain an image are removed. Damaged and misnamed
archives are neither counted nor removed. The newest release of an image is
removed only if its version is named.

On a terminal, clean shows the archives and asks for confirmation.

Examples:
  sealift clean web --keep 3
  sealift clean web:1.4.0.7
  sealift clean --all --dirty --older-than 30d
  sealift clean --all --dry-run")]
pub(crate) struct CleanArguments {
    /// Images, or versions of images
    #[arg(value_name = "IMAGE[:VERSION]", required_unless_present = "all", add = completer::references())]
    pub(crate) images: Vec<String>,
    /// Select all images in the folder
    #[arg(long, conflicts_with = "images")]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) keep: KeepArguments,
    /// Select only dirty builds
    #[arg(long)]
    pub(crate) dirty: bool,
    /// Select only archives that were saved longer ago than AGE, such as 12h, 30d or 8w
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub(crate) older_than: Option<Duration>,
    #[command(flatten)]
    pub(crate) platform: PlatformArguments,
    /// Show what would be removed without removing it
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask for confirmation; allow --keep 0 and the removal of the last intact archive
    #[arg(short, long)]
    pub(crate) yes: bool,
}

impl CleanArguments {
    /// Returns the rules that the arguments state.
    pub(super) fn retention(
        &self,
        images: &[String],
        now: Timestamp,
    ) -> Result<Retention, Failure> {
        let images = references(images)?;
        let KeepArguments { keep, keep_dirty } = self.keep;
        let has_version = |image: &Reference| image.version().is_some();
        let is_selected = self.dirty || self.older_than.is_some();
        let keep = match (keep, keep_dirty) {
            (Some(releases), dirty) => Some(Keep { releases, dirty: dirty.unwrap_or(releases) }),
            // `with_only_dirty` excludes releases below.
            (None, Some(dirty)) => Some(Keep { releases: 0, dirty }),
            (None, None) if is_selected => None,
            (None, None) if images.is_empty() || !images.iter().any(has_version) => {
                Some(Keep::newest(1))
            }
            (None, None) if images.iter().all(has_version) => None,
            (None, None) => {
                return Err(Failure::usage(
                    "some images have a version and others do not; pass --keep or name every version",
                ));
            }
        };
        let before = self.older_than.and_then(|age| {
            let age = SignedDuration::try_from(age).ok()?;
            now.checked_sub(age).ok()
        });
        Ok(Retention::keeping_newest_releases()
            .with_images(images)
            .with_platform(self.platform.platform()?)
            .with_only_dirty(self.dirty || (self.keep.keep.is_none() && keep_dirty.is_some()))
            .with_before(before)
            .with_keep(keep))
    }
}

/// The numbers of versions that are kept, for each image and platform.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct KeepArguments {
    /// Keep the newest N released versions
    #[arg(long, value_name = "N")]
    pub(crate) keep: Option<usize>,
    /// Keep the newest N dirty builds; without --keep, keep all releases [default: as --keep]
    #[arg(long, value_name = "N")]
    pub(crate) keep_dirty: Option<usize>,
}

/// Parses an age: a number with the unit `h`, `d` or `w`.
fn age(text: &str) -> Result<Duration, String> {
    let wrong = || "expected an age such as 12h, 30d or 8w".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let hours = match unit {
        'h' => 1,
        'd' => 24,
        'w' => 7 * 24,
        _ => return Err(wrong()),
    };
    let number = &text[..text.len() - unit.len_utf8()];
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = number.parse().ok().filter(|_| is_number).ok_or_else(wrong)?;
    // With at most 100 years, subtraction from the current time cannot overflow.
    let hours: u64 =
        number.checked_mul(hours).filter(|hours| *hours <= 876_600).ok_or_else(wrong)?;
    if hours == 0 {
        return Err(wrong());
    }
    Ok(Duration::from_secs(hours * 3600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_whole_hours_days_and_weeks() {
        let hours = |hours: u64| Ok(Duration::from_secs(hours * 3600));
        for (text, expected) in [("1h", 1), ("30d", 720), ("2w", 336), ("036500d", 876_000)] {
            assert_eq!(age(text), hours(expected), "{text}");
        }
        for text in
            ["", "d", "30", "30m", "-1d", "+1d", "0d", "1.5d", "1 d", "1d ", "99999999w", "9é"]
        {
            assert!(age(text).is_err(), "{text}");
        }
    }
}
