//! The options that every command takes.

use clap::{ArgAction, Args, ValueEnum};

use crate::arguments::engine::EngineArguments;
use crate::arguments::folder::FolderArguments;

/// The options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArguments {
    #[command(flatten)]
    pub(crate) folder: FolderArguments,
    #[command(flatten)]
    pub(crate) engine: EngineArguments,
    /// Print one JSON document on standard output, also on failure; --json=lines prints each
    /// result in a line of its own, as soon as it is known
    #[arg(long = "json", id = "json", global = true, value_enum, hide_possible_values = true)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "document")]
    #[arg(value_name = "lines")]
    json_form: Option<JsonForm>,
    /// Print errors only, and data where data is what the command is for
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print more detail and debug logs; SEALIFT_LOG=LEVEL sets the level without -v
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Progress display: auto, plain or none
    #[arg(long, global = true, value_enum, hide_possible_values = true)]
    #[arg(default_value_t = ProgressMode::Auto, value_name = "MODE")]
    pub(crate) progress: ProgressMode,
    /// When to use colours: auto, always or never [default: auto, honours NO_COLOR]
    #[arg(long, global = true, value_enum, hide_possible_values = true, hide_default_value = true)]
    #[arg(default_value_t = ColorMode::Auto, value_name = "WHEN")]
    pub(crate) color: ColorMode,
    /// Seconds to wait for another process that writes the folder
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) lock_timeout: u64,
    /// Print help
    #[arg(short, long, global = true, action = ArgAction::HelpShort)]
    help: Option<bool>,
}

impl GlobalArguments {
    /// Returns `true` if results are printed as JSON.
    pub(crate) fn json(&self) -> bool {
        self.json_form.is_some()
    }

    /// Returns `true` if each result is printed as a line of JSON.
    pub(crate) fn json_lines(&self) -> bool {
        self.json_form == Some(JsonForm::Lines)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum JsonForm {
    /// One document
    Document,
    /// A line for each result
    Lines,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorMode {
    /// On a terminal, unless NO_COLOR or CLICOLOR say otherwise
    Auto,
    /// Always
    Always,
    /// Never
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressMode {
    /// Bars on a terminal, else plain lines
    Auto,
    /// Plain lines
    Plain,
    /// Nothing on the way, only results
    None,
}
