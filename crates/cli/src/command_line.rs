//! The complete command line: the global options and one of the commands.

use clap::{ArgAction, Parser, Subcommand};

use crate::arguments::choose::ChooseArguments;
use crate::arguments::global::GlobalArguments;
use crate::commands::add::AddArguments;
use crate::commands::build::BuildArguments;
use crate::commands::cat::CatArguments;
use crate::commands::clean::CleanArguments;
use crate::commands::completions::CompletionsArguments;
use crate::commands::config::ConfigArguments;
use crate::commands::diff::DiffArguments;
use crate::commands::env::EnvArguments;
use crate::commands::export::ExportArguments;
#[cfg(feature = "remote")]
use crate::commands::fetch::FetchArguments;
#[cfg(not(all(feature = "remote", feature = "serve")))]
use crate::commands::left_out::LeftOutArguments;
use crate::commands::list::ListArguments;
use crate::commands::load::LoadArguments;
use crate::commands::man::ManArguments;
use crate::commands::name::NameCommand;
#[cfg(feature = "remote")]
use crate::commands::publish::PublishArguments;
#[cfg(feature = "serve")]
use crate::commands::serve::ServeArguments;
use crate::commands::show::ShowArguments;
use crate::commands::tag::TagArguments;
use crate::commands::update::UpdateArguments;
use crate::commands::verify::VerifyArguments;

/// Move container images to places without a registry
#[derive(Debug, Parser)]
#[command(
    name = "sealift",
    version,
    disable_help_flag = true,
    max_term_width = 80,
    after_help = "\
sealift keeps a folder of versioned image archives, IMAGE_VERSION_ID.zip, in
step with a container engine. Every archive is verified before it becomes
visible.

Exit codes:
  0 done   1 failed   2 usage   3 image or archive not found
  4 unsupported format   5 damaged archive   6 engine unreachable
  7 folder locked   8 nothing new (fetch --exit-code)   130 interrupted"
)]
pub(crate) struct Arguments {
    /// Print help
    #[arg(short, long, global = true, action = ArgAction::HelpShort, display_order = 998)]
    help: Option<bool>,
    #[command(flatten)]
    pub(crate) global: GlobalArguments,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Build(Box<BuildArguments>),
    Update(UpdateArguments),
    List(ListArguments),
    Show(ShowArguments),
    Diff(DiffArguments),
    /// Print the path of an archive
    #[command(after_help = "\
Example:
  scp \"$(sealift path web)\" edge:")]
    Path(ChooseArguments),
    Cat(CatArguments),
    Config(ConfigArguments),
    #[cfg(feature = "remote")]
    Fetch(FetchArguments),
    #[cfg(not(feature = "remote"))]
    Fetch(LeftOutArguments),
    Load(LoadArguments),
    Export(ExportArguments),
    #[cfg(feature = "remote")]
    Publish(Box<PublishArguments>),
    #[cfg(not(feature = "remote"))]
    Publish(LeftOutArguments),
    #[cfg(feature = "serve")]
    Serve(ServeArguments),
    #[cfg(not(feature = "serve"))]
    Serve(LeftOutArguments),
    Add(AddArguments),
    Tag(TagArguments),
    Verify(VerifyArguments),
    Clean(CleanArguments),
    #[command(subcommand)]
    Name(NameCommand),
    Env(EnvArguments),
    Completions(CompletionsArguments),
    /// Print the version
    #[command(after_help = "\
Example:
  sealift version")]
    Version,
    #[command(hide = true)]
    Man(ManArguments),
    /// Options that every command accepts
    #[command(
        hide = true,
        override_usage = "sealift [OPTIONS] <COMMAND>\n       sealift <COMMAND> [OPTIONS]",
        after_help = "\
Global options can be passed before or after the command. With `load` and
`fetch`, pass all --host and --context options after it.

Examples:
  sealift list --dir /mnt/usb/images
  sealift update web:1.4.0.7 --host ssh://build1 --quiet
  sealift verify --json | jq -r '.[] | select(.verdict != \"whole\").path'"
    )]
    Options,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::commands;
    use crate::exit_code::ExitCode;

    #[test]
    fn the_help_lists_every_command_but_man_and_options() {
        let command = Arguments::command();
        let hidden = command.get_subcommands().filter(|command| command.is_hide_set());
        assert_eq!(hidden.map(clap::Command::get_name).collect::<Vec<_>>(), ["man", "options"]);
    }

    #[test]
    fn every_visible_command_has_a_manual_page() {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ManArguments { folder: folder.path().to_owned() };
        assert_eq!(commands::man::run(arguments, Arguments::command()), ExitCode::DONE);
        let entries = std::fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert!(names.contains(&"sealift.1".to_owned()), "{names:?}");
        assert!(names.contains(&"sealift-name-parse.1".to_owned()), "{names:?}");
        assert!(!names.contains(&"sealift-man.1".to_owned()), "{names:?}");
    }
}
