//! The progress of one piece of work, as pure functions of events and time.
//!
//! Times are durations since the command started.

use std::collections::VecDeque;
use std::time::Duration;

use sealift_workflow::Work;

use crate::format;
use crate::text_width::{self, without_end, without_middle};

/// The period over which a rate is measured.
const WINDOW: Duration = Duration::from_secs(5);
/// The minimum period for a meaningful rate.
const SHORTEST_WINDOW: Duration = Duration::from_millis(500);
/// The minimum time between two samples.
const SAMPLE: Duration = Duration::from_millis(250);

/// On a pipe, a line is printed at least once in this time.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// On a pipe, a line is printed at most once in this time, if [`STEP`] percent more are done.
const LINE_AT_MOST_EVERY: Duration = Duration::from_secs(2);
const STEP: u64 = 10;

/// The lengths that a bar may have, the best first.
const BARS: [usize; 3] = [16, 8, 0];
/// The minimum width of a shortened label.
const SHORTEST_LABEL: usize = 12;

/// A running piece of work.
#[derive(Debug)]
pub(super) struct Piece {
    /// The name of the image or the part of a build.
    label: String,
    work: Option<Work>,
    total: Option<u64>,
    done: u64,
    /// The time at which the last bytes arrived, or at which the work started.
    last: Duration,
    /// Samples of the number of bytes that were done, the oldest first.
    samples: VecDeque<(Duration, u64)>,
    /// The time of the last printed line, and the percentage in it.
    line: (Duration, u64),
}

impl Piece {
    pub(super) fn new(
        label: String,
        work: Option<Work>,
        total: Option<u64>,
        now: Duration,
    ) -> Self {
        let samples = VecDeque::from([(now, 0)]);
        Self { label, work, total, done: 0, last: now, samples, line: (now, 0) }
    }

    /// Adds to the number of bytes that are done.
    pub(super) fn advance(&mut self, bytes: u64, now: Duration) {
        if self.done == 0 {
            // The time in which the engine prepared the image does not count for the rate.
            self.samples = VecDeque::from([(now, 0)]);
        }
        self.done = self.done.saturating_add(bytes);
        self.last = now;
        if self.samples.back().is_none_or(|(at, _)| now.saturating_sub(*at) >= SAMPLE) {
            self.samples.push_back((now, self.done));
        }
        let begin = now.saturating_sub(WINDOW);
        while self.samples.get(1).is_some_and(|(at, _)| *at <= begin) {
            self.samples.pop_front();
        }
    }

    /// Sets the number of bytes that are done.
    pub(super) fn set(&mut self, bytes: u64, now: Duration) {
        self.advance(bytes.saturating_sub(self.done), now);
    }

    /// Returns the rate of the last seconds, in bytes per second.
    fn rate(&self, now: Duration) -> Option<u64> {
        // Bytes after the last sample would count for ever.
        if now.saturating_sub(self.last) >= WINDOW {
            return Some(0);
        }
        let begin = now.saturating_sub(WINDOW);
        let before = self.samples.iter().rev().find(|(at, _)| *at <= begin);
        let (at, done) = before.or_else(|| self.samples.front())?;
        let time = now.saturating_sub(*(at.max(&begin)));
        if time < SHORTEST_WINDOW {
            return None;
        }
        let rate = (self.done.saturating_sub(*done)) as f64 / time.as_secs_f64();
        Some(rate as u64)
    }

    fn percent(&self) -> Option<u64> {
        let total = self.total.filter(|total| *total > 0 && *total >= self.done)?;
        Some((u128::from(self.done) * 100 / u128::from(total)) as u64)
    }

    /// Returns a description of the work of the engine or server while no bytes are transferred.
    fn remote_work(&self) -> Option<&'static str> {
        match self.work {
            Some(Work::Saving) if self.done == 0 => Some("engine is preparing the image"),
            Some(Work::Loading)
                if self.done > 0 && self.total.is_some_and(|all| self.done >= all) =>
            {
                Some("engine is storing the image")
            }
            Some(Work::Uploading)
                if self.done > 0 && self.total.is_some_and(|all| self.done >= all) =>
            {
                Some("waiting for the server to store the archive")
            }
            _ => None,
        }
    }

    /// Returns the parts of the description of the progress.
    fn parts(&self, now: Duration, with_percent: bool) -> Vec<String> {
        if let Some(work) = self.remote_work() {
            let waited = now.saturating_sub(self.last).as_secs();
            return vec![format!("{work}, {}", format::duration(waited))];
        }
        // The size of a save is an estimate of the engine and can be exceeded.
        let total = self.total.filter(|total| *total >= self.done);
        let mut parts = vec![match total {
            Some(total) => format::part(self.done, total),
            None => format::size(self.done),
        }];
        parts.extend(self.percent().filter(|_| with_percent).map(|percent| format!("{percent} %")));
        let Some(rate) = self.rate(now) else { return parts };
        parts.push(format!("{}/s", format::size(rate)));
        if let Some(total) = total.filter(|_| rate > 0) {
            let left = (total - self.done).div_ceil(rate);
            parts.push(format!("{} left", format::duration(left)));
        }
        parts
    }

    /// Returns the next line to print on a pipe, if it is due.
    pub(super) fn due_line(&mut self, now: Duration) -> Option<String> {
        let (at, percent) = self.line;
        let silent = now.saturating_sub(at);
        let is_step =
            self.remote_work().is_none() && self.percent().is_some_and(|now| now >= percent + STEP);
        if silent < LINE_EVERY && !(is_step && silent >= LINE_AT_MOST_EVERY) {
            return None;
        }
        self.line = (now, self.percent().unwrap_or(percent));
        Some(format!("{}  {}", self.name(usize::MAX), self.parts(now, true).join(", ")))
    }

    /// Returns the line to draw, in less than this many columns. On a narrow terminal, the bar is
    /// shortened or omitted first, and then the end of the line.
    pub(super) fn bar(&self, now: Duration, columns: usize) -> String {
        let parts = self.parts(now, false).join("  ");
        let percent = self.percent().filter(|_| self.remote_work().is_none());
        let line = |length: usize| {
            let bar = percent.filter(|_| length > 0).map(|percent| bar(percent, length) + "  ");
            let right = bar.unwrap_or_default() + &parts;
            let room = columns.saturating_sub(text_width::columns(&right) + 3);
            format!("{}  {right}", self.name(room))
        };
        let mut lines = BARS.into_iter().map(line);
        let fitting = lines.find(|line| text_width::columns(line) < columns);
        fitting.unwrap_or_else(|| without_end(&line(0), columns.saturating_sub(1)))
    }

    /// Returns the label and the kind of work, in about this many columns.
    fn name(&self, columns: usize) -> String {
        let Some(work) = self.work else {
            return without_middle(&self.label, columns.max(SHORTEST_LABEL));
        };
        let word = word(work);
        let room = columns.saturating_sub(word.len() + 2).max(SHORTEST_LABEL);
        format!("{}  {word}", without_middle(&self.label, room))
    }
}

fn bar(percent: u64, length: usize) -> String {
    let full = length * percent as usize / 100;
    "█".repeat(full) + &"░".repeat(length - full)
}

/// Returns the word for a kind of work.
pub(super) fn word(work: Work) -> &'static str {
    match work {
        Work::Saving => "saving",
        Work::Compressing => "compressing",
        Work::Verifying => "verifying",
        Work::Loading => "loading",
        Work::Reading => "reading",
        Work::Adding => "adding",
        Work::Exporting => "exporting",
        Work::Fetching => "fetching",
        Work::Uploading => "uploading",
        _ => "working",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1_000_000;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// Creates a save, which the tests let the engine prepare for 12 seconds.
    fn save(total: Option<u64>) -> Piece {
        let label = "registry.example.org/team/web:1.4.0.7".to_owned();
        Piece::new(label, Some(Work::Saving), total, seconds(0.0))
    }

    #[test]
    fn lines_come_after_ten_seconds_or_ten_percent() {
        let mut piece = save(Some(326 * MB));
        let mut lines = Vec::new();
        for tick in 0..=30 {
            if tick > 12 {
                piece.advance(20 * MB, seconds(f64::from(tick)));
            }
            let line = piece.due_line(seconds(f64::from(tick)));
            lines.extend(line.map(|line| format!("{tick:2}  {line}")));
        }
        insta::assert_snapshot!(lines.join("\n"), @"
        10  registry.example.org/team/web:1.4.0.7  saving  engine is preparing the image, 10 s
        14  registry.example.org/team/web:1.4.0.7  saving  40.0 of 326 MB, 12 %, 40.0 MB/s, 8 s left
        16  registry.example.org/team/web:1.4.0.7  saving  80.0 of 326 MB, 24 %, 26.7 MB/s, 10 s left
        18  registry.example.org/team/web:1.4.0.7  saving  120 of 326 MB, 36 %, 24.0 MB/s, 9 s left
        20  registry.example.org/team/web:1.4.0.7  saving  160 of 326 MB, 49 %, 20.0 MB/s, 9 s left
        22  registry.example.org/team/web:1.4.0.7  saving  200 of 326 MB, 61 %, 20.0 MB/s, 7 s left
        24  registry.example.org/team/web:1.4.0.7  saving  240 of 326 MB, 73 %, 20.0 MB/s, 5 s left
        26  registry.example.org/team/web:1.4.0.7  saving  280 of 326 MB, 85 %, 20.0 MB/s, 3 s left
        28  registry.example.org/team/web:1.4.0.7  saving  320 of 326 MB, 98 %, 20.0 MB/s, 1 s left
        ");
    }

    #[test]
    fn a_rate_is_that_of_the_last_seconds() {
        let mut piece = save(None);
        for tick in 0..10 {
            piece.advance(100 * MB, seconds(f64::from(tick)));
        }
        for tick in 10..20 {
            piece.advance(MB, seconds(f64::from(tick)));
        }
        assert_eq!(piece.rate(seconds(19.0)), Some(MB));
        assert_eq!(piece.rate(seconds(40.0)), Some(0));
        let mut stalled = save(None);
        stalled.advance(MB, seconds(1.0));
        assert_eq!(stalled.rate(seconds(6.0)), Some(0));
        assert_eq!(save(None).rate(seconds(0.1)), None);
    }

    #[test]
    fn bars_fit_into_the_terminal() {
        let mut piece = save(Some(326 * MB));
        let mut bars = vec![piece.bar(seconds(3.0), 80)];
        for tick in 0..8 {
            piece.advance(20 * MB, seconds(12.0 + f64::from(tick)));
        }
        bars.push(piece.bar(seconds(19.0), 80));
        piece.advance(170 * MB, seconds(20.0));
        bars.push(piece.bar(seconds(20.0), 80));
        let mut load = Piece::new("web:1".to_owned(), Some(Work::Loading), Some(MB), seconds(0.0));
        load.advance(MB, seconds(1.0));
        bars.push(load.bar(seconds(4.0), 80));
        let mut wide =
            Piece::new("服务/".repeat(20) + "网页:1", Some(Work::Loading), None, seconds(0.0));
        wide.advance(MB, seconds(1.0));
        bars.push(wide.bar(seconds(4.0), 80));
        let mut upload =
            Piece::new("web:1".to_owned(), Some(Work::Uploading), Some(MB), seconds(0.0));
        upload.advance(MB, seconds(1.0));
        bars.push(upload.bar(seconds(4.0), 80));
        let mut slow = Piece::new(
            "web_1.4.0.7_91e8e311933e.docker".to_owned(),
            Some(Work::Verifying),
            Some(275_000 * MB),
            seconds(0.0),
        );
        slow.advance(1300 * MB, seconds(1.0));
        bars.push(slow.bar(seconds(5.0), 80));
        assert!(bars.iter().all(|bar| text_width::columns(bar) < 80), "{bars:#?}");
        for columns in 0..80 {
            let bar = slow.bar(seconds(5.0), columns);
            assert!(text_width::columns(&bar) < columns.max(1), "{columns}: {bar}");
        }
        insta::assert_snapshot!(bars.join("\n"), @"
        registry.example.…/team/web:1.4.0.7  saving  engine is preparing the image, 3 s
        registry…:1.4.0.7  saving  ███████░░░░░░░░░  160 of 326 MB  20.0 MB/s  9 s left
        registry.example.org/team/web:1.4.0.7  saving  330 MB  50.0 MB/s
        web:1  loading  engine is storing the image, 3 s
        服务/服务/服务/服务/服务/…服务/服务/服务/服务/网页:1  loading  1.0 MB  333 kB/s
        web:1  uploading  waiting for the server to store the archive, 3 s
        web_1.4…e.docker  verifying  ░░░░░░░░  1.3 of 275 GB  325 MB/s  14 min 3 s left
        ");
    }
}
