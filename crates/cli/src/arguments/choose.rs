//! The arguments of commands that choose one archive.

use clap::Args;
use sealift_workflow::catalog::Query;

use crate::arguments::completer;
use crate::arguments::latest::LatestArguments;
use crate::arguments::reference::reference;
use crate::failure::Failure;

/// The image whose archive is chosen, and the options that choose it.
#[derive(Debug, Args)]
pub(crate) struct ChooseArguments {
    /// The image; without a version, its latest archive
    #[arg(value_name = "IMAGE[:VERSION]", add = completer::references())]
    image: String,
    #[command(flatten)]
    latest: LatestArguments,
}

impl ChooseArguments {
    /// Returns the query for the archive that is chosen.
    pub(crate) fn query(&self) -> Result<Query, Failure> {
        self.latest.query(&reference(&self.image)?)
    }
}
