//! Manual pages: one for the command, and one for each command in it.

use std::io::{self, Write};
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::args::Arguments;

/// Writes all pages into a folder.
pub(crate) fn write(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut command = Arguments::command();
    command.build();
    write_below(&command, folder)
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
        // Nothing truncated is left behind.
        let _ = std::fs::remove_file(&path);
    })
}

/// Returns `true` if a command has a page. `help` itself is clap's, and described by every page.
fn is_shown(command: &Command) -> bool {
    !command.is_hide_set() && command.get_name() != "help"
}

fn man(command: &Command) -> Man {
    // As in the help: all options by name would be longer than the rest of the page.
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

/// Lays out what stands below a help, whose examples have lines of their own.
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
    fn every_command_that_is_shown_has_a_page() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        let entries = std::fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert!(names.contains(&"sealift.1".to_owned()), "{names:?}");
        assert!(names.contains(&"sealift-name-parse.1".to_owned()), "{names:?}");
        assert!(!names.contains(&"sealift-man.1".to_owned()), "{names:?}");
    }

    #[test]
    fn examples_keep_their_lines() {
        let page = more("A note.\n\nExamples:\n  sealift list\n  .\\ 'x'\n").to_roff();
        assert!(page.contains(".SH NOTES\n.nf\nA note."), "{page}");
        assert!(page.contains(".SH EXAMPLES\n.nf\n  sealift list\n"), "{page}");
        assert!(page.ends_with(".fi\n"), "{page}");
    }
}
