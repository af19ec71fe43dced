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

/// How long a pattern may be in bytes, in Docker too.
const LIMIT: usize = 64 << 10;

/// A pattern, which matches a path as a whole or not at all.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    is_exception: bool,
    /// In its shortest form, without the `!`.
    text: Vec<u8>,
    how: How,
}

/// How a pattern is compared.
#[derive(Debug, Clone)]
enum How {
    /// As it is.
    Exact,
    /// It ends in `**` and has nothing else of the sort.
    Prefix,
    /// It begins with `**` and has nothing else of the sort.
    Suffix,
    Regex(Regex),
}

/// A path in the form that is compared with patterns.
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

/// Returns bytes as Go reads them: each byte that is not UTF-8 is a U+FFFD.
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
        // Once more, and with the `!`, as Docker does it.
        let line = clean(line);
        let (is_exception, text) = match &line[..] {
            b"!" => return Err(PatternError::Nothing),
            [b'!', text @ ..] => (true, text),
            text => (false, text),
        };
        syntax::check(text)?;
        Ok(Some(Self { is_exception, text: text.to_vec(), how: How::of(text)? }))
    }

    /// Returns `true` if the pattern re-includes what others ignore.
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

    /// Returns `true` for an exception that can match in any folder. A `*` or `**` at its end does
    /// not count.
    pub(crate) fn is_wild_exception(&self) -> bool {
        let text = self.text.strip_suffix(b"/**").unwrap_or(&self.text);
        let text = text.strip_suffix(b"/*").unwrap_or(text);
        self.is_exception && text.iter().any(|byte| b"*[]?^\\".contains(byte))
    }

    /// Returns `true` for an exception whose text begins with this folder.
    pub(crate) fn is_exception_below(&self, folder: &Path) -> bool {
        self.is_exception && Path::new(OsStr::from_bytes(&self.text)).starts_with(folder)
    }
}

impl How {
    fn of(pattern: &[u8]) -> Result<Self, PatternError> {
        // What is not UTF-8 stands for any byte that is not, but in a pattern that is
        // compared as it is.
        let text = text_of(pattern);
        // Docker passes over a byte-order mark here too.
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
                // Docker escapes neither `^` nor `|`, `{` and `}`: in a pattern that becomes a
                // regular expression they are operators. (It means to escape the last three: its
                // table of characters is too small.)
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

/// How a pattern is going to be compared, as far as it has been read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Exact,
    Prefix,
    Suffix,
    Regex,
}
