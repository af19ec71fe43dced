//! Commands that this build does not include.

use std::ffi::OsString;

use clap::Args;

use crate::exit_code::ExitCode;
use crate::failure::Failure;

/// Not included in this build
#[derive(Debug, Args)]
#[command(hide = true, disable_help_flag = true)]
pub(crate) struct LeftOutArguments {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _all: Vec<OsString>,
}

/// Returns the error of an action that needs a disabled feature. `what` is the action, as a verb.
pub(crate) fn run(what: &str, feature: &str) -> Result<ExitCode, Failure> {
    Err(Failure::usage(format!(
        "this sealift cannot {what}: it was built without the feature `{feature}`"
    )))
}
