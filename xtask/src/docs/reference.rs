//! `docs/commands.md`: the help of every command.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::run;

pub(super) const PAGE: &str = "docs/commands.md";

/// Collects the help of every command.
pub(super) fn page(sealift: &Path) -> Result<String> {
    let help = |command: &[&str]| -> Result<String> {
        let mut call = Command::new(sealift);
        run::read(call.args(command).arg("--help").env("COLUMNS", "80"))
    };
    let whole = help(&[])?;
    let mut text =
        "# Commands\n\nThe output of `sealift COMMAND --help`, written by `cargo xtask docs`.\n"
            .to_owned();
    let mut add = |title: &str, help: &str| {
        let _ = write!(text, "\n## {title}\n\n```text\n{}\n```\n", help.trim_end());
    };
    add("sealift", &whole);
    add("Global options", &help(&["options"])?);
    // `help` is described by every page.
    for command in commands(&whole).into_iter().filter(|command| *command != "help") {
        let page = help(&[command])?;
        add(&format!("sealift {command}"), &page);
        for below in commands(&page) {
            add(&format!("sealift {command} {below}"), &help(&[command, below])?);
        }
    }
    Ok(text)
}

/// Reads the names of commands in a help.
fn commands(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| line.starts_with("  "));
    let names = lines
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_from_a_help() {
        let help = "Ship\n\nCommands:\n  build  Build\n           more\n  env    Show\n\nOptions:\n  -h  x\n";
        assert_eq!(commands(help), ["build", "env"]);
        assert!(commands("no such thing").is_empty());
    }
}
