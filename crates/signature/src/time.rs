//! The times in files of allowed signers.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Parses `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`. The time is in UTC if it ends in `Z` or
/// `UTC`, or else in the time zone.
pub(crate) fn parse(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let upper = text.to_ascii_uppercase();
    let (digits, is_utc) = match upper.strip_suffix('Z').or_else(|| upper.strip_suffix("UTC")) {
        Some(digits) => (digits, true),
        None => (upper.as_str(), false),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let small = |range: Range<usize>| digits.get(range)?.parse::<i8>().ok();
    let (hour, minute, second) = match digits.len() {
        8 => (0, 0, 0),
        12 => (small(8..10)?, small(10..12)?, 0),
        14 => (small(8..10)?, small(10..12)?, small(12..14)?),
        _ => return None,
    };
    let civil = DateTime::new(
        digits.get(0..4)?.parse().ok()?,
        small(4..6)?,
        small(6..8)?,
        hour,
        minute,
        second,
        0,
    )
    .ok()?;
    let zone = if is_utc { TimeZone::UTC } else { zone.clone() };
    zone.to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Option<String> {
        parse(text, &TimeZone::UTC).map(|time| time.to_string())
    }

    #[test]
    fn a_time_has_one_of_three_lengths() {
        assert_eq!(utc("20260102").unwrap(), "2026-01-02T00:00:00Z");
        assert_eq!(utc("202601020304").unwrap(), "2026-01-02T03:04:00Z");
        assert_eq!(utc("20260102030405z").unwrap(), "2026-01-02T03:04:05Z");
        assert_eq!(utc("20260102utc").unwrap(), "2026-01-02T00:00:00Z");
        for other in ["", "2026", "20261302", "2026010203", "2026-1-2", "+2026010", "Z"] {
            assert_eq!(utc(other), None, "{other}");
        }
    }

    #[test]
    fn a_time_without_a_z_is_local() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let time = |text| parse(text, &zone).unwrap().to_string();
        assert_eq!(time("20260102"), "2026-01-01T22:00:00Z");
        assert_eq!(time("20260102Z"), "2026-01-02T00:00:00Z");
    }
}
