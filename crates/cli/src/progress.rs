//! Shows what a workflow tells: bars on a terminal, plain lines elsewhere.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use sealift_workflow::docker::BuildEvent;
use sealift_workflow::filename::Printable;
use sealift_workflow::{Event, Reporter, Work};

use crate::arguments::global::{GlobalArguments, ProgressMode};
use crate::build_lines;
use crate::format;
use crate::output;

/// A reporter for people.
pub(crate) struct Progress {
    mode: Mode,
    is_quiet: bool,
    bars: MultiProgress,
    by_image: Mutex<HashMap<String, ProgressBar>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Bars,
    Lines,
    Nothing,
}

impl Progress {
    pub(crate) fn new(global: &GlobalArguments) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let mode = match global.progress {
            _ if global.quiet => Mode::Nothing,
            ProgressMode::None => Mode::Nothing,
            ProgressMode::Auto if terminal => Mode::Bars,
            ProgressMode::Auto | ProgressMode::Plain => Mode::Lines,
        };
        let bars = MultiProgress::with_draw_target(match mode {
            Mode::Bars => ProgressDrawTarget::stderr_with_hz(10),
            Mode::Lines | Mode::Nothing => ProgressDrawTarget::hidden(),
        });
        Self { mode, is_quiet: global.quiet, bars, by_image: Mutex::default() }
    }

    /// Prints a line on standard error, above the bars where there are any.
    pub(crate) fn line(&self, line: &str) {
        match self.mode {
            Mode::Bars => self.bars.suspend(|| output::error_line(line)),
            Mode::Lines => output::error_line(line),
            Mode::Nothing => {}
        }
    }

    /// Prints a warning, unless only errors are wanted.
    fn warning(&self, message: &str) {
        if self.is_quiet {
            return;
        }
        let line = format!("warning: {}", Printable(message));
        self.bars.suspend(|| output::error_line(&line));
    }

    /// Runs something that prints, without disturbing the bars.
    pub(crate) fn suspend(&self, print: impl FnOnce()) {
        self.bars.suspend(print);
    }

    fn start(&self, image: String, work: Work, bytes: Option<u64>) {
        let doing = match work {
            Work::Saving => "saving",
            Work::Compressing => "compressing",
            Work::Verifying => "verifying",
            Work::Loading => "loading",
            Work::Reading => "reading",
            Work::Adding => "adding",
            _ => "working",
        };
        let label = format!("{}  {doing}", Printable(&image));
        match self.mode {
            Mode::Nothing => {}
            Mode::Lines => match bytes {
                Some(bytes) => output::error_line(&format!("{label}  {}", format::size(bytes))),
                None => output::error_line(&label),
            },
            Mode::Bars => {
                let bar = self.bars.add(match bytes {
                    Some(bytes) => ProgressBar::new(bytes).with_style(style(BAR)),
                    None => ProgressBar::no_length().with_style(style(SPINNER)),
                });
                bar.set_message(label);
                bar.enable_steady_tick(Duration::from_millis(200));
                let before = self.bars_by_image().insert(image, bar);
                if let Some(before) = before {
                    before.finish_and_clear();
                }
            }
        }
    }

    fn build(&self, event: &BuildEvent) {
        match event {
            BuildEvent::Sending { bytes } => self.show_part(CONTEXT, *bytes, None),
            BuildEvent::Sent { .. } => self.end_parts(|part| part == CONTEXT),
            BuildEvent::Doing { step, what, bytes, total } if *bytes > 0 => {
                self.show_part(&format!("#{step} {what}"), *bytes, *total);
            }
            BuildEvent::Part { step, what, .. } => {
                let part = format!("#{step} {what}");
                self.end_parts(|other| other == part);
            }
            BuildEvent::Ended { step, .. } => {
                let of_step = format!("#{step} ");
                self.end_parts(|part| part.starts_with(&of_step));
            }
            _ => {}
        }
        if let Some(line) = build_lines::line(event) {
            self.line(&line);
        }
    }

    /// Shows how far a part of a build is, if there are bars.
    fn show_part(&self, part: &str, bytes: u64, total: Option<u64>) {
        if self.mode != Mode::Bars {
            return;
        }
        let mut bars = self.bars_by_image();
        let bar = bars.entry(part.to_owned()).or_insert_with(|| {
            let bar = self.bars.add(match total {
                Some(total) => ProgressBar::new(total).with_style(style(BAR)),
                None => ProgressBar::no_length().with_style(style(SPINNER)),
            });
            bar.set_message(Printable(part).to_string());
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        bar.set_position(bytes);
    }

    fn end_parts(&self, is_ended: impl Fn(&str) -> bool) {
        self.bars_by_image().retain(|part, bar| {
            if is_ended(part) {
                bar.finish_and_clear();
            }
            !is_ended(part)
        });
    }

    /// Removes the bars of a build that has ended, also in the middle of a part.
    pub(crate) fn end_build(&self) {
        self.end_parts(|part| part == CONTEXT || part.starts_with('#'));
    }

    fn bars_by_image(&self) -> std::sync::MutexGuard<'_, HashMap<String, ProgressBar>> {
        self.by_image.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a classic build shows while it sends its context.
const CONTEXT: &str = "sending the build context";
const BAR: &str = "{msg}  {bar:24}  {decimal_bytes}  {decimal_bytes_per_sec}";
const SPINNER: &str = "{msg}  {spinner}  {decimal_bytes}  {decimal_bytes_per_sec}";

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("█▉▊▋▌▍▎▏░")
}

impl Reporter for Progress {
    fn report(&self, event: Event) {
        match event {
            Event::Reading { archives } => {
                self.line(&format!("reading {}", format::count(archives, "archive")));
            }
            Event::Started { image, work, bytes } => self.start(image, work, bytes),
            Event::Progress { image, bytes } => {
                if let Some(bar) = self.bars_by_image().get(&image) {
                    bar.inc(bytes);
                }
            }
            Event::Finished { image } => {
                if let Some(bar) = self.bars_by_image().remove(&image) {
                    bar.finish_and_clear();
                }
            }
            Event::TagMoved { image } => {
                self.line(&format!("{image}  moved to another image meanwhile, saving once more"));
            }
            Event::LeftOut { archive, reason } => {
                self.warning(&format!("{archive} is left out: {reason}"));
            }
            Event::FolderLeftOut { folder, reason } => {
                self.warning(&format!("{} is left out: {reason}", folder.display()));
            }
            Event::PassedOver(passed) => self.warning(&passed.to_string()),
            Event::Changed { archive, before, now } => {
                self.warning(&format!(
                    "{archive} has changed since it was recorded, and is whole: its SHA-256 is {}, \
                     and was {}",
                    now.hex(),
                    before.hex()
                ));
            }
            Event::Build(event) => self.build(&event),
            _ => {}
        }
    }
}
