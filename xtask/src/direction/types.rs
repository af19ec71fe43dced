//! Finds the types that a source file declares, outside of functions and of code for tests.

use std::collections::BTreeSet;

use anyhow::Result;
use proc_macro2::TokenTree;

use super::tokens::{end_of_item, is_for_tests, is_punct, is_word, tokens_of, word};

const KEYWORDS: [&str; 4] = ["struct", "enum", "trait", "type"];

/// Returns the types and traits that a source file declares, by their paths in it. Two forms of a
/// type that are selected by a feature count once.
pub(super) fn read(text: &str) -> Result<BTreeSet<Vec<String>>> {
    let mut found = BTreeSet::new();
    scan(&tokens_of(text)?, &[], &mut found);
    Ok(found)
}

fn scan(tokens: &[TokenTree], module: &[String], found: &mut BTreeSet<Vec<String>>) {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = tokens.get(at + 1);
        if is_punct(token, '#') && next.is_some_and(is_for_tests) {
            at = end_of_item(tokens, at + 2);
            continue;
        }
        if let Some(name) = next.and_then(word) {
            let path = [module, &[name]].concat();
            if is_word(token, "mod") {
                if let Some(TokenTree::Group(body)) = tokens.get(at + 2) {
                    scan(&Vec::from_iter(body.stream()), &path, found);
                }
            } else if KEYWORDS.iter().any(|keyword| is_word(token, keyword)) {
                found.insert(path);
            }
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(text: &str) -> Vec<String> {
        read(text).unwrap().iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn types_and_traits_are_found_in_modules_too() {
        assert_eq!(
            types("pub struct A<T>(T); enum B {} mod inner { pub(crate) trait C {} type D = A; }"),
            ["A", "B", "inner::C", "inner::D"]
        );
    }

    #[test]
    fn types_within_other_items_do_not_count() {
        assert_eq!(types("impl Iterator for A { type Item = u8; } fn f() { struct B; }"), [""; 0]);
        assert_eq!(types("macro_rules! m { () => { struct A; } }"), [""; 0]);
    }

    #[test]
    fn types_for_tests_do_not_count() {
        let text = "#[cfg(test)] struct A; #[cfg(test)] mod tests { struct B; } struct C;";
        assert_eq!(types(text), ["C"]);
    }

    #[test]
    fn the_two_forms_of_a_type_count_once() {
        assert_eq!(types("#[cfg(unix)] struct A; #[cfg(not(unix))] struct A(u8);"), ["A"]);
    }
}
