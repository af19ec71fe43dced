//! Text from strangers, made fit to be printed.

use std::fmt::{self, Write as _};

/// Prints a text with everything escaped that steers a terminal instead of standing on it: control
/// characters, and those that break lines or turn the direction of what follows.
///
/// ```
/// use sealift_archive::Printable;
///
/// assert_eq!(Printable("web\n\u{1b}[31m").to_string(), r"web\n\u{1b}[31m");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Printable<'a>(pub &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match steers_terminal(character) {
                true => write!(f, "{}", character.escape_default())?,
                false => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

fn steers_terminal(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Gives the text as a string, so printed.
pub(crate) fn printable(text: &str) -> String {
    Printable(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        assert_eq!(printable("a\n\t\u{1b}[31m\u{9b}b"), r"a\n\t\u{1b}[31m\u{9b}b");
        assert_eq!(printable("exe\u{202e}gpj.\u{2066}"), r"exe\u{202e}gpj.\u{2066}");
        assert_eq!(printable("ü 漢 `'\"\\"), "ü 漢 `'\"\\");
    }
}
