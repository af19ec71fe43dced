//! Whether the bytes on a connection flow.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Watches one connection: for how long the engine has neither taken a byte that waits for it nor
/// sent one.
///
/// Clones watch the same connection. A connection on which nothing waits to be written is never
/// stuck: then the engine has everything, or there is nothing to send yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flow(Arc<Mutex<FlowState>>);

#[derive(Debug, Default)]
struct FlowState {
    /// How many bytes the engine took.
    written: u64,
    /// Since when bytes wait to be written, and no byte has moved in either direction.
    stuck_since: Option<Instant>,
    /// Whether the engine has answered, so that it need not take anything more.
    is_over: bool,
}

impl Flow {
    /// Notes that the engine took so many bytes.
    pub(crate) fn wrote(&self, bytes: usize) {
        self.lock().wrote(bytes);
    }

    /// Notes that bytes wait to be written.
    pub(crate) fn waits(&self) {
        self.lock().waits(Instant::now());
    }

    /// Notes that the engine sent something.
    pub(crate) fn read(&self) {
        self.lock().read(Instant::now());
    }

    /// Notes that the exchange over the connection is over.
    pub(crate) fn end(&self) {
        self.lock().is_over = true;
    }

    /// Returns the number of bytes that the engine took, if it has been stuck for longer than the
    /// limit.
    pub(crate) fn stuck_after(&self, limit: Duration) -> Option<u64> {
        self.lock().stuck_after(limit, Instant::now())
    }

    fn lock(&self) -> MutexGuard<'_, FlowState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FlowState {
    fn wrote(&mut self, bytes: usize) {
        self.written += bytes as u64;
        self.stuck_since = None;
    }

    fn waits(&mut self, now: Instant) {
        self.stuck_since.get_or_insert(now);
    }

    fn read(&mut self, now: Instant) {
        if let Some(since) = &mut self.stuck_since {
            *since = now;
        }
    }

    fn stuck_after(&self, limit: Duration, now: Instant) -> Option<u64> {
        let since = self.stuck_since.filter(|_| !self.is_over)?;
        (now.saturating_duration_since(since) > limit).then_some(self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    #[test]
    fn a_connection_is_stuck_only_while_bytes_wait_and_none_moves() {
        let start = Instant::now();
        let at = |minutes: u32| start + minutes * (LIMIT + Duration::from_secs(1));
        let mut state = FlowState::default();
        assert_eq!(state.stuck_after(LIMIT, at(1)), None, "nothing waits to be written");
        state.wrote(7);
        state.waits(at(1));
        assert_eq!(state.stuck_after(LIMIT, at(1)), None);
        state.waits(at(2));
        assert_eq!(state.stuck_after(LIMIT, at(2)), Some(7));
        state.read(at(2));
        assert_eq!(state.stuck_after(LIMIT, at(2)), None, "the engine said something");
        assert_eq!(state.stuck_after(LIMIT, at(3)), Some(7));
        state.wrote(1);
        assert_eq!(state.stuck_after(LIMIT, at(4)), None, "the engine took something");
        state.waits(at(4));
        state.is_over = true;
        assert_eq!(state.stuck_after(LIMIT, at(6)), None, "the engine has answered");
    }
}
