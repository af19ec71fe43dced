//! Builds: the data that is sent to the engine, and the engine's reports.

pub(crate) mod builder;
#[cfg(feature = "buildkit")]
pub(crate) mod buildkit;
pub(crate) mod classic;
pub(crate) mod context;
pub(crate) mod context_error;
pub(crate) mod context_tar;
pub(crate) mod dockerfile;
pub(crate) mod engine_build;
pub(crate) mod event;
pub(crate) mod ignore_file;
pub(crate) mod log;
pub(crate) mod notices;
pub(crate) mod output;
pub(crate) mod request;
pub(crate) mod step_failure;
pub(crate) mod walk;
