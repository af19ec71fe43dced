//! The syntax of a pattern, as far as Docker checks it.

use crate::pattern_error::PatternError;

/// Checks the beginning of a pattern.
///
/// Docker asks Go's `filepath.Match` whether the pattern matches `.`, only to hear whether that is
/// an error. What is behind a `*` is looked at only if what is before it can be a `.`, and by then
/// there is nothing left that could match. What isn't looked at may still be no regular expression.
pub(crate) fn check(pattern: &[u8]) -> Result<(), PatternError> {
    let (is_dot, behind) = check_piece(pattern)?;
    if is_dot {
        check_piece(behind)?;
    }
    Ok(())
}

/// Checks what is before the next `*`. Returns whether it matches `.`, and what follows.
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

/// Checks what follows a `[`. Returns whether it matches `.`, and what follows its `]`.
fn check_class(inside: &[u8]) -> Result<(bool, &[u8]), PatternError> {
    let members = inside.strip_prefix(b"^");
    let is_negated = members.is_some();
    let mut rest = members.unwrap_or(inside);
    let mut has_dot = false;
    loop {
        // Of a character with many bytes each is taken for one: none of them is a `.`.
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

/// Checks one character between `[` and `]`, and returns it and what follows it.
fn check_member(inside: &[u8]) -> Result<(u8, &[u8]), PatternError> {
    match inside {
        [b'-' | b']', ..] => Err(PatternError::BadClass),
        [] | [b'\\'] => Err(PatternError::OpenClass),
        [b'\\', member, behind @ ..] | [member, behind @ ..] => Ok((*member, behind)),
    }
}
