//! The reasons why a line of an ignore file is not a pattern.

/// The reason why a line of an ignore file is not a pattern, which is the kind of a
/// [`ParseError`](crate::ParseError).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Nothing follows the `!`.
    #[error("nothing follows the `!`")]
    Nothing,
    /// A `[` is not closed.
    #[error("a `[` has no `]`")]
    OpenClass,
    /// The text between `[` and `]` is not a set of characters.
    #[error("the text between `[` and `]` is not a set of characters")]
    BadClass,
    /// The pattern ends with a backslash, so no character is escaped by it.
    #[error("nothing follows the last `\\`")]
    NothingEscaped,
    /// A backslash is followed by a letter, a digit or a character outside ASCII, and Docker's
    /// matcher does not read the two as that character.
    #[error("`\\{0}` does not stand for a character (folders are separated by `/`)")]
    BadEscape(char),
    /// Go's regular expressions refuse a repetition such as `{2}`, because nothing or another
    /// repetition precedes it, or because its counts are in the wrong order or exceed 1000.
    #[error(
        "Docker's matcher reads `{0}` as a repetition, which is not possible here; write `\\{{` for a brace"
    )]
    BadRepetition(String),
    /// The pattern is too long.
    #[error("it is too long")]
    TooLong,
}
