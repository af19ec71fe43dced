//! The option `--platform`.

use clap::Args;
use sealift_workflow::oci::Platform;

use crate::failure::Failure;

/// The option that chooses a platform. Each command replaces its help if needed.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlatformArguments {
    /// Use the archive for this platform
    #[arg(long = "platform", value_name = "OS/ARCH")]
    platform: Option<String>,
}

impl PlatformArguments {
    /// Parses the platform, if the option is passed.
    pub(crate) fn platform(&self) -> Result<Option<Platform>, Failure> {
        self.platform.as_deref().map(|text| text.parse().map_err(Failure::usage)).transpose()
    }
}
