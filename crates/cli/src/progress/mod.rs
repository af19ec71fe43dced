//! Display of the events of a workflow: bars on a terminal, otherwise plain lines.

mod bars;
mod display;
mod piece;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sealift_workflow::docker::BuildEvent;
use sealift_workflow::filename::Printable;
use sealift_workflow::{Event, Reporter, Work};

use crate::arguments::global::{GlobalArguments, ProgressMode};
use crate::build_lines;
use crate::format;
use crate::output;
use crate::progress::display::{Display, Mode};
use crate::progress::piece::{Piece, word};

/// The name of the piece of work in which a classic build sends its context.
const CONTEXT: &str = "sending the build context";

/// The name of the piece of work in which archives without a record are read. No image has it.
const READING: &str = "\n";

/// The reporter of the command.
pub(crate) struct Progress {
    is_quiet: bool,
    /// Whether events are printed with the name of their engine.
    names_engines: AtomicBool,
    display: Arc<Display>,
}

impl Progress {
    /// Creates a reporter in the mode that the options and the terminal determine.
    pub(crate) fn new(global: &GlobalArguments) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let mode = match global.progress {
            _ if global.quiet => Mode::Nothing,
            ProgressMode::None => Mode::Nothing,
            ProgressMode::Auto if terminal => Mode::Bars,
            ProgressMode::Auto | ProgressMode::Plain => Mode::Lines,
        };
        let display = Arc::new(Display::new(mode));
        Self { is_quiet: global.quiet, names_engines: AtomicBool::new(false), display }
    }

    /// Prints events with the name of their engine from now on.
    pub(crate) fn name_engines(&self) {
        self.names_engines.store(true, Ordering::Relaxed);
    }

    /// Returns the time since the command started.
    pub(crate) fn elapsed(&self) -> Duration {
        self.display.now()
    }

    /// Prints a line of progress on standard error, above the bars if there are any.
    pub(crate) fn line(&self, line: &str) {
        if self.display.mode() != Mode::Nothing {
            self.suspend(|| output::error_line(line));
        }
    }

    /// Prints a warning, unless `--quiet` is passed.
    fn warning(&self, message: &str) {
        self.notice(&format!("warning: {}", Printable(message)));
    }

    /// Prints a line that is not only progress, unless `--quiet` is passed.
    fn notice(&self, line: &str) {
        if !self.is_quiet {
            self.suspend(|| output::error_line(line));
        }
    }

    /// Runs a function that prints, and redraws the bars below its output.
    pub(crate) fn suspend(&self, print: impl FnOnce()) {
        self.display.suspend(print);
    }

    fn start(&self, image: String, work: Work, bytes: Option<u64>) {
        let label = Printable(&image).to_string();
        if self.display.mode() == Mode::Lines {
            // The size of a save is the engine's estimate, so it is not printed.
            let size = bytes.filter(|_| work != Work::Saving).map(format::size);
            let size = size.map(|size| format!("  {size}")).unwrap_or_default();
            output::error_line(&format!("{label}  {}{size}", word(work)));
        }
        let piece = Piece::new(label, Some(work), bytes, self.display.now());
        self.display.start(image, piece);
    }

    fn build(&self, event: &BuildEvent) {
        match event {
            BuildEvent::Sending { bytes } => self.show_part(CONTEXT, *bytes, None),
            BuildEvent::Sent { .. } => self.display.end(|part| part == CONTEXT),
            BuildEvent::Doing { step, what, bytes, total } if *bytes > 0 => {
                self.show_part(&format!("#{step} {what}"), *bytes, *total);
            }
            BuildEvent::Part { step, what, .. } => {
                let part = format!("#{step} {what}");
                self.display.end(|other| other == part);
            }
            BuildEvent::Ended { step, .. } => {
                let of_step = format!("#{step} ");
                self.display.end(|part| part.starts_with(&of_step));
            }
            _ => {}
        }
        if let Some(line) = build_lines::line(event) {
            self.line(&line);
        }
    }

    /// Shows the progress of a part of a build, if there are bars.
    fn show_part(&self, part: &str, bytes: u64, total: Option<u64>) {
        if self.display.mode() == Mode::Bars {
            let new = |now| Piece::new(Printable(part).to_string(), None, total, now);
            self.display.set(part, bytes, new);
        }
    }

    /// Removes the bars of a build that ended, also if parts are not finished.
    pub(crate) fn end_build(&self) {
        self.display.end(|part| part == CONTEXT || part.starts_with('#'));
    }
}

/// Prefixes the image of an event with the name of the engine, so that several engines can be
/// distinguished.
fn with_engine(engine: &str, event: Event) -> Event {
    let named = |image: String| format!("{engine}  {image}");
    match event {
        Event::Waiting { image } => Event::Waiting { image: named(image) },
        Event::WaitEnded { image } => Event::WaitEnded { image: named(image) },
        Event::Started { image, work, bytes } => {
            Event::Started { image: named(image), work, bytes }
        }
        Event::Progress { image, bytes } => Event::Progress { image: named(image), bytes },
        Event::Finished { image } => Event::Finished { image: named(image) },
        Event::SentInFull { image, reason } => Event::SentInFull { image: named(image), reason },
        other => other,
    }
}

impl Reporter for Progress {
    fn report(&self, event: Event) {
        match event {
            Event::Reading { archives, bytes } => {
                let label = format::count(archives, "archive");
                self.line(&format!("reading {label}"));
                let piece = Piece::new(label, Some(Work::Reading), Some(bytes), self.display.now());
                self.display.start(READING.to_owned(), piece);
            }
            Event::Read { bytes } => self.display.advance(READING, bytes),
            Event::ReadingEnded => self.display.end(|name| name == READING),
            Event::Waiting { image } => self.display.wait(image),
            Event::WaitEnded { image } => self.display.end_wait(&image),
            Event::Started { image, work, bytes } => self.start(image, work, bytes),
            Event::Progress { image, bytes } => {
                self.display.advance(&image, bytes);
            }
            Event::Finished { image } => {
                self.display.end(|name| name == image);
            }
            Event::TagMoved { image } => {
                self.line(&format!("{image}  tag moved to another image, saving again"));
            }
            Event::SentInFull { image, reason } => {
                self.notice(&format!("{image}  sending all layers: {}", Printable(&reason)));
            }
            Event::LeftOut { archive, reason } => {
                self.warning(&format!("{archive} is left out: {reason}"));
            }
            Event::BlocksIgnored { archive, reason } => {
                self.warning(&format!("the block index of {archive} is not used: {reason}"));
            }
            Event::FolderLeftOut { folder, reason } => {
                self.warning(&format!("{} is left out: {reason}", folder.display()));
            }
            Event::FilesReloaded { files } => {
                let files: Vec<String> =
                    files.iter().map(|file| file.display().to_string()).collect();
                self.notice(&format!("{} was read again", Printable(&files.join(" and "))));
            }
            Event::FilesNotReloaded { reason } => {
                self.warning(&format!("{reason}; what was read before is still used"));
            }
            Event::PassedOver(passed) => self.warning(&passed.to_string()),
            Event::Changed { archive, before, now } => {
                self.warning(&format!(
                    "{archive} has changed since it was recorded, and is valid: its SHA-256 is {}, \
                     and was {}",
                    now.hex(),
                    before.hex()
                ));
            }
            Event::Build(event) => self.build(&event),
            Event::OnEngine { engine, event } => {
                self.report(match self.names_engines.load(Ordering::Relaxed) {
                    true => with_engine(&engine, *event),
                    false => *event,
                });
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_an_image_name_the_engine() {
        let (image, reason) = (|| "web:1".to_owned(), || "it has no room".to_owned());
        let events = [
            Event::Waiting { image: image() },
            Event::WaitEnded { image: image() },
            Event::Started { image: image(), work: Work::Loading, bytes: None },
            Event::Progress { image: image(), bytes: 7 },
            Event::Finished { image: image() },
            Event::SentInFull { image: image(), reason: reason() },
        ];
        for event in events {
            let named = format!("{:?}", with_engine("ssh://edge", event));
            assert!(named.contains("\"ssh://edge  web:1\""), "{named}");
        }
    }
}
