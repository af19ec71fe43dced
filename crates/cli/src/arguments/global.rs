//! The options that every command accepts.

use clap::{Args, ValueEnum};

use crate::arguments::engine::EngineArguments;
use crate::arguments::folder::FolderArguments;

/// The global options.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArguments {
    #[command(flatten)]
    pub(crate) folder: FolderArguments,
    #[command(flatten)]
    pub(crate) engine: EngineArguments,
    /// Print JSON on standard output, also on failure: one document, or with --json=lines one line
    /// for each result as soon as it is known
    #[arg(long = "json", id = "json", global = true, value_enum)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "document")]
    #[arg(value_name = "FORM")]
    json_form: Option<JsonForm>,
    /// Print only errors and requested data
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print more detail and debug logs; SEALIFT_LOG=LEVEL sets the level without -v
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Progress display; `auto` shows bars on a terminal, otherwise lines
    #[arg(long, global = true, value_enum)]
    #[arg(default_value_t = ProgressMode::Auto, value_name = "MODE")]
    pub(crate) progress: ProgressMode,
    /// Use of colours; `auto` honours NO_COLOR
    #[arg(long, global = true, value_enum)]
    #[arg(default_value_t = ColorMode::Auto, value_name = "WHEN")]
    pub(crate) color: ColorMode,
    /// Seconds to wait while another process writes to the folder
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) lock_timeout: u64,
}

impl GlobalArguments {
    /// Returns `true` if results are printed as JSON.
    pub(crate) fn json(&self) -> bool {
        self.json_form.is_some()
    }

    /// Returns `true` if each result is printed as one line of JSON.
    pub(crate) fn json_lines(&self) -> bool {
        self.json_form == Some(JsonForm::Lines)
    }
}

// The values of options have ordinary comments: with rustdoc comments, clap would print the long
// form of the help.

/// The form of JSON output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum JsonForm {
    // One document.
    Document,
    // One line for each result.
    Lines,
}

/// The use of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorMode {
    // On a terminal, unless NO_COLOR or CLICOLOR disables colours.
    Auto,
    Always,
    Never,
}

impl From<ColorMode> for anstream::ColorChoice {
    fn from(mode: ColorMode) -> Self {
        match mode {
            ColorMode::Auto => Self::Auto,
            ColorMode::Always => Self::Always,
            ColorMode::Never => Self::Never,
        }
    }
}

/// The display of progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressMode {
    // Bars on a terminal, otherwise plain lines.
    Auto,
    // Plain lines.
    Plain,
    // Only results.
    None,
}
