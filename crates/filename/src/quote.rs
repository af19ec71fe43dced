//! How messages print text that somebody else chose.

use std::fmt::{self, Write as _};

/// Prints a text between backticks, with control characters escaped: a file's name must not be able
/// to move the cursor of the terminal that its refusal is printed on.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('`')?;
        for char in self.0.chars() {
            write_escaped(char, f)?;
        }
        f.write_char('`')
    }
}

/// Prints what a text is and the text, or only what it is when nothing could be seen of it.
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

/// Prints one character in the same way.
pub(crate) struct QuotedChar(pub(crate) char);

impl fmt::Display for QuotedChar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('`')?;
        write_escaped(self.0, f)?;
        f.write_char('`')
    }
}

fn write_escaped(char: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if is_control(char) { write!(f, "{}", char.escape_default()) } else { f.write_char(char) }
}

/// Tells whether a character steers a terminal instead of standing on it: the control characters,
/// and those that break lines or turn the direction of what follows.
pub(crate) fn is_control(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
