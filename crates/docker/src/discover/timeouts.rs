//! How long an engine may be silent.

use std::fmt;
use std::time::Duration;

use crate::discover::resolve_error::{ResolveError, ResolveErrorKind};
use crate::discover::settings::Settings;

/// How long an engine may be silent, and how often it is asked whether it is still there.
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
    /// For making a connection.
    pub connect: Duration,
    /// For the silence between two pieces of a save, and for the answer to a ping.
    pub idle: Duration,
    /// For an ordinary call in total: inspect, list, tag, remove.
    pub call: Duration,
    /// How often a silent engine is pinged, while it may be silent.
    pub ping_every: Duration,
}

impl Timeouts {
    /// Returns the limits that belong to this limit for silence.
    pub fn new(idle: Duration) -> Self {
        Self {
            connect: idle.min(Duration::from_secs(30)),
            idle,
            call: idle,
            ping_every: idle.min(Duration::from_secs(15)),
        }
    }

    /// Returns the limits that belong to the settings: [`Settings::api_timeout`], or else
    /// [`Settings::fallback_api_timeout`], or else 120 seconds.
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
                "a timeout is a number of seconds above 0",
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

/// A duration as people write it in a message.
pub(crate) struct Seconds(pub(crate) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0.as_secs_f64())
    }
}
