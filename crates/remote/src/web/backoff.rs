//! Pauses before requests are repeated.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};

use hyper::StatusCode;
use hyper::header::{HeaderMap, RETRY_AFTER};

/// The maximum number of attempts without progress.
const TRIES: u32 = 6;

/// The maximum pause that a server can request.
const LONGEST: Duration = Duration::from_secs(60);

/// The pauses between the attempts of one request.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    first: Duration,
    tries: u32,
}

impl Backoff {
    /// Creates the pauses. The first one is at most `first` long.
    pub(super) fn new(first: Duration) -> Self {
        Self { first, tries: 1 }
    }

    /// Returns the length of the pause before the next attempt, or `None` after the last attempt.
    pub(super) fn next(&mut self, demanded: Option<Duration>) -> Option<Duration> {
        if self.tries >= TRIES {
            return None;
        }
        let longest = self.first * (1 << (self.tries - 1));
        self.tries += 1;
        // At least half of the maximum. The rest is random, so that clients do not repeat requests
        // all at once.
        let random = RandomState::new().hash_one(self.tries) % 1000;
        let pause = longest / 2 + (longest / 2).mul_f64(random as f64 / 1000.0);
        Some(pause.max(demanded.unwrap_or_default().min(LONGEST)))
    }

    /// Starts again with the first pause, because there was progress.
    pub(super) fn reset(&mut self) {
        self.tries = 1;
    }
}

/// Returns `true` if the same request may succeed later.
pub(super) fn may_pass(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

/// Returns the pause that the server requests with `Retry-After`.
pub(super) fn demanded(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(value).ok()?.duration_since(now).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_their_number_is_limited() {
        let mut backoff = Backoff::new(Duration::from_millis(100));
        let pauses: Vec<_> = std::iter::from_fn(|| backoff.next(None)).collect();
        assert_eq!(pauses.len(), 5);
        for (n, pause) in pauses.iter().enumerate() {
            let longest = Duration::from_millis(100 << n);
            assert!((longest / 2..=longest).contains(pause), "{n} {pause:?}");
        }
    }

    #[test]
    fn a_server_can_request_a_longer_pause_up_to_a_limit() {
        let mut backoff = Backoff::new(Duration::from_millis(100));
        let mut pause = |seconds| backoff.next(Some(Duration::from_secs(seconds)));
        assert_eq!(pause(7), Some(Duration::from_secs(7)));
        assert_eq!(pause(99_999), Some(LONGEST));
    }

    #[test]
    fn a_requested_pause_is_a_number_of_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, pause) in [
            ("120", Some(120)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:49:27 GMT", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            assert_eq!(demanded(&headers, now), pause.map(Duration::from_secs), "{value}");
        }
    }
}
