//! Finds the paths in a source file that lead into its own crate: `crate::…`, `super::…`,
//! `self::…`, and those that start with one of its child modules.
//!
//! Tokens are read, so paths in expressions and macro calls count like imports. Code that exists
//! only in tests does not count.

use std::collections::BTreeSet;

use anyhow::Result;
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::tokens::{
    end_of_item, is_for_tests, is_group, is_punct, is_separator, is_word, tokens_of, word,
};

/// The paths in a source file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Paths {
    /// Absolute paths, from the crate root.
    pub(super) named: BTreeSet<Vec<String>>,
    /// The child modules in separate files that exist only in tests.
    pub(super) tests: BTreeSet<String>,
}

/// Reads the source file of the module with this absolute path.
pub(super) fn read(text: &str, module: &[String]) -> Result<Paths> {
    let tokens = tokens_of(text)?;
    let mut reader = Reader {
        module: module.to_vec(),
        children: children(&tokens),
        is_inline: false,
        found: Paths::default(),
    };
    reader.scan(&tokens);
    Ok(reader.found)
}

/// Returns the names of the modules that these tokens declare.
fn children(tokens: &[TokenTree]) -> BTreeSet<String> {
    let declared = tokens.windows(2).filter(|pair| is_word(&pair[0], "mod"));
    declared.filter_map(|pair| word(&pair[1])).collect()
}

struct Reader {
    /// The absolute path of the module that is being read.
    module: Vec<String>,
    /// The modules that the file declares.
    children: BTreeSet<String>,
    /// Whether that module is inline.
    is_inline: bool,
    found: Paths,
}

impl Reader {
    fn scan(&mut self, tokens: &[TokenTree]) {
        let mut at = 0;
        while at < tokens.len() {
            at = self.step(tokens, at);
        }
    }

    /// Reads the item or the path that starts at a token. Returns the index of the token after it.
    fn step(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let next = tokens.get(at + 1);
        match &tokens[at] {
            TokenTree::Group(group) => self.scan(&Vec::from_iter(group.stream())),
            TokenTree::Punct(punct) if punct.as_char() == '#' && next.is_some_and(is_for_tests) => {
                return self.skip_item(tokens, at + 2);
            }
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                if name == "pub" && next.is_some_and(|next| is_group(next, Delimiter::Parenthesis))
                {
                    return at + 2;
                }
                if name == "mod"
                    && let Some(TokenTree::Group(body)) = tokens.get(at + 2)
                {
                    self.inline_module(next.and_then(word), body.stream());
                    return at + 3;
                }
                if is_separator(tokens, at + 1) && self.starts_path(&name, tokens, at) {
                    return self.tree(tokens, at, self.module.clone());
                }
            }
            _ => {}
        }
        at + 1
    }

    /// Skips an item. Returns the index of the token after it.
    fn skip_item(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let end = end_of_item(tokens, at);
        if tokens[..end].last().is_some_and(|last| is_punct(last, ';')) {
            self.found.tests.extend(children(&tokens[at..end]));
        }
        end
    }

    fn inline_module(&mut self, name: Option<String>, body: TokenStream) {
        let outer = (self.module.clone(), self.is_inline);
        self.module.extend(name);
        self.is_inline = true;
        self.scan(&Vec::from_iter(body));
        (self.module, self.is_inline) = outer;
    }

    /// Returns `true` if a word that is followed by `::` starts a path into this crate.
    fn starts_path(&self, name: &str, tokens: &[TokenTree], at: usize) -> bool {
        let continues = at >= 2 && is_separator(tokens, at - 2);
        let is_method = at >= 1 && is_punct(&tokens[at - 1], '.');
        let is_child = !self.is_inline && self.children.contains(name);
        matches!(name, "crate" | "super" | "self") || is_child && !continues && !is_method
    }

    /// Reads a path, or a tree of imports below a path. Returns the index of the token after it.
    fn tree(&mut self, tokens: &[TokenTree], mut at: usize, mut path: Vec<String>) -> usize {
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Ident(ident) => match ident.to_string().as_str() {
                    "crate" => path.clear(),
                    "self" => {}
                    "super" => drop(path.pop()),
                    name => path.push(name.to_owned()),
                },
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let branches = Vec::from_iter(group.stream());
                    for branch in branches.split(|token| is_punct(token, ',')) {
                        if !branch.is_empty() {
                            self.tree(branch, 0, path.clone());
                        }
                    }
                    return at + 1;
                }
                // A glob, or the arguments of a generic.
                _ => break,
            }
            at += 1;
            if !is_separator(tokens, at) {
                break;
            }
            at += 2;
        }
        self.found.named.insert(path);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<String> {
        let module = ["read".to_owned(), "zip".to_owned()];
        read(text, &module).unwrap().named.iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn imports_and_import_trees_become_absolute_paths() {
        assert_eq!(
            named("use crate::{Error, tar::{self, Header as H, pax::*}};"),
            ["Error", "tar", "tar::Header", "tar::pax"]
        );
        assert_eq!(
            named("use super::plain::Reader; use super::super::x;"),
            ["read::plain::Reader", "x"]
        );
        assert_eq!(named("pub(crate) use self::member::Member;"), ["read::zip::member::Member"]);
    }

    #[test]
    fn paths_in_code_and_macros_count() {
        assert_eq!(
            named("fn f(x: crate::A) { println!(\"{}\", crate::b::c::<super::D>()) }"),
            ["A", "b::c", "read::D"]
        );
    }

    #[test]
    fn child_modules_count_if_the_file_declares_them() {
        assert_eq!(named("mod member; use member::{Member, Name};").len(), 2);
        assert_eq!(named("mod tar; fn f() { x::tar::y(); self.tar::<u8>() }"), [""; 0]);
        assert_eq!(named("use tar::Builder; use std::io;"), [""; 0]);
    }

    #[test]
    fn paths_in_an_inline_module_start_in_it() {
        assert_eq!(named("mod inner { use super::X; use super::super::y::Z; }").len(), 2);
        assert_eq!(
            named("mod inner { use super::X; use super::super::y::Z; }"),
            ["read::y::Z", "read::zip::X"]
        );
    }

    #[test]
    fn code_for_tests_does_not_count() {
        assert_eq!(
            named("#[cfg(test)] mod tests { use crate::a::B; } #[cfg(test)] use crate::c;"),
            [""; 0]
        );
        assert_eq!(named("#[cfg(all(test, unix))] fn f() -> u8 { crate::x() }"), [""; 0]);
        assert_eq!(named("#[cfg(not(test))] use crate::c;"), ["c"]);
        let found = read("#[cfg(test)]\nmod laws;", &[]).unwrap();
        assert_eq!(Vec::from_iter(found.tests), ["laws"]);
    }

    #[test]
    fn visibility_is_not_an_import() {
        assert_eq!(named("pub(in crate::read) struct X; pub(super) fn y() {}"), [""; 0]);
    }
}
