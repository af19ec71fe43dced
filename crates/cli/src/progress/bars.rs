//! Progress bars on a terminal.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

const BAR: &str = "{msg}  {bar:24}  {decimal_bytes}  {decimal_bytes_per_sec}";
const SPINNER: &str = "{msg}  {spinner}  {decimal_bytes}  {decimal_bytes_per_sec}";

/// The same as wide as the terminal, for labels that may be long: only they are cut off.
const WIDE_BAR: &str = "{wide_msg}  {bar:10}  {decimal_bytes:>9}  {decimal_bytes_per_sec:>11}";
const WIDE_SPINNER: &str = "{wide_msg}  {spinner}  {decimal_bytes:>9}  {decimal_bytes_per_sec:>11}";

/// A group of bars, each for one piece of work and known by its name.
pub(crate) struct Bars {
    group: MultiProgress,
    by_name: Mutex<HashMap<String, ProgressBar>>,
    is_wide: AtomicBool,
}

impl Bars {
    /// Creates a group without bars, which is drawn on standard error if it is shown.
    pub(crate) fn new(is_shown: bool) -> Self {
        let target = match is_shown {
            true => ProgressDrawTarget::stderr_with_hz(10),
            false => ProgressDrawTarget::hidden(),
        };
        let group = MultiProgress::with_draw_target(target);
        Self { group, by_name: Mutex::default(), is_wide: AtomicBool::new(false) }
    }

    /// Makes the bars that are added from now on as wide as the terminal.
    pub(crate) fn widen(&self) {
        self.is_wide.store(true, Ordering::Relaxed);
    }

    /// Runs something that prints, without disturbing the bars.
    pub(crate) fn suspend(&self, print: impl FnOnce()) {
        self.group.suspend(print);
    }

    /// Adds a bar, in place of the one of the same name. Without a total it is a spinner.
    pub(crate) fn start(&self, name: String, label: String, total: Option<u64>) {
        let bar = self.add(label, total);
        if let Some(before) = self.by_name().insert(name, bar) {
            before.finish_and_clear();
        }
    }

    /// Advances a bar, if it is there.
    pub(crate) fn advance(&self, name: &str, bytes: u64) {
        if let Some(bar) = self.by_name().get(name) {
            bar.inc(bytes);
        }
    }

    /// Sets the position of a bar, which is added if it is missing.
    pub(crate) fn set(&self, name: &str, label: String, bytes: u64, total: Option<u64>) {
        let mut bars = self.by_name();
        bars.entry(name.to_owned()).or_insert_with(|| self.add(label, total)).set_position(bytes);
    }

    /// Removes the bars whose name is meant.
    pub(crate) fn end(&self, is_meant: impl Fn(&str) -> bool) {
        self.by_name().retain(|name, bar| {
            let is_ended = is_meant(name);
            if is_ended {
                bar.finish_and_clear();
            }
            !is_ended
        });
    }

    fn add(&self, label: String, total: Option<u64>) -> ProgressBar {
        let (with_total, without) = match self.is_wide.load(Ordering::Relaxed) {
            true => (WIDE_BAR, WIDE_SPINNER),
            false => (BAR, SPINNER),
        };
        let bar = self.group.add(match total {
            Some(total) => ProgressBar::new(total).with_style(style(with_total)),
            None => ProgressBar::no_length().with_style(style(without)),
        });
        bar.set_message(label);
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }

    fn by_name(&self) -> MutexGuard<'_, HashMap<String, ProgressBar>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("█▉▊▋▌▍▎▏░")
}
