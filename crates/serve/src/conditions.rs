//! Conditional and range requests.

use hyper::HeaderMap;
use hyper::header::{IF_NONE_MATCH, IF_RANGE, RANGE};

/// The part of a resource that answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The complete resource.
    All,
    /// A range of bytes.
    Bytes {
        /// The offset of the first byte.
        start: u64,
        /// The number of bytes, at least 1.
        size: u64,
    },
    /// Nothing, because the client has the resource.
    NotModified,
    /// Nothing, because the range is after the end.
    NotSatisfiable,
}

impl Part {
    /// Returns the part of a resource that the headers of a request ask for, as RFC 9110 defines.
    /// A request for several ranges gets the complete resource.
    pub(crate) fn of(headers: &HeaderMap, etag: &str, size: u64) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let matches = |tag: &str| {
            let tag = tag.trim();
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
        };
        if text(IF_NONE_MATCH).is_some_and(|tags| tags.split(',').any(matches)) {
            return Self::NotModified;
        }
        // If-Range requires a strong ETag. Dates never match because responses have none.
        if text(IF_RANGE).is_some_and(|tag| tag.trim() != etag) {
            return Self::All;
        }
        text(RANGE).and_then(|range| one_range(range, size)).unwrap_or(Self::All)
    }
}

/// Parses a `Range` header; returns `None` if it is not a single range of bytes.
fn one_range(range: &str, size: u64) -> Option<Part> {
    let (unit, range) = range.trim().split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    let (first, last) = (first.trim(), last.trim());
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(first) || !is_number(last) {
        return None;
    }
    let (start, end) = match (first, last) {
        ("", "") => return None,
        ("", count) => (size.saturating_sub(count.parse().ok()?), size),
        (first, "") => (first.parse().ok()?, size),
        (first, last) => {
            let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
            // RFC 9110 allows both answers; the conformance suite for OCI registries expects 416.
            if last < first {
                return Some(Part::NotSatisfiable);
            }
            (first, last.saturating_add(1).min(size))
        }
    };
    match end.checked_sub(start) {
        Some(size) if size > 0 => Some(Part::Bytes { start, size }),
        _ => Some(Part::NotSatisfiable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(headers: &[(&'static str, &str)], size: u64) -> Part {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        Part::of(&map, "\"a\"", size)
    }

    #[test]
    fn a_range_is_within_the_resource() {
        let range = |range| part(&[("range", range)], 10);
        let bytes = |start, size| Part::Bytes { start, size };
        assert_eq!(range("bytes=0-"), bytes(0, 10));
        assert_eq!(range("bytes=3-5"), bytes(3, 3));
        assert_eq!(range("bytes=9-99"), bytes(9, 1));
        assert_eq!(range("bytes=-4"), bytes(6, 4));
        assert_eq!(range("bytes=-99"), bytes(0, 10));
        assert_eq!(range("Bytes = 1-1"), bytes(1, 1));
        assert_eq!(range("bytes=10-"), Part::NotSatisfiable);
        assert_eq!(range("bytes=-0"), Part::NotSatisfiable);
        assert_eq!(range("bytes=5-3"), Part::NotSatisfiable);
        for all in ["bytes=0-1,3-4", "bytes=-", "lines=1-2", "bytes=+1-2", "bytes"] {
            assert_eq!(range(all), Part::All, "{all}");
        }
        assert_eq!(range("bytes=0-99999999999999999999"), Part::All);
        assert_eq!(part(&[("range", "bytes=0-")], 0), Part::NotSatisfiable);
    }

    #[test]
    fn a_resource_that_the_client_has_is_not_sent() {
        for tags in ["\"a\"", "\"b\", \"a\"", "W/\"a\"", "*"] {
            assert_eq!(part(&[("if-none-match", tags)], 5), Part::NotModified, "{tags}");
        }
        assert_eq!(part(&[("if-none-match", "\"b\"")], 5), Part::All);
        let ranged = |tag| part(&[("if-range", tag), ("range", "bytes=1-")], 5);
        assert_eq!(ranged("\"a\""), Part::Bytes { start: 1, size: 4 });
        assert_eq!(ranged("\"b\""), Part::All);
        assert_eq!(ranged("W/\"a\""), Part::All);
    }
}
