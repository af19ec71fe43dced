//! The tokens of a source file.

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Parses a source file.
pub(super) fn tokens_of(text: &str) -> Result<Vec<TokenTree>> {
    let tokens: TokenStream = text.parse().map_err(|error| anyhow!("is not Rust: {error}"))?;
    Ok(Vec::from_iter(tokens))
}

/// Returns the index of the token after the item that starts here, or after its attributes.
pub(super) fn end_of_item(tokens: &[TokenTree], at: usize) -> usize {
    let ends = |token: &TokenTree| is_punct(token, ';') || is_group(token, Delimiter::Brace);
    tokens[at..].iter().position(ends).map_or(tokens.len(), |length| at + length + 1)
}

pub(super) fn word(token: &TokenTree) -> Option<String> {
    matches!(token, TokenTree::Ident(_)).then(|| token.to_string())
}

pub(super) fn is_word(token: &TokenTree, text: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == text)
}

pub(super) fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}

pub(super) fn is_group(token: &TokenTree, delimiter: Delimiter) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == delimiter)
}

/// Returns `true` if `::` starts here.
pub(super) fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    let joint = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint);
    matches!(&tokens.get(at..at + 2), Some([first, second])
        if is_punct(first, ':') && joint(first) && is_punct(second, ':'))
}

/// Returns `true` if these are the brackets of `#[cfg(test)]`, or of another condition that
/// includes `test`.
pub(super) fn is_for_tests(brackets: &TokenTree) -> bool {
    let TokenTree::Group(brackets) = brackets else { return false };
    match Vec::from_iter(brackets.stream()).as_slice() {
        [name, TokenTree::Group(condition)] if is_word(name, "cfg") => {
            needs_tests(condition.stream())
        }
        _ => false,
    }
}

fn needs_tests(condition: TokenStream) -> bool {
    let mut is_negated = false;
    condition.into_iter().any(|token| match token {
        TokenTree::Group(inner) => !is_negated && needs_tests(inner.stream()),
        token => {
            is_negated = is_word(&token, "not");
            is_word(&token, "test")
        }
    })
}
