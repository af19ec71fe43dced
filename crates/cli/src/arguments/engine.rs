//! The options that choose the engine.

use clap::Args;
use sealift_workflow::docker::Settings;

/// Which engine is used.
#[derive(Debug, Clone, Args)]
pub(crate) struct EngineArguments {
    /// The engine's address [default: as the docker CLI finds it]
    #[arg(long, global = true, value_name = "HOST")]
    host: Option<String>,
    /// The docker CLI context to use; --host overrides it
    #[arg(long, global = true, value_name = "NAME")]
    context: Option<String>,
}

impl EngineArguments {
    /// Returns the settings that choose the engine: these options and environment variables.
    pub(crate) fn settings(&self) -> Settings {
        Settings::from_env()
            .with_host(self.host.clone(), "--host")
            .with_context(self.context.clone(), "--context")
    }
}
