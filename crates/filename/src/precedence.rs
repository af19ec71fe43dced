//! The order of versions.

use std::cmp::Ordering;

use crate::dirty::{is_dirty, without_dirty};

/// The precedence of a version, which is a total order of versions.
///
/// A *numeric* version starts with numbers that are joined by dots, with or without a `v` before
/// them. It ends there, or continues with a suffix that starts with `-`, `.` or `+`. Every other
/// version is a *name*.
///
/// 1. Every numeric version is higher than every name.
/// 2. Numeric versions compare number by number. A missing number counts as 0. The length of
///    numbers is not limited.
/// 3. If the numbers are equal, a version with a suffix and a dirty version are lower than the
///    plain version. Suffixes compare as in Semantic Versioning, identifier by identifier. Unlike
///    in Semantic Versioning, the text after a `+` is also compared. A dirty version is directly
///    below the same version without its mark.
/// 4. Names have the same precedence.
/// 5. If the versions are equal by these rules, their texts are compared, so that only equal texts
///    are equal.
///
/// ```
/// use sealift_filename::Precedence;
///
/// let ascending = [
///     "dev", "latest", "1.9", "1.10-rc.2", "1.10-rc.10", "1.10+dirty", "1.10.0.0", "1.10",
///     "1.10.0.7",
/// ];
/// assert!(ascending.map(Precedence::of).is_sorted());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Precedence<'a> {
    /// `None` for a name.
    numeric: Option<Numeric<'a>>,
    text: &'a str,
}

#[derive(Debug, Clone, Copy)]
struct Numeric<'a> {
    /// Digits and single dots.
    numbers: &'a str,
    /// The suffix between the numbers and a `+`, without its first character.
    prerelease: Option<&'a str>,
    dirty: bool,
    /// The suffix after a `+`.
    build: Option<&'a str>,
}

impl<'a> Precedence<'a> {
    /// Returns the precedence of a version.
    pub fn of(version: &'a str) -> Self {
        Self { numeric: Numeric::read(version), text: version }
    }
}

impl<'a> Numeric<'a> {
    fn read(text: &'a str) -> Option<Self> {
        // The mark of a dirty version is not part of the suffix. Otherwise `1.0-rc.1.dirty` would
        // be above `1.0-rc.1`, because its suffix would be longer.
        let clean = without_dirty(text).unwrap_or(text);
        let (numbers, suffix) = split_numbers(clean)?;
        let (prerelease, build) = match suffix.split_once('+') {
            Some((front, build)) => (front, Some(build)),
            None => (suffix, None),
        };
        let prerelease = prerelease.get(1..);
        Some(Self { numbers, prerelease, dirty: is_dirty(text), build })
    }

    fn compare(&self, other: &Self) -> Ordering {
        compare_numbers(self.numbers, other.numbers)
            .then_with(|| compare_suffixes(self.prerelease, other.prerelease))
            .then_with(|| other.dirty.cmp(&self.dirty))
            .then_with(|| compare_suffixes(self.build, other.build))
    }
}

/// Splits a numeric version into its numbers, without a leading `v`, and the suffix. Returns `None`
/// for a name.
fn split_numbers(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let bytes = text.as_bytes();
    let mut end = None;
    let mut start = 0;
    loop {
        let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let after = start + digits;
        if digits == 0 || !matches!(bytes.get(after), None | Some(b'-' | b'.' | b'+')) {
            break;
        }
        end = Some(after);
        if bytes.get(after) != Some(&b'.') {
            break;
        }
        start = after + 1;
    }
    end.map(|end| text.split_at(end))
}

fn compare_numbers(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let (left, right) = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (left, right) => (left.unwrap_or("0"), right.unwrap_or("0")),
        };
        match compare_digits(left, right) {
            Ordering::Equal => {}
            unequal => return unequal,
        }
    }
}

/// Compares two numbers by their digits, so that their length is not limited.
fn compare_digits(left: &str, right: &str) -> Ordering {
    let left = left.trim_start_matches('0');
    let right = right.trim_start_matches('0');
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// Compares two suffixes by the rules of Semantic Versioning. A version without a suffix is higher
/// than one with a suffix.
fn compare_suffixes(left: Option<&str>, right: Option<&str>) -> Ordering {
    match (left, right) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(left), Some(right)) => {
            left.split('.').map(Identifier::read).cmp(right.split('.').map(Identifier::read))
        }
    }
}

/// An identifier in a suffix.
enum Identifier<'a> {
    Number(&'a str),
    Word(&'a str),
}

impl<'a> Identifier<'a> {
    fn read(text: &'a str) -> Self {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Self::Number(text)
        } else {
            Self::Word(text)
        }
    }
}

impl Ord for Identifier<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => compare_digits(left, right),
            (Self::Number(_), Self::Word(_)) => Ordering::Less,
            (Self::Word(_), Self::Number(_)) => Ordering::Greater,
            (Self::Word(left), Self::Word(right)) => left.cmp(right),
        }
    }
}

impl PartialOrd for Identifier<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Identifier<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Identifier<'_> {}

impl Ord for Precedence<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let places = match (&self.numeric, &other.numeric) {
            (Some(left), Some(right)) => left.compare(right),
            (left, right) => left.is_some().cmp(&right.is_some()),
        };
        places.then_with(|| self.text.cmp(other.text))
    }
}

impl PartialOrd for Precedence<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Precedence<'_> {
    fn eq(&self, other: &Self) -> bool {
        // This agrees with `cmp`, which returns `Equal` only if the texts are equal.
        self.text == other.text
    }
}

impl Eq for Precedence<'_> {}
