//! The syntax check of patterns, which is as incomplete as Docker's.

use crate::pattern_error::PatternError;

/// Checks the start of a pattern.
///
/// Docker calls Go's `filepath.Match` with the pattern and the name `.`, and uses only the error of
/// the call. That function reads the text after a `*` only if the text before it matches `.`, so
/// most of a pattern after a `*` is not checked. Text that is not checked can still be an invalid
/// regular expression, which is detected later.
pub(crate) fn check(pattern: &[u8]) -> Result<(), PatternError> {
    let (is_dot, behind) = check_piece(pattern)?;
    if is_dot {
        check_piece(behind)?;
    }
    Ok(())
}

/// Checks the text before the next `*`. Returns `true` if it matches `.`, and the remaining text.
fn check_piece(text: &[u8]) -> Result<(bool, &[u8]), PatternError> {
    let stars = text.iter().take_while(|byte| **byte == b'*').count();
    let mut rest = &text[stars..];
    let mut matches_dot = Vec::new();
    loop {
        let (is_dot, behind) = match rest {
            [] | [b'*', ..] => return Ok((matches_dot == [true], rest)),
            [b'\\'] => return Err(PatternError::NothingEscaped),
            [b'\\', escaped, behind @ ..] => (*escaped == b'.', behind),
            [b'[', behind @ ..] => check_class(behind)?,
            [byte, behind @ ..] => (matches!(byte, b'.' | b'?'), behind),
        };
        matches_dot.push(is_dot);
        rest = behind;
    }
}

/// Checks a character class, after its `[`. Returns `true` if it matches `.`, and the text after
/// its `]`.
fn check_class(inside: &[u8]) -> Result<(bool, &[u8]), PatternError> {
    let members = inside.strip_prefix(b"^");
    let is_negated = members.is_some();
    let mut rest = members.unwrap_or(inside);
    let mut has_dot = false;
    loop {
        // The bytes of a multi-byte character are treated as separate characters. This is correct
        // here, because none of them is a `.`.
        let (low, behind) = check_member(rest)?;
        let (high, behind) = match behind {
            [b'-', behind @ ..] => check_member(behind)?,
            behind => (low, behind),
        };
        has_dot |= (low..=high).contains(&b'.');
        rest = behind;
        if let [b']', behind @ ..] = rest {
            let class = &inside[..inside.len() - rest.len()];
            return match std::str::from_utf8(class) {
                Ok(_) => Ok((has_dot != is_negated, behind)),
                Err(_) => Err(PatternError::BadClass),
            };
        }
    }
}

/// Checks one character of a class. Returns it and the text after it.
fn check_member(inside: &[u8]) -> Result<(u8, &[u8]), PatternError> {
    match inside {
        [b'-' | b']', ..] => Err(PatternError::BadClass),
        [] | [b'\\'] => Err(PatternError::OpenClass),
        [b'\\', member, behind @ ..] | [member, behind @ ..] => Ok((*member, behind)),
    }
}
