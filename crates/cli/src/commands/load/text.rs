//! The output of a load.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use sealift_workflow::archive::PlainReader;
use sealift_workflow::docker::Engine;
use sealift_workflow::filename::Printable;
use sealift_workflow::{EngineLoad, EngineName, Error, ErrorKind, LoadedImage};
use serde_json::{Value, json};

use crate::arguments::file;
use crate::exit_code::ExitCode;
use crate::failure::{self, Failure, is_interruption};
use crate::format;
use crate::hints;
use crate::line::Line;
use crate::output;
use crate::session::Session;
use crate::text_width::columns;

/// The longest name of an engine for which the following columns are aligned.
const WIDEST: usize = 24;

/// The width of the column `loaded` or `unchanged`.
const WORD: usize = 9;

/// Prints the results of a load as they arrive.
pub(crate) struct Printer<'a> {
    session: &'a Session,
    /// The width of the column of engine names; `None` if the user did not name several engines, so
    /// that names are not printed.
    names: Option<usize>,
    /// Hints that were printed. A hint that applies to many engines is printed once.
    hints: Mutex<HashSet<String>>,
    /// Whether loaded images are also printed with `--quiet`.
    prints_changes: bool,
}

impl<'a> Printer<'a> {
    pub(crate) fn new(session: &'a Session, engines: &[Engine], is_several: bool) -> Self {
        let names = is_several.then(|| {
            session.progress.name_engines();
            let widths = engines.iter().map(|engine| columns(&name(&EngineName::of(engine))));
            widths.filter(|width| *width <= WIDEST).max().unwrap_or(0)
        });
        Self { session, names, hints: Mutex::default(), prints_changes: false }
    }

    /// Also prints loaded images with `--quiet`.
    #[cfg(feature = "remote")]
    pub(crate) fn with_changes(self) -> Self {
        Self { prints_changes: true, ..self }
    }

    /// Prints a result as text, or as a line of JSON with `--json=lines`.
    pub(crate) fn show(&self, load: &EngineLoad) {
        if self.names.is_some() || load.asked.is_some() {
            self.session.json_result(|| self.document(load));
        }
        match &load.result {
            Ok(_) if self.session.global.json() => {}
            Ok(image) => {
                let line = match self.names.is_some() {
                    true => short_line(self.beginning(load.engine.as_ref()), image),
                    false => line(image),
                };
                match self.prints_changes && image.loaded {
                    true => self.session.change_line(&line),
                    false => self.session.result_line(&line),
                }
            }
            Err(error) if is_interruption(error) => {
                if let (Some(_), Some(asked)) = (self.names, &load.asked) {
                    let line =
                        self.beginning(load.engine.as_ref()).name(asked).fixed("interrupted");
                    let line = line.fit(output::error_terminal_width());
                    self.session.progress.suspend(|| output::error_line(&line));
                }
            }
            // This error ends the command, and `run` reports it.
            Err(_) if self.names.is_none() && load.asked.is_none() => {}
            Err(error) => {
                let mut failure = failure_of(load, error);
                if self.names.is_some() {
                    if load.asked.is_none() {
                        // The engine failed, not an image.
                        failure = failure.with_cause_as_message();
                    }
                    let mut hints = self.hints.lock().unwrap_or_else(PoisonError::into_inner);
                    failure = failure.with_hint_once(&mut hints);
                }
                let prefix = self.prefix(load.engine.as_ref());
                self.session.progress.suspend(|| failure.show_after(&prefix));
            }
        }
    }

    /// Prints the JSON document and the summary, and returns the exit code.
    pub(super) fn end(&self, loads: &[EngineLoad]) -> Result<ExitCode, Failure> {
        if !self.has_failed_at_once(loads) {
            let documents = || loads.iter().map(|load| self.document(load)).collect();
            self.session.json_results(documents);
        }
        self.end_of(loads)
    }

    /// Returns `true` if the only engine did not answer, which ends the command.
    fn has_failed_at_once(&self, loads: &[EngineLoad]) -> bool {
        let is_whole = |load: &EngineLoad| load.asked.is_none() && load.result.is_err();
        self.names.is_none() && loads.iter().any(is_whole)
    }

    /// Prints the summary after the results, and returns the exit code.
    pub(crate) fn end_of(&self, loads: &[EngineLoad]) -> Result<ExitCode, Failure> {
        let errors = || loads.iter().filter_map(|load| load.result.as_ref().err());
        if self.names.is_none()
            && let Some(load) = loads.iter().find(|load| load.asked.is_none())
            && let Err(error) = &load.result
        {
            return Err(Failure::of(error));
        }
        if self.names.is_none() {
            let asked = |load: &EngineLoad| load.asked.clone().unwrap_or_default();
            let results = loads.iter().map(|load| (asked(load), &load.result));
            self.session.interrupted_images(results);
        }
        if errors().any(is_interruption) {
            failure::show(&Error::Interrupted);
        }
        let codes = loads.iter().filter_map(|load| {
            let error = load.result.as_ref().err()?;
            Some(failure_of(load, error).code())
        });
        match self.names {
            // With one engine, an interruption decides, then the first failure.
            None => {
                self.summary(loads);
                match errors().any(is_interruption) {
                    true => Ok(ExitCode::INTERRUPTED),
                    false => Ok(codes.into_iter().next().unwrap_or(ExitCode::DONE)),
                }
            }
            Some(_) => {
                self.summary(loads);
                Ok(ExitCode::worst(codes))
            }
        }
    }

    /// Prints the numbers of results: `1 loaded, 1 unchanged, 1 failed`.
    fn summary(&self, loads: &[EngineLoad]) {
        let count = |is: fn(&EngineLoad) -> bool| loads.iter().filter(|load| is(load)).count();
        let counts = [
            (count(|load| load.result.as_ref().is_ok_and(|image| image.loaded)), "loaded"),
            (count(|load| load.result.as_ref().is_ok_and(|image| !image.loaded)), "unchanged"),
            (
                count(|load| load.result.as_ref().is_err_and(|error| !is_interruption(error))),
                "failed",
            ),
            (count(|load| load.result.as_ref().is_err_and(is_interruption)), "interrupted"),
        ];
        self.session.summary(&counts, 0);
    }

    /// Returns the prefix of an error of an engine: its name if the user named several.
    fn prefix(&self, engine: Option<&EngineName>) -> String {
        match (self.names, engine) {
            (Some(width), Some(engine)) => {
                let name = name(engine);
                let missing = width.saturating_sub(columns(&name));
                format!("{name}{}  ", " ".repeat(missing))
            }
            _ => String::new(),
        }
    }

    /// Returns a line with the engine's name, if the user named several.
    fn beginning(&self, engine: Option<&EngineName>) -> Line {
        match (self.names, engine) {
            (Some(width), Some(engine)) => Line::new().name(engine).filled_to(width),
            _ => Line::new(),
        }
    }

    fn document(&self, load: &EngineLoad) -> Value {
        let mut document = json!(load);
        if self.names.is_none()
            && let Some(fields) = document.as_object_mut()
        {
            fields.retain(|name, _| !matches!(name.as_str(), "host" | "context"));
        }
        if let Err(error) = &load.result {
            document["error"] = json!(failure_of(load, error));
        }
        if document["asked"] == "/dev/stdin" {
            document["asked"] = json!("-");
        }
        document
    }
}

fn name(engine: &EngineName) -> String {
    Printable(&engine.to_string()).to_string()
}

/// Describes why an image was not loaded.
fn failure_of(load: &EngineLoad, error: &Error) -> Failure {
    // Neither an image nor a file has this name, and it ends like a file: report the file.
    if let (None, Some(asked)) = (&load.engine, &load.asked)
        && error.kind() == ErrorKind::NotFound
        && file::ends_like_archive(asked)
        && let Err(error) = PlainReader::open(asked)
    {
        return Failure::from(error).with_hint(hints::folder::archive_name(asked, ""));
    }
    Failure::of(error)
}

fn line(image: &LoadedImage) -> Line {
    let line = Line::new().name(&image.tag).fixed(word(image));
    match sent_in_part(image) {
        Some((sent, there)) => line.filled_to(WORD).fixed(sent).detail(there).after(", "),
        None => line.path(image.path.display()).fixed(format::size(image.size)),
    }
}

/// Returns two phrases if layers were skipped: the amount that was sent, `3.1 of 326 MB`, with
/// `(1.2 MB compressed)` if compression made it smaller, and `7 of 9 layers were there`.
fn sent_in_part(image: &LoadedImage) -> Option<(String, String)> {
    let transfer = image.transfer.as_ref().filter(|transfer| transfer.layers_there > 0)?;
    let layers = transfer.layers_sent + transfer.layers_there;
    let part = format::part(transfer.bytes_sent, transfer.bytes_sent + transfer.bytes_left_out);
    let be = if transfer.layers_there == 1 { "was" } else { "were" };
    let there = transfer.layers_there;
    let compressed = transfer.compressed_to.filter(|size| *size < transfer.bytes_sent);
    let compressed = compressed.map(|size| format!(" ({} compressed)", format::size(size)));
    let compressed = compressed.unwrap_or_default();
    let layers = format::count(layers, "layer");
    Some((format!("{part}{compressed}"), format!("{there} of {layers} {be} there")))
}

/// Adds the result for an image to a line that begins with the engine's name.
fn short_line(line: Line, image: &LoadedImage) -> Line {
    let line = line.name(&image.tag).fixed(word(image)).filled_to(WORD);
    match sent_in_part(image) {
        Some((sent, there)) => line.fixed(sent).detail(there).after(", "),
        None if image.loaded => line.fixed(format::size(image.size)),
        None => line,
    }
}

fn word(image: &LoadedImage) -> &'static str {
    if image.loaded { "loaded" } else { "unchanged" }
}
