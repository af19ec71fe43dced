//! `sealift name`: names of archives and versions, for shell scripts.

use std::io::BufRead as _;

use clap::Subcommand;
use sealift_workflow::filename::{ArchiveName, Printable, Version, version_to_imagetag};
use serde_json::{Value, json};

use crate::arguments::reference::reference;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::output;
use crate::session::Session;

/// Parse and check names, for shell scripts
#[derive(Debug, Subcommand)]
#[command(
    disable_help_subcommand = true,
    after_help = "\
Example:
  (cd artifacts && ls *.zip) | sealift name parse"
)]
pub(crate) enum NameCommand {
    /// Parse names of archives, from standard input if none is passed
    #[command(after_help = "\
A name that is not the name of an archive is an error, and the exit code is 1.
With --json, each name is a JSON document on its own line (JSON lines); that of
another name has an `error`, and the exit code is 0.

Examples:
  sealift name parse web_1.4.0.7_91e8e311933e.zip
  (cd artifacts && ls *.zip) | sealift name parse
  ls artifacts | sealift name parse --json | jq 'select(.error | not)'")]
    Parse {
        /// Names of archives
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Print IMAGE:TAG for an image and a version
    #[command(after_help = "\
Example:
  docker run \"$(sealift name tag web 1.4.0+beta)\"")]
    Tag {
        /// Image
        image: String,
        /// Version; `+` becomes `_` in the tag
        version: String,
    },
    /// Print `dirty` if a version is a dirty build, otherwise `clean`
    #[command(after_help = "\
Examples:
  sealift name dirty 1.4.0.0
  if sealift name dirty --exit-code web:1.4.0.7; then echo not released; fi")]
    Dirty {
        /// Version, with or without an image
        #[arg(value_name = "[IMAGE:]VERSION")]
        version: String,
        /// Exit with 0 if the version is dirty, with 1 if it is clean
        #[arg(long)]
        exit_code: bool,
    },
}

pub(crate) fn run(command: NameCommand, session: &Session) -> Result<ExitCode, Failure> {
    match command {
        NameCommand::Parse { names } => parse(names, session.global.json()),
        NameCommand::Tag { image, version } => {
            let tag = version_to_imagetag(&image, &version).map_err(Failure::usage)?;
            match session.global.json() {
                true => output::json(&json!({ "tag": tag })),
                false => output::data(format!("{tag}\n")),
            }
            Ok(ExitCode::DONE)
        }
        NameCommand::Dirty { version, exit_code } => {
            let dirty = version_of(&version)?.is_dirty();
            match session.global.json() {
                true => output::json(&json!({ "dirty": dirty })),
                false if session.global.quiet && exit_code => {}
                false => output::data(if dirty { "dirty\n" } else { "clean\n" }),
            }
            Ok(if exit_code && !dirty { ExitCode::FAILED } else { ExitCode::DONE })
        }
    }
}

/// Parses `VERSION` or `IMAGE:VERSION`, and returns the version.
fn version_of(text: &str) -> Result<Version, Failure> {
    if text.is_empty() {
        return Err(Failure::usage("the version is empty"));
    }
    if !text.contains(':') {
        return Ok(Version::from_tag(text));
    }
    let reference = reference(text)?;
    let version = reference.version().cloned();
    version.ok_or_else(|| Failure::usage(format!("`{reference}` has no version")))
}

/// Parses names and prints a line for each. Reads names from standard input if there are none.
fn parse(names: Vec<String>, json: bool) -> Result<ExitCode, Failure> {
    let mut code = ExitCode::DONE;
    let mut show = |name: &str| {
        let parsed = ArchiveName::parse(name);
        if parsed.is_err() && !json {
            code = ExitCode::FAILED;
        }
        match (&parsed, json) {
            (_, true) => output::json_line(&document(name, &parsed)),
            (Ok(parsed), false) => output::text(&text(parsed)),
            (Err(error), false) => output::error_line(&format!("error: {error}")),
        }
    };
    if names.is_empty() {
        for line in std::io::stdin().lock().lines() {
            match line {
                Ok(name) => show(&name),
                Err(error) => {
                    return Err(Failure::usage(format!("cannot read standard input: {error}")));
                }
            }
        }
    }
    names.iter().for_each(|name| show(name));
    Ok(code)
}

fn document(name: &str, parsed: &Result<ArchiveName, impl ToString>) -> Value {
    match parsed {
        Ok(parsed) => json!({
            "name": name,
            "image": parsed.image(),
            "version": parsed.version(),
            "id": parsed.id(),
            "format": parsed.format(),
            "dirty": parsed.is_dirty(),
        }),
        Err(error) => json!({ "name": name, "error": error.to_string() }),
    }
}

fn text(parsed: &ArchiveName) -> String {
    let dirty = if parsed.is_dirty() { "  dirty" } else { "" };
    let parts = [parsed.image(), parsed.version(), parsed.id().as_str(), parsed.format().as_str()]
        .map(|part| Printable(part).to_string());
    format!("{}{dirty}\n", parts.join("  "))
}
