//! The arguments that define the latest archive of an image.

use clap::{Args, ValueEnum};
use sealift_workflow::Selection;
use sealift_workflow::catalog::{By, LatestOptions, Query};
use sealift_workflow::filename::Reference;

use crate::arguments::platform::PlatformArguments;
use crate::arguments::reference::reference;
use crate::failure::Failure;

/// Which archives count, and which of them is the latest.
#[derive(Debug, Clone, Args)]
pub(crate) struct LatestArguments {
    /// Leave out dirty versions: latest, dev, *.dirty, *+dirty, and build number 0
    #[arg(long)]
    release: bool,
    /// What makes an archive the latest: version or modified
    #[arg(long, value_enum, hide_possible_values = true)]
    #[arg(default_value_t = Order::Version, value_name = "ORDER")]
    by: Order,
    #[command(flatten)]
    pub(crate) platform: PlatformArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Order {
    /// The highest version
    Version,
    /// The last one written
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

    /// Returns the query for the archive that a reference stands for.
    pub(crate) fn query(&self, reference: &Reference) -> Result<Query, Failure> {
        let query = Query::new(reference.repository().clone(), reference.version().cloned());
        Ok(query.with_latest(self.options()?))
    }

    /// Returns the archives of these references, the `latest` one of every image, or the newest one
    /// of `all` versions.
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

    /// Returns whether dirty versions are left out, of a place whose config has decided the rest.
    ///
    /// # Errors
    ///
    /// If another option is passed.
    #[cfg(feature = "remote")]
    pub(crate) fn release_alone(&self) -> Result<bool, Failure> {
        if self.by() != By::Precedence || self.platform.platform()?.is_some() {
            let reason = "a config names one archive of each image: --by and --platform choose from a folder";
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
