//! Suggestions for commands that other tools have under another name.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};

/// Commands of docker, cargo, git and rclone, and the corresponding ones here.
const COMMANDS: &[(&[&str], &str)] = &[
    (&["pull", "download", "clone"], "fetch"),
    (&["push", "upload", "sync"], "publish"),
    (&["save", "pack"], "update"),
    (&["import"], "add"),
    (&["ls", "images", "image", "ps"], "list"),
    (&["rm", "rmi", "remove", "delete", "prune", "gc"], "clean"),
    (&["inspect", "history", "info"], "show"),
    (&["check", "fsck"], "verify"),
];

/// Replaces the suggestion for an unknown command if another tool has a command of that name. The
/// most similar name, which the parser suggests, can have the opposite meaning.
pub(crate) fn suggest(error: &mut clap::Error) {
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidSubcommand) else {
        return;
    };
    let Some(ours) = corresponding(unknown) else { return };
    let tip = format!("the corresponding command is `{ours}`: sealift help {ours}");
    error.remove(ContextKind::SuggestedSubcommand);
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
}

fn corresponding(unknown: &str) -> Option<&'static str> {
    let (_, ours) = COMMANDS.iter().find(|(names, _)| names.contains(&unknown))?;
    Some(ours)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::command_line::Arguments;

    #[test]
    fn every_suggested_command_exists_and_no_command_is_replaced() {
        let command = Arguments::command();
        for (names, ours) in COMMANDS {
            assert!(command.find_subcommand(ours).is_some(), "{ours}");
            for name in *names {
                assert!(command.find_subcommand(name).is_none(), "{name}");
            }
        }
    }
}
