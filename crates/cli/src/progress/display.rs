//! The display of running work, which is also updated while no events arrive.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use crate::format;
use crate::output;
use crate::progress::bars::Bars;
use crate::progress::piece::Piece;

/// The name of the line of waiting work. No image has an empty name.
const WAITING: &str = "";

/// The beginning of that line.
const BEGINNING: &str = "waiting: ";

/// The mode of the display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Bars,
    Lines,
    Nothing,
}

/// The pieces of work that are running, by name and in the order in which they started.
pub(super) struct Display {
    mode: Mode,
    begun: Instant,
    bars: Bars,
    pieces: Mutex<Vec<(String, Piece)>>,
    /// The names of waiting work, in the order in which it starts.
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

    /// Returns the time since the command started.
    pub(super) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Runs a function that prints, and redraws the display below its output.
    pub(super) fn suspend(&self, print: impl FnOnce()) {
        self.bars.suspend(print);
    }

    /// Adds a name to the line of waiting work.
    pub(super) fn wait(&self, name: String) {
        self.waiting().push_back(name);
    }

    /// Removes a name from the line of waiting work.
    pub(super) fn end_wait(&self, name: &str) {
        let mut waiting = self.waiting();
        // Work starts in order, so the name is near the front.
        if let Some(at) = waiting.iter().position(|other| other == name) {
            waiting.remove(at);
        }
        if waiting.is_empty() {
            self.bars.end(WAITING);
        }
    }

    /// Adds a piece, and replaces one of the same name.
    pub(super) fn start(self: &Arc<Self>, name: String, piece: Piece) {
        if self.mode == Mode::Nothing {
            return;
        }
        self.keep_ticking();
        let mut pieces = self.pieces();
        pieces.retain(|(other, _)| *other != name);
        // The line is drawn again below all pieces.
        self.bars.end(WAITING);
        self.draw(&name, &piece);
        pieces.push((name, piece));
    }

    /// Adds bytes to a piece, if it exists.
    pub(super) fn advance(&self, name: &str, bytes: u64) {
        let now = self.now();
        if let Some((_, piece)) = self.pieces().iter_mut().find(|(other, _)| other == name) {
            piece.advance(bytes, now);
        }
    }

    /// Sets the number of bytes of a piece that are done, and adds the piece if it is missing.
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

    /// Removes the pieces for whose name `is_meant` returns `true`.
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

    /// Starts the thread that updates the display. The thread ends when the display is dropped.
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
            // If the thread cannot be started, only results are printed.
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
