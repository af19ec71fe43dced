//! The arguments that define which archive of an image is the latest.

use clap::{Args, ValueEnum};
use sealift_workflow::Selection;
use sealift_workflow::catalog::{By, LatestOptions, Query};
use sealift_workflow::filename::Reference;

use crate::arguments::platform::PlatformArguments;
use crate::arguments::reference::reference;
use crate::failure::Failure;

/// The options that restrict archives and order them.
#[derive(Debug, Clone, Args)]
pub(crate) struct LatestArguments {
    /// Ignore dirty versions: latest, dev, *.dirty, *+dirty, and build number 0
    #[arg(long)]
    release: bool,
    /// Choose the latest archive by version or by modification time
    #[arg(long, value_enum)]
    #[arg(default_value_t = Order::Version, value_name = "ORDER")]
    by: Order,
    #[command(flatten)]
    pub(crate) platform: PlatformArguments,
}

/// The order of the archives of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Order {
    Version,
    Modified,
}

impl LatestArguments {
    /// Returns the options by which the latest archives are chosen.
    pub(crate) fn options(&self) -> Result<LatestOptions, Failure> {
        Ok(LatestOptions::default()
            .with_by(self.by())
            .with_release(self.release)
            .with_platform(self.platform.platform()?))
    }

    /// Returns the query for the archive that a reference names.
    pub(crate) fn query(&self, reference: &Reference) -> Result<Query, Failure> {
        let query = Query::new(reference.repository().clone(), reference.version().cloned());
        Ok(query.with_latest(self.options()?))
    }

    /// Returns the selection of the archives of these references; with `latest`, of the latest
    /// archive of every image; with `all`, of the newest archive of every version.
    pub(crate) fn selection(
        &self,
        references: &[String],
        latest: bool,
        all: bool,
    ) -> Result<Selection, Failure> {
        if latest {
            return Ok(Selection::Latest(self.options()?));
        }
        if all {
            return Ok(Selection::All(self.platform.platform()?));
        }
        let queries = references.iter().map(|text| self.query(&reference(text)?));
        Ok(Selection::Queries(queries.collect::<Result<_, _>>()?))
    }

    /// Returns `true` if `--release` is passed, for a published config, which already names one
    /// archive for each image.
    ///
    /// # Errors
    ///
    /// If `--by` or `--platform` is passed.
    #[cfg(feature = "remote")]
    pub(crate) fn release_alone(&self) -> Result<bool, Failure> {
        if self.by() != By::Precedence || self.platform.platform()?.is_some() {
            let reason = "--by and --platform cannot be used with a published config: it names one archive for each image";
            return Err(Failure::usage(reason));
        }
        Ok(self.release)
    }

    fn by(&self) -> By {
        match self.by {
            Order::Version => By::Precedence,
            Order::Modified => By::Modified,
        }
    }
}
