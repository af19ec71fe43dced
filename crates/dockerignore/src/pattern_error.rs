//! Why a line of an ignore file is not a pattern.

/// Why a line of an ignore file is not a pattern: the kind of a [`ParseError`](crate::ParseError).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Nothing follows the `!`.
    #[error("nothing follows the `!`")]
    Nothing,
    /// A `[` is never closed.
    #[error("a `[` has no `]`")]
    OpenClass,
    /// What is between `[` and `]` is not a set of characters.
    #[error("the text between `[` and `]` is not a set of characters")]
    BadClass,
    /// The pattern ends with a backslash, which has nothing to apply to.
    #[error("nothing follows the last `\\`")]
    NothingEscaped,
    /// A backslash before a letter, a digit or a character beyond ASCII that Docker's matcher
    /// doesn't take for that character.
    #[error("`\\{0}` does not stand for a character (folders are separated by `/`)")]
    BadEscape(char),
    /// A repetition such as `{2}` that Go's regular expressions refuse: it follows nothing or
    /// another repetition, or its counts are in the wrong order or greater than 1000.
    #[error(
        "Docker's matcher reads `{0}` as a repetition, which is not possible here; write `\\{{` for a brace"
    )]
    BadRepetition(String),
    /// The pattern is too long.
    #[error("it is too long")]
    TooLong,
}
