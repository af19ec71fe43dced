//! The arguments of commands that choose one archive.

use clap::Args;
use sealift_workflow::catalog::Query;

use crate::arguments::completer;
use crate::arguments::latest::LatestArguments;
use crate::arguments::reference::reference;
use crate::failure::Failure;

/// An image, and the options that choose one of its archives.
#[derive(Debug, Args)]
pub(crate) struct ChooseArguments {
    /// Image; without a version, its latest archive
    #[arg(value_name = "IMAGE[:VERSION]", add = completer::references())]
    image: String,
    #[command(flatten)]
    latest: LatestArguments,
}

impl ChooseArguments {
    /// Returns the query for the archive.
    pub(crate) fn query(&self) -> Result<Query, Failure> {
        self.latest.query(&reference(&self.image)?)
    }
}
