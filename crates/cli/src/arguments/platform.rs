//! The argument `--platform`.

use clap::Args;
use sealift_workflow::oci::Platform;

use crate::failure::Failure;

/// The platform to choose. A command that means something else by it replaces the help.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlatformArguments {
    /// Take the archive for this platform
    #[arg(long = "platform", value_name = "OS/ARCH")]
    platform: Option<String>,
}

impl PlatformArguments {
    /// Parses the platform, if there is one.
    pub(crate) fn platform(&self) -> Result<Option<Platform>, Failure> {
        self.platform.as_deref().map(|text| text.parse().map_err(Failure::usage)).transpose()
    }
}
