//! `sealift man`: manual pages for `sealift` and each of its commands. The command is hidden
//! because only packages use it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::exit_code::ExitCode;
use crate::format;
use crate::output;

/// Write manual pages
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  sealift man ~/.local/share/man/man1")]
pub(crate) struct ManArguments {
    /// Folder to write to; it is created if it is missing
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

/// Writes the pages of all commands.
pub(crate) fn run(arguments: ManArguments, mut command: Command) -> ExitCode {
    match write(&mut command, &arguments.folder) {
        Ok(()) => ExitCode::DONE,
        Err(error) => {
            let folder = format::path(&arguments.folder);
            output::error_line(&format!("error: cannot write manual pages to {folder}: {error}"));
            ExitCode::FAILED
        }
    }
}

/// Writes the pages of a command and its subcommands into a folder.
fn write(command: &mut Command, folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    command.build();
    write_below(command, folder)
}

fn write_below(command: &Command, folder: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|command| is_shown(command)) {
        write_below(below, folder)?;
    }
    let mut page = Vec::new();
    let man = man(command);
    render(&man, command, &mut page)?;
    let path = folder.join(man.get_filename());
    std::fs::write(&path, page).inspect_err(|_| {
        // Do not leave a truncated page.
        let _ = std::fs::remove_file(&path);
    })
}

/// Returns `true` if a command has a page. clap's own `help` has none.
fn is_shown(command: &Command) -> bool {
    !command.is_hide_set() && command.get_name() != "help"
}

fn man(command: &Command) -> Man {
    // clap_mangen would list all options in the synopsis; the usage of the help is shorter.
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let source = format!("sealift {}", env!("CARGO_PKG_VERSION"));
    Man::new(command.clone().override_usage(usage)).source(source).manual("sealift")
}

fn render(man: &Man, command: &Command, page: &mut dyn Write) -> io::Result<()> {
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if command.get_subcommands().any(is_shown) {
        man.render_subcommands_section(page)?;
    }
    match command.get_after_help() {
        Some(text) => more(&text.to_string()).to_writer(page),
        None => Ok(()),
    }
}

/// Returns the text after the help as the sections NOTES and EXAMPLES, with its line breaks.
fn more(text: &str) -> Roff {
    let mut roff = Roff::new();
    let (words, examples) = match text.find("Example") {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let section = |roff: &mut Roff, title: &str, lines: &str| {
        roff.control("SH", [title]);
        roff.control("nf", []);
        for line in lines.trim_end().lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
    };
    if !words.is_empty() {
        section(&mut roff, "NOTES", words);
    }
    if let Some((_, lines)) = examples.split_once('\n') {
        section(&mut roff, "EXAMPLES", lines);
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_keep_their_lines() {
        let page = more("A note.\n\nExamples:\n  sealift list\n  .\\ 'x'\n").to_roff();
        assert!(page.contains(".SH NOTES\n.nf\nA note."), "{page}");
        assert!(page.contains(".SH EXAMPLES\n.nf\n  sealift list\n"), "{page}");
        assert!(page.ends_with(".fi\n"), "{page}");
    }
}
