//! The time limits of calls to an engine.

use std::fmt;
use std::time::Duration;

use crate::discover::resolve_error::{ResolveError, ResolveErrorKind};
use crate::discover::settings::Settings;

/// The time limits of calls to an engine, and the interval of pings.
///
/// ```
/// use std::time::Duration;
/// use sealift_docker::{Settings, Timeouts};
///
/// let timeouts = Timeouts::resolve(&Settings::default()).unwrap();
/// assert_eq!(timeouts.idle, Duration::from_secs(120));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// The limit for opening a connection.
    pub connect: Duration,
    /// The limit for a silence within a save or an upload, and for the answer to a ping.
    pub idle: Duration,
    /// The limit for the total time of an ordinary call: inspect, list, tag, remove.
    pub call: Duration,
    /// The interval of pings while an engine is silent, where silence is allowed.
    pub ping_every: Duration,
}

impl Timeouts {
    /// Creates the limits that follow from the limit for silence.
    pub fn new(idle: Duration) -> Self {
        Self {
            connect: idle.min(Duration::from_secs(30)),
            idle,
            call: idle,
            ping_every: idle.min(Duration::from_secs(15)),
        }
    }

    /// Creates the limits that the settings choose: [`Settings::api_timeout`], or else
    /// [`Settings::fallback_api_timeout`], or else 120 seconds of silence.
    pub fn resolve(settings: &Settings) -> Result<Self, ResolveError> {
        let (setting, value) = match (&settings.api_timeout, &settings.fallback_api_timeout) {
            (Some(value), _) => ("SEALIFT_API_TIMEOUT", value),
            (None, Some(value)) => ("GENVID_DOCKER_API_TIMEOUT", value),
            (None, None) => return Ok(Self::default()),
        };
        let idle = parse_seconds(value).ok_or_else(|| {
            ResolveError::new(
                ResolveErrorKind::Timeout,
                setting,
                value,
                "a timeout must be a number of seconds above 0",
            )
        })?;
        Ok(Self::new(idle))
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::new(Duration::from_secs(120))
    }
}

fn parse_seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim().parse().ok()?;
    let duration = Duration::try_from_secs_f64(seconds).ok()?;
    (!duration.is_zero()).then_some(duration)
}

/// Displays a duration in seconds.
pub(crate) struct Seconds(pub(crate) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0.as_secs_f64())
    }
}
