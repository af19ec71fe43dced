//! Translation of regular expressions from Go's syntax to that of the `regex` crate.
//!
//! Docker converts a pattern to a regular expression almost character by character, so Go's
//! `regexp` decides what it means: `[[:alpha:]]` is a letter, `\d` is a digit, and the text between
//! `[` and `]` is parsed by other rules than those by which it was checked.

use std::fmt::Write as _;

use crate::pattern_error::PatternError;

/// The names of character classes.
const NAMES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// Translates an expression. It supports only the operators that can result from a pattern.
pub(crate) fn translate(expression: &str) -> Result<String, PatternError> {
    let mut output = String::new();
    let mut rest = expression;
    let mut before = Before::Operand;
    while let Some(character) = rest.chars().next() {
        let behind = &rest[character.len_utf8()..];
        let mut now = Before::Operand;
        rest = match character {
            '[' => class(behind, &mut output)?,
            '\\' => escape(behind, &mut output)?,
            '*' | '?' => {
                output.push(character);
                now = Before::Repetition;
                behind
            }
            '|' => {
                output.push(character);
                now = Before::Nothing;
                behind
            }
            '^' | '$' | '.' | '(' | ')' => {
                output.push(character);
                behind
            }
            '{' => match repetition(behind) {
                Some((counts, behind)) => {
                    if before != Before::Operand || !is_allowed(&counts) {
                        let text = &rest[..rest.len() - behind.len()];
                        return Err(PatternError::BadRepetition(text.to_owned()));
                    }
                    output.push_str(&rest[..rest.len() - behind.len()]);
                    now = Before::Repetition;
                    behind
                }
                // Braces with other content are literal.
                None => literal(character, behind, &mut output),
            },
            _ => literal(character, behind, &mut output),
        };
        before = now;
    }
    Ok(output)
}

/// The element before an operator.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// An element that can be repeated.
    Operand,
    /// A repetition, which cannot be repeated again in Go.
    Repetition,
    /// No element, at the start of an alternative.
    Nothing,
}

fn literal<'a>(character: char, behind: &'a str, output: &mut String) -> &'a str {
    output.push_str(&regex::escape(character.encode_utf8(&mut [0; 4])));
    behind
}

/// Parses the counts of a repetition, `2}`, `2,}` or `2,3}`. Returns them and the text after the
/// brace, or `None` if this is not a repetition.
fn repetition(text: &str) -> Option<((&str, &str), &str)> {
    let (counts, behind) = text.split_once('}')?;
    let (least, most) = counts.split_once(',').unwrap_or((counts, counts));
    let is_number = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && (text.len() == 1 || !text.starts_with('0'))
    };
    let has_no_end = counts.contains(',') && most.is_empty();
    (is_number(least) && (has_no_end || is_number(most))).then_some(((least, most), behind))
}

/// Returns `true` if Go allows a repetition with these counts.
fn is_allowed((least, most): &(&str, &str)) -> bool {
    let number = |text: &str| text.parse::<u16>().ok().filter(|number| *number <= 1000);
    match (number(least), number(most)) {
        (Some(_), None) => most.is_empty(),
        (Some(least), Some(most)) => least <= most,
        (None, _) => false,
    }
}

/// Translates the text after a `\`, and returns the remaining text.
fn escape<'a>(text: &'a str, output: &mut String) -> Result<&'a str, PatternError> {
    if let Some((set, behind)) = known_set(text) {
        // Writing to a string cannot fail.
        let _ = write!(output, "[{set}]");
        return Ok(behind);
    }
    let anchor = match text.as_bytes().first() {
        Some(b'A') => r"\A",
        Some(b'z') => r"\z",
        Some(b'b') => r"(?-u:\b)",
        Some(b'B') => r"(?-u:\B)",
        _ => {
            let (character, behind) = escaped(text)?;
            put(character, output);
            return Ok(behind);
        }
    };
    output.push_str(anchor);
    Ok(&text[1..])
}

/// Translates a class after its `[`, and returns the text after its `]`.
fn class<'a>(text: &'a str, output: &mut String) -> Result<&'a str, PatternError> {
    output.push('[');
    let mut rest = text;
    if let Some(behind) = rest.strip_prefix('^') {
        output.push('^');
        rest = behind;
    }
    let mut is_first = true;
    loop {
        if let Some(behind) = rest.strip_prefix(']')
            && !is_first
        {
            output.push(']');
            return Ok(behind);
        }
        is_first = false;
        rest = if let Some((name, behind)) = named(rest)? {
            // Writing to a string cannot fail.
            let _ = write!(output, "[:{name}:]");
            behind
        } else if let Some((set, behind)) = rest.strip_prefix('\\').and_then(known_set) {
            output.push_str(set);
            behind
        } else {
            let (low, behind) = member(rest)?;
            put(low, output);
            match behind.strip_prefix('-') {
                Some(behind) if !behind.is_empty() && !behind.starts_with(']') => {
                    let (high, behind) = member(behind)?;
                    if high < low {
                        return Err(PatternError::BadClass);
                    }
                    output.push('-');
                    put(high, output);
                    behind
                }
                _ => behind,
            }
        };
    }
}

/// Parses a named class, `[:alpha:]` or `[:^alpha:]`, at the start of the text. Returns its name
/// and the remaining text, or `None` if the text has no such part.
fn named(text: &str) -> Result<Option<(&str, &str)>, PatternError> {
    let Some((name, behind)) = text.strip_prefix("[:").and_then(|text| text.split_once(":]"))
    else {
        return Ok(None);
    };
    if NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) {
        Ok(Some((name, behind)))
    } else {
        Err(PatternError::BadClass)
    }
}

/// Returns the set of characters that a letter after a `\` means, and the remaining text.
fn known_set(text: &str) -> Option<(&'static str, &str)> {
    let set = match text.as_bytes().first()? {
        b'd' => "0-9",
        b'D' => "[^0-9]",
        b's' => r"\t\n\x0c\r\x20",
        b'S' => r"[^\t\n\x0c\r\x20]",
        b'w' => "0-9A-Za-z_",
        b'W' => "[^0-9A-Za-z_]",
        _ => return None,
    };
    Some((set, &text[1..]))
}

/// Returns the first character of the remaining class, and the text after it.
fn member(text: &str) -> Result<(char, &str), PatternError> {
    match text.chars().next() {
        Some('\\') => escaped(&text[1..]),
        Some(character) => Ok((character, &text[character.len_utf8()..])),
        None => Err(PatternError::OpenClass),
    }
}

/// Returns the character that the text after a `\` means, and the remaining text.
///
/// This refuses more than Go: also numeric escapes, quotes (`\Q`) and Unicode classes. A pattern
/// that contains them most likely has a backslash by mistake.
fn escaped(text: &str) -> Result<(char, &str), PatternError> {
    let escaped = text.chars().next().ok_or(PatternError::NothingEscaped)?;
    let character = match escaped {
        'a' => '\x07',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        escaped if escaped.is_ascii() && !escaped.is_ascii_alphanumeric() => escaped,
        escaped => return Err(PatternError::BadEscape(escaped)),
    };
    Ok((character, &text[escaped.len_utf8()..]))
}

fn put(character: char, output: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(output, r"\x{{{:x}}}", u32::from(character));
}
