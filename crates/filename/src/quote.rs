//! How messages quote text from untrusted sources.

use std::fmt::{self, Write as _};

use crate::printable::{Printable, write_printable};

/// Displays a [`Printable`] text between backticks.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('`')?;
        write!(f, "{}`", Printable(self.0))
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

/// Displays one character in the same way.
pub(crate) struct QuotedChar(pub(crate) char);

impl fmt::Display for QuotedChar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('`')?;
        write_printable(self.0, f)?;
        f.write_char('`')
    }
}
