//! The help. Each command shows its own options; `sealift help options` shows the global ones.

use std::ffi::OsString;

use clap::{Arg, Command, CommandFactory as _, FromArgMatches as _};

use crate::command_line::Arguments;

/// The name of the hidden command whose help describes the global options.
const OPTIONS: &str = "options";

/// clap's default template with a line about the global options.
const TEMPLATE: &str = "\
{about-with-newline}
{usage-heading} {usage}

{all-args}

Global options, such as --dir, --host and --json: sealift help options{after-help}";

const OPTIONS_TEMPLATE: &str =
    "{about-with-newline}\n{usage-heading} {usage}\n\n{all-args}{after-help}";

/// Parses the arguments of the process.
pub(crate) fn parse() -> Result<Arguments, clap::Error> {
    let mut command = command();
    let mut matches =
        command.try_get_matches_from_mut(without_help_of_help(std::env::args_os().collect()))?;
    Arguments::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

/// Removes `-h` and `--help` after the command `help`, which clap would take for the name of a
/// command.
fn without_help_of_help(mut words: Vec<OsString>) -> Vec<OsString> {
    if words.get(1).is_some_and(|word| word == "help") {
        words.retain(|word| word != "-h" && word != "--help");
    }
    words
}

/// Returns the text that `sealift help options` prints.
pub(crate) fn global_options() -> String {
    let mut command = command();
    command.build();
    let options = command.find_subcommand_mut(OPTIONS);
    options.map(|options| options.render_help().ansi().to_string()).unwrap_or_default()
}

/// Returns the command line, with the global options shown by one command only.
///
/// clap copies a global option into every command that has no option of the same id, and the copy
/// is hidden if the original is. So the originals are hidden here, and the command `options` gets
/// visible ones of its own. Completions and manual pages start from [`Arguments`] instead and
/// contain the global options of every command.
fn command() -> Command {
    let command = Arguments::command();
    let global: Vec<Arg> =
        command.get_arguments().filter(|arg| arg.is_global_set()).cloned().collect();
    with_template(command)
        .override_usage("sealift [OPTIONS] [COMMAND]")
        .mut_args(|arg| {
            let is_hidden = arg.is_global_set() && arg.get_id() != "help";
            arg.hide(is_hidden)
        })
        .mut_subcommand(OPTIONS, |options| {
            let global = global.into_iter().map(|arg| arg.help_heading("Global options"));
            options.help_template(OPTIONS_TEMPLATE).args(global)
        })
}

fn with_template(command: Command) -> Command {
    command.help_template(TEMPLATE).mut_subcommands(with_template)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
        Arguments::command().debug_assert();
    }

    #[test]
    fn global_options_are_visible_in_one_command_and_to_completions() {
        let visible = |mut command: Command, name: &str| {
            command.build();
            let found = command.find_subcommand(name).unwrap().clone();
            found.get_arguments().any(|arg| arg.get_id() == "dir" && !arg.is_hide_set())
        };
        assert!(visible(command(), OPTIONS));
        assert!(!visible(command(), "update"));
        assert!(visible(Arguments::command(), "update"));
    }
}
