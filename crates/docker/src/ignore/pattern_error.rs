//! Why a line of an ignore file is no pattern.

/// Why a line of an ignore file is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Nothing follows the `!`.
    #[error("nothing follows the `!`")]
    Nothing,
    /// A `[` is never closed.
    #[error("a `[` has no `]`")]
    OpenClass,
    /// What is between `[` and `]` makes no set of characters.
    #[error("what is between `[` and `]` is no set of characters")]
    BadClass,
    /// The pattern ends with a backslash, which has nothing to apply to.
    #[error("nothing follows the last `\\`")]
    NothingEscaped,
    /// A backslash before a letter, a digit or a character beyond ASCII that Docker's matcher doesn't take
    /// for that character.
    #[error("`\\{0}` doesn't stand for a character (folders are separated by `/`)")]
    BadEscape(char),
    /// The pattern is too long.
    #[error("it is too long")]
    TooLong,
}
