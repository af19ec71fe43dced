//! The day of a release, and the time of its files.

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A day in UTC, and a moment of it, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) day: Date,
    pub(crate) seconds: i64,
}

/// Decides on the time of a release's files: `SOURCE_DATE_EPOCH`, else the beginning of the day in
/// the changelog, so that a build from the tag has the same bytes, else the beginning of today.
pub(crate) fn of_release(
    epoch: Option<&str>,
    dated: Option<&str>,
    now: Timestamp,
) -> Result<Moment> {
    if let Some(epoch) = epoch {
        let seconds = epoch.parse().with_context(|| format!("SOURCE_DATE_EPOCH={epoch}"))?;
        let time = Timestamp::from_second(seconds).context("SOURCE_DATE_EPOCH is not a time")?;
        return Ok(Moment { day: time.to_zoned_datetime(TimeZone::UTC).date(), seconds });
    }
    let day = match dated {
        Some(day) => day.parse().with_context(|| format!("the changelog's date is {day}"))?,
        None => now.to_zoned_datetime(TimeZone::UTC).date(),
    };
    let midnight = day.to_zoned_datetime(TimeZone::UTC).context("no such day")?;
    Ok(Moment { day, seconds: midnight.timestamp().as_second() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_overrides_the_changelog_and_that_overrides_today() {
        let now: Timestamp = "2026-03-01T23:30:00Z".parse().unwrap();
        let moment = |epoch, dated| {
            let Moment { day, seconds } = of_release(epoch, dated, now).unwrap();
            (day.to_string(), seconds)
        };
        assert_eq!(moment(None, None), ("2026-03-01".to_owned(), 1_772_323_200));
        assert_eq!(moment(None, Some("2026-01-31")), ("2026-01-31".to_owned(), 1_769_817_600));
        assert_eq!(moment(Some("86401"), Some("2026-01-31")), ("1970-01-02".to_owned(), 86_401));
        assert!(of_release(Some("today"), None, now).is_err());
        assert!(of_release(None, Some("soon"), now).is_err());
    }
}
