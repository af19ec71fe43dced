//! Lines on a terminal that are updated in place.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A group of lines, one for each piece of work, by name.
pub(super) struct Bars {
    group: MultiProgress,
    by_name: Mutex<HashMap<String, ProgressBar>>,
}

impl Bars {
    /// Creates an empty group, which is drawn on standard error if `is_shown` is `true`.
    pub(super) fn new(is_shown: bool) -> Self {
        let target = match is_shown {
            true => ProgressDrawTarget::stderr_with_hz(10),
            false => ProgressDrawTarget::hidden(),
        };
        Self { group: MultiProgress::with_draw_target(target), by_name: Mutex::default() }
    }

    /// Runs a function that prints, and redraws the lines below its output.
    pub(super) fn suspend(&self, print: impl FnOnce()) {
        self.group.suspend(print);
    }

    /// Sets the text of a line, and adds the line if it is missing.
    pub(super) fn set(&self, name: &str, text: String) {
        let mut bars = self.by_name();
        let bar = bars.entry(name.to_owned()).or_insert_with(|| {
            let style = ProgressStyle::with_template("{wide_msg}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
            self.group.add(ProgressBar::no_length().with_style(style))
        });
        bar.set_message(text);
    }

    /// Removes a line.
    pub(super) fn end(&self, name: &str) {
        if let Some(bar) = self.by_name().remove(name) {
            bar.finish_and_clear();
        }
    }

    fn by_name(&self) -> MutexGuard<'_, HashMap<String, ProgressBar>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
