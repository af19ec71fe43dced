//! Detects a connection on which no bytes move.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Measures for how long an engine has neither read a byte that waits for it nor sent one.
///
/// Clones watch the same connection. A connection is never stuck while no bytes wait to be written:
/// then the engine has received everything, or there is nothing to send yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flow(Arc<Mutex<FlowState>>);

#[derive(Debug, Default)]
struct FlowState {
    /// The number of bytes that the engine has read.
    written: u64,
    /// The time since which bytes have been waiting and none has moved in either direction.
    stuck_since: Option<Instant>,
    /// Whether the engine has answered, so that it need not read anything more.
    is_over: bool,
}

impl Flow {
    /// Records that the engine has read bytes.
    pub(crate) fn wrote(&self, bytes: usize) {
        self.lock().wrote(bytes);
    }

    /// Records that bytes are waiting to be written.
    pub(crate) fn waits(&self) {
        self.lock().waits(Instant::now());
    }

    /// Records that the engine has sent something.
    pub(crate) fn read(&self) {
        self.lock().read(Instant::now());
    }

    /// Records that the exchange is complete, after which the connection is never stuck.
    pub(crate) fn end(&self) {
        self.lock().is_over = true;
    }

    /// Returns the number of bytes that the engine has read if it has been stuck for longer than
    /// the limit, or else `None`.
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
    fn a_connection_is_stuck_only_while_bytes_wait_and_none_move() {
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
        assert_eq!(state.stuck_after(LIMIT, at(2)), None, "the engine sent something");
        assert_eq!(state.stuck_after(LIMIT, at(3)), Some(7));
        state.wrote(1);
        assert_eq!(state.stuck_after(LIMIT, at(4)), None, "the engine read something");
        state.waits(at(4));
        state.is_over = true;
        assert_eq!(state.stuck_after(LIMIT, at(6)), None, "the engine has answered");
    }
}
