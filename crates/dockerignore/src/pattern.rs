//! One pattern of an ignore file.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use regex::bytes::Regex;

use crate::clean::clean;
use crate::lines::trim;
use crate::pattern_error::PatternError;
use crate::{go_regex, syntax};

/// The maximum length of a pattern in bytes, which is also Docker's.
const LIMIT: usize = 64 << 10;

/// A pattern. It must match a path completely.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    is_exception: bool,
    /// The cleaned pattern without the `!`.
    text: Vec<u8>,
    how: How,
}

/// The way in which a pattern is compared with a path.
#[derive(Debug, Clone)]
enum How {
    /// The path must be equal to the pattern.
    Exact,
    /// The path must start with the pattern without its final `**`. The pattern has no other
    /// special characters.
    Prefix,
    /// The path must end with the pattern without its initial `**`. The pattern has no other
    /// special characters.
    Suffix,
    /// The path must match a regular expression.
    Regex(Regex),
}

/// A path in the forms that are compared with patterns.
pub(crate) struct Name<'a> {
    bytes: &'a [u8],
    text: Cow<'a, str>,
}

impl<'a> Name<'a> {
    pub(crate) fn new(path: &'a Path) -> Self {
        let bytes = path.as_os_str().as_bytes();
        Self { bytes, text: text_of(bytes) }
    }
}

/// Converts bytes to text like Go: each byte that is not valid UTF-8 becomes a U+FFFD.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Cow::Owned(text)
}

impl Pattern {
    /// Parses the content of a line. An empty line contains no pattern.
    pub(crate) fn parse(line: &[u8]) -> Result<Option<Self>, PatternError> {
        let line = trim(line);
        if line.is_empty() {
            return Ok(None);
        }
        if line.len() >= LIMIT {
            return Err(PatternError::TooLong);
        }
        // Docker cleans the line a second time, including the `!`.
        let line = clean(line);
        let (is_exception, text) = match &line[..] {
            b"!" => return Err(PatternError::Nothing),
            [b'!', text @ ..] => (true, text),
            text => (false, text),
        };
        syntax::check(text)?;
        Ok(Some(Self { is_exception, text: text.to_vec(), how: How::of(text)? }))
    }

    /// Returns `true` if the pattern re-includes paths that others ignore.
    pub(crate) fn is_exception(&self) -> bool {
        self.is_exception
    }

    pub(crate) fn matches(&self, name: &Name<'_>) -> bool {
        match &self.how {
            How::Exact => name.bytes == self.text,
            How::Prefix => {
                self.text.strip_suffix(b"**").is_some_and(|text| name.bytes.starts_with(text))
            }
            How::Suffix => self.text.get(2..).is_some_and(|text| {
                name.bytes.ends_with(text) || text.strip_prefix(b"/") == Some(name.bytes)
            }),
            How::Regex(regex) => regex.is_match(name.text.as_bytes()),
        }
    }

    /// Returns `true` for an exception with wildcards, which can match in any folder. A `*` or `**`
    /// as its last part does not count.
    pub(crate) fn is_wild_exception(&self) -> bool {
        let text = self.text.strip_suffix(b"/**").unwrap_or(&self.text);
        let text = text.strip_suffix(b"/*").unwrap_or(text);
        self.is_exception && text.iter().any(|byte| b"*[]?^\\".contains(byte))
    }

    /// Returns `true` for an exception whose text starts with this folder.
    pub(crate) fn is_exception_below(&self, folder: &Path) -> bool {
        self.is_exception && Path::new(OsStr::from_bytes(&self.text)).starts_with(folder)
    }
}

impl How {
    /// Converts a pattern like Docker: character by character to a regular expression, which is
    /// used only if the pattern needs one.
    fn of(pattern: &[u8]) -> Result<Self, PatternError> {
        // Bytes that are not valid UTF-8 match any such byte in a regular expression. Only a
        // pattern that is compared exactly compares the bytes themselves.
        let text = text_of(pattern);
        // Docker also ignores a byte order mark here.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut how = Shape::Exact;
        let mut regex = String::from("^");
        let mut characters = text.chars().peekable();
        let mut is_first = true;
        while let Some(character) = characters.next() {
            match character {
                '*' if characters.next_if_eq(&'*').is_some() => {
                    // `**/` is the same as `**`.
                    characters.next_if_eq(&'/');
                    if characters.peek().is_some() {
                        regex.push_str("(.*/)?");
                        how = Shape::Regex;
                    } else if how == Shape::Exact {
                        how = Shape::Prefix;
                    } else {
                        regex.push_str(".*");
                        how = Shape::Regex;
                    }
                    if is_first {
                        how = Shape::Suffix;
                    }
                }
                '*' => {
                    regex.push_str("[^/]*");
                    how = Shape::Regex;
                }
                '?' => {
                    regex.push_str("[^/]");
                    how = Shape::Regex;
                }
                '\\' => {
                    regex.push('\\');
                    if let Some(escaped) = characters.next() {
                        regex.push(escaped);
                        how = Shape::Regex;
                    }
                }
                '[' | ']' => {
                    regex.push(character);
                    how = Shape::Regex;
                }
                '.' | '+' | '(' | ')' | '$' => {
                    regex.push('\\');
                    regex.push(character);
                }
                // Docker does not escape `^`, `|`, `{` and `}`, so they are operators in a pattern
                // that becomes a regular expression. (Docker intends to escape the last three, but
                // its table of characters is too small.)
                _ => regex.push(character),
            }
            is_first = false;
        }
        Ok(match how {
            Shape::Exact => Self::Exact,
            Shape::Prefix => Self::Prefix,
            Shape::Suffix => Self::Suffix,
            Shape::Regex => {
                regex.push('$');
                let regex = go_regex::translate(&regex)?;
                Self::Regex(Regex::new(&regex).map_err(|_| PatternError::TooLong)?)
            }
        })
    }
}

/// The way in which a pattern is compared, as far as it was parsed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Exact,
    Prefix,
    Suffix,
    Regex,
}
