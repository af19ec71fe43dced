//! Escaping and quoting of text from untrusted sources.

use std::fmt::{self, Write as _};

/// Displays text with all characters escaped that control a terminal.
///
/// Names, messages and tags come from archives, engines, files and the environment. A control
/// character in them could move the cursor, and a bidirectional one could reverse the text after
/// it. All messages therefore print such text through this type.
///
/// ```
/// use sealift_filename::Printable;
///
/// assert_eq!(Printable("web\n\u{1b}[31m").to_string(), r"web\n\u{1b}[31m");
/// assert_eq!(Printable("ü 漢 `'\"\\").to_string(), "ü 漢 `'\"\\");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Printable<'a>(pub &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            write_printable(character, f)?;
        }
        Ok(())
    }
}

/// Writes one character, escaped if it controls a terminal.
fn write_printable(character: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if controls_terminal(character) {
        write!(f, "{}", character.escape_default())
    } else {
        f.write_char(character)
    }
}

/// Returns `true` if a character controls a terminal: control characters (C0, DEL and C1), line and
/// paragraph separators, and bidirectional formatting characters.
///
/// ```
/// use sealift_filename::controls_terminal;
///
/// assert!(controls_terminal('\u{9b}') && controls_terminal('\u{202e}'));
/// assert!(!controls_terminal('ü') && !controls_terminal('`'));
/// ```
pub fn controls_terminal(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Displays [`Printable`] text between backticks.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('`')?;
        write!(f, "{}`", Printable(self.0))
    }
}

/// Displays a description and a quoted text, or only the description if the text is empty.
pub(crate) struct Named<'a>(pub(crate) &'a str, pub(crate) &'a str);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)?;
        if self.1.is_empty() {
            return Ok(());
        }
        write!(f, " {}", Quoted(self.1))
    }
}

/// Displays one character like [`Quoted`].
pub(crate) struct QuotedChar(pub(crate) char);

impl fmt::Display for QuotedChar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('`')?;
        write_printable(self.0, f)?;
        f.write_char('`')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_control_a_terminal_are_escaped() {
        let printed = |text| Printable(text).to_string();
        assert_eq!(printed("a\n\t\u{1b}[31m\u{9b}\u{7f}b"), r"a\n\t\u{1b}[31m\u{9b}\u{7f}b");
        assert_eq!(printed("exe\u{202e}gpj.\u{2066}"), r"exe\u{202e}gpj.\u{2066}");
        assert_eq!(printed("\u{61c}\u{200e}\u{200f}"), r"\u{61c}\u{200e}\u{200f}");
        assert_eq!(printed("\u{2028}\u{2029}"), r"\u{2028}\u{2029}");
        assert_eq!(printed("ü 漢 `'\"\\"), "ü 漢 `'\"\\");
    }
}
