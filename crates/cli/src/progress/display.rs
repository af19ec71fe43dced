//! Shows the pieces of work that are under way, and keeps showing them while no event comes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use crate::format;
use crate::output;
use crate::progress::bars::Bars;
use crate::progress::piece::Piece;

/// The name of the line of those that wait, which no image has.
const WAITING: &str = "";

/// The beginning of that line.
const BEGINNING: &str = "waiting: ";

/// How pieces of work are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Bars,
    Lines,
    Nothing,
}

/// The pieces of work that are under way, by name and in the order in which they began.
pub(super) struct Display {
    mode: Mode,
    begun: Instant,
    bars: Bars,
    pieces: Mutex<Vec<(String, Piece)>>,
    /// Those that wait, in the order in which their turn comes.
    waiting: Mutex<VecDeque<String>>,
    ticking: Once,
}

impl Display {
    pub(super) fn new(mode: Mode) -> Self {
        let bars = Bars::new(mode == Mode::Bars);
        Self {
            mode,
            begun: Instant::now(),
            bars,
            pieces: Mutex::default(),
            waiting: Mutex::default(),
            ticking: Once::new(),
        }
    }

    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// Returns the time since the command began.
    pub(super) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Runs something that prints, without disturbing what is shown.
    pub(super) fn suspend(&self, print: impl FnOnce()) {
        self.bars.suspend(print);
    }

    /// Shows that something waits, until the end of the wait.
    pub(super) fn wait(&self, name: String) {
        self.waiting().push_back(name);
    }

    /// Shows no longer that something waits.
    pub(super) fn end_wait(&self, name: &str) {
        let mut waiting = self.waiting();
        // It is one of the first.
        if let Some(at) = waiting.iter().position(|other| other == name) {
            waiting.remove(at);
        }
        if waiting.is_empty() {
            self.bars.end(WAITING);
        }
    }

    /// Adds a piece, in place of the one of the same name.
    pub(super) fn start(self: &Arc<Self>, name: String, piece: Piece) {
        if self.mode == Mode::Nothing {
            return;
        }
        self.keep_ticking();
        let mut pieces = self.pieces();
        pieces.retain(|(other, _)| *other != name);
        // It comes below all pieces again.
        self.bars.end(WAITING);
        self.draw(&name, &piece);
        pieces.push((name, piece));
    }

    /// Adds bytes to a piece, if it is there.
    pub(super) fn advance(&self, name: &str, bytes: u64) {
        let now = self.now();
        if let Some((_, piece)) = self.pieces().iter_mut().find(|(other, _)| other == name) {
            piece.advance(bytes, now);
        }
    }

    /// Sets how many bytes of a piece are done, which is added if it is missing.
    pub(super) fn set(
        self: &Arc<Self>,
        name: &str,
        bytes: u64,
        new: impl FnOnce(Duration) -> Piece,
    ) {
        let now = self.now();
        if let Some((_, piece)) = self.pieces().iter_mut().find(|(other, _)| other == name) {
            return piece.set(bytes, now);
        }
        let mut piece = new(now);
        piece.set(bytes, now);
        self.start(name.to_owned(), piece);
    }

    /// Removes the pieces whose name is meant.
    pub(super) fn end(&self, is_meant: impl Fn(&str) -> bool) {
        self.pieces().retain(|(name, _)| {
            let is_ended = is_meant(name);
            if is_ended {
                self.bars.end(name);
            }
            !is_ended
        });
    }

    fn draw(&self, name: &str, piece: &Piece) {
        if self.mode == Mode::Bars {
            self.bars.set(name, piece.bar(self.now(), room()));
        }
    }

    fn tick(&self) {
        let now = self.now();
        for (name, piece) in &mut *self.pieces() {
            match self.mode {
                Mode::Lines => piece.due_line(now).iter().for_each(|line| output::error_line(line)),
                _ => self.draw(name, piece),
            }
        }
        let mut waiting = self.waiting();
        if self.mode == Mode::Bars && !waiting.is_empty() {
            let room = room().saturating_sub(BEGINNING.len() + 1);
            let names = format::enumeration_within(waiting.make_contiguous(), room);
            self.bars.set(WAITING, format!("{BEGINNING}{names}"));
        }
    }

    /// Starts the thread that shows how far everything is; it ends with the display.
    fn keep_ticking(self: &Arc<Self>) {
        let period = match self.mode {
            Mode::Bars => Duration::from_millis(200),
            _ => Duration::from_secs(1),
        };
        self.ticking.call_once(|| {
            let display = Arc::downgrade(self);
            let tick = move || {
                while let Some(display) = display.upgrade() {
                    display.tick();
                    drop(display);
                    std::thread::sleep(period);
                }
            };
            // Without the thread, only results are shown.
            let _ = std::thread::Builder::new().name("progress".to_owned()).spawn(tick);
        });
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pieces(&self) -> MutexGuard<'_, Vec<(String, Piece)>> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the columns that a line may have. The terminal shows an interrupt as `^C` after the last
/// line; if that did not fit, the lines could not be removed.
fn room() -> usize {
    output::error_width().saturating_sub(2)
}
