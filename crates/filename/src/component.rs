//! The parts of a repository name, as the reference grammar of the distribution project defines
//! them.

use crate::escape::{Quoted, QuotedChar};

/// The reason why a text is not a valid part of a repository name.
///
/// A part consists of groups of lowercase letters and digits. Groups are joined by one `.`, one or
/// two `_`, or any number of `-`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ComponentFault {
    /// The part is empty.
    #[error("it is empty")]
    Empty,
    /// The part contains an uppercase letter.
    #[error("it contains the uppercase letter {}", QuotedChar(*.0))]
    UpperCase(char),
    /// The part contains a character that is not allowed.
    #[error(
        "it contains {}; only lowercase letters, digits, `.`, `_` and `-` are allowed",
        QuotedChar(*.0)
    )]
    Character(char),
    /// The part starts with a character that joins groups.
    #[error("it starts with {}, not with a letter or digit", QuotedChar(*.0))]
    Start(char),
    /// The part ends with a character that joins groups.
    #[error("it ends with {}, not with a letter or digit", QuotedChar(*.0))]
    End(char),
    /// Two groups are joined by other characters.
    #[error(
        "it contains {}; only one `.`, one or two `_`, or dashes may be in a row",
        Quoted(.0)
    )]
    Separator(String),
}

/// Checks one part of a repository name, other than its domain.
pub(crate) fn check(text: &str) -> Result<(), ComponentFault> {
    let is_alphanumeric = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
    let is_separator = |char: char| matches!(char, '.' | '_' | '-');
    match text.chars().find(|&char| !is_alphanumeric(char) && !is_separator(char)) {
        Some(char) if char.is_uppercase() => return Err(ComponentFault::UpperCase(char)),
        Some(char) => return Err(ComponentFault::Character(char)),
        None => {}
    }
    match (text.chars().next(), text.chars().next_back()) {
        (None, _) => return Err(ComponentFault::Empty),
        (Some(first), _) if is_separator(first) => return Err(ComponentFault::Start(first)),
        (_, Some(last)) if is_separator(last) => return Err(ComponentFault::End(last)),
        _ => {}
    }
    let joins =
        |run: &str| matches!(run, "" | "." | "_" | "__") || run.bytes().all(|byte| byte == b'-');
    match text.split(is_alphanumeric).find(|run| !joins(run)) {
        Some(run) => Err(ComponentFault::Separator(run.to_owned())),
        None => Ok(()),
    }
}

/// Returns `true` if a text is the host of a registry, with or without a port. A host consists of
/// labels of letters, digits and inner dashes, joined by dots, or is an IPv6 address in brackets.
pub(crate) fn is_domain(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        // The last colon of an address in brackets is part of it.
        Some(_) if text.ends_with(']') => (text, None),
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    is_host(host) && port.is_none_or(is_port)
}

fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[') {
        return address.strip_suffix(']').is_some_and(|address| {
            !address.is_empty()
                && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':')
        });
    }
    text.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}
