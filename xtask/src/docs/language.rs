//! The words and forms that the prose avoids: the list in `language.toml`, applied to paragraphs.

use std::cell::Cell;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use regex::Regex;
use serde::Deserialize;

use crate::docs::finding::Finding;
use crate::docs::paragraph::{Item, Paragraph, Position, overwrite};
use crate::workspace;

const LIST: &str = "xtask/language.toml";

/// The list of what the prose avoids.
#[derive(Debug)]
pub(super) struct Language {
    tics: Vec<Tic>,
}

/// A word or a form that the prose avoids.
#[derive(Debug)]
struct Tic {
    entry: TicEntry,
    pattern: Regex,
    unless: Option<Regex>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    tic: Vec<TicEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TicEntry {
    name: String,
    #[serde(default)]
    on: On,
    /// Whether string literals are searched too.
    #[serde(default)]
    strings: bool,
    pattern: String,
    /// Standard English that the pattern would find.
    unless: Option<String>,
    /// The term of the glossary that the pattern is a private synonym of.
    term: Option<String>,
    instead: String,
    reason: String,
    /// An example that the pattern finds.
    refuses: String,
    /// The correction of the example, which the pattern does not find.
    accepts: String,
    #[serde(default)]
    except: Vec<Exception>,
}

/// A place at which the pattern is not applied.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    file: String,
    /// A part of the paragraph.
    text: String,
    reason: String,
    /// Whether the exception was needed.
    #[serde(skip)]
    is_used: Cell<bool>,
}

/// The paragraphs that a pattern is applied to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum On {
    /// Rustdoc, comments and Markdown.
    #[default]
    Prose,
    /// The first paragraph of any rustdoc.
    FirstLine,
    /// The first paragraph of the rustdoc of functions.
    Function,
    /// The first paragraph of the rustdoc of functions with a result.
    ReturningFunction,
    /// The first paragraph of the rustdoc of everything but functions.
    Item,
}

impl Language {
    /// Reads the list. Returns an error if an example is not found by its pattern, or its
    /// correction is.
    pub(super) fn read() -> Result<Self> {
        let text = fs::read_to_string(workspace::root().join(LIST)).context(LIST)?;
        Self::parse(&text).context(LIST)
    }

    fn parse(text: &str) -> Result<Self> {
        let list: List = toml::from_str(text)?;
        let tics = list.tic.into_iter().map(Tic::new).collect::<Result<_>>()?;
        Ok(Self { tics })
    }

    /// Returns an error unless each term that has synonyms is in the glossary.
    pub(super) fn check_terms(&self, has: impl Fn(&str) -> bool) -> Result<()> {
        for term in self.tics.iter().filter_map(|tic| tic.entry.term.as_ref()) {
            ensure!(has(term), "{LIST} has synonyms of \"{term}\", which is not in the glossary");
        }
        Ok(())
    }

    /// Returns the tics in the paragraphs of a file, whose path is relative to the repository.
    pub(super) fn check(&self, file: &str, paragraphs: &[Paragraph]) -> Vec<Finding> {
        let mut found = Vec::new();
        for paragraph in paragraphs {
            let prose = paragraph.prose();
            for tic in self.tics.iter().filter(|tic| tic.applies_to(paragraph.position)) {
                for (offset, words) in tic.find(&prose) {
                    if !tic.is_excepted(file, paragraph.text()) {
                        found.push(Finding {
                            file: file.to_owned(),
                            line: paragraph.line_at(offset),
                            problem: tic.problem(words),
                        });
                    }
                }
            }
        }
        found
    }

    /// Returns the exceptions that no check so far has needed.
    pub(super) fn unused_exceptions(&self) -> Vec<Finding> {
        let all = self.tics.iter().flat_map(|tic| tic.entry.except.iter().map(move |e| (tic, e)));
        let unused = all.filter(|(_, exception)| !exception.is_used.get());
        let finding = |(tic, exception): (&Tic, &Exception)| Finding {
            file: exception.file.clone(),
            line: 1,
            problem: format!(
                "the exception for \"{}\" from the tic `{}` ({}) is not needed: remove it from {LIST}",
                exception.text, tic.entry.name, exception.reason
            ),
        };
        unused.map(finding).collect()
    }
}

impl Tic {
    fn new(entry: TicEntry) -> Result<Self> {
        let regex = |pattern: &str| {
            Regex::new(pattern).with_context(|| format!("the pattern of `{}`", entry.name))
        };
        let pattern = regex(&entry.pattern)?;
        let unless = entry.unless.as_deref().map(regex).transpose()?;
        let tic = Self { entry, pattern, unless };
        let TicEntry { name, refuses, accepts, .. } = &tic.entry;
        ensure!(tic.find(refuses).next().is_some(), "`{name}` does not refuse \"{refuses}\"");
        ensure!(tic.find(accepts).next().is_none(), "`{name}` refuses \"{accepts}\"");
        Ok(tic)
    }

    fn applies_to(&self, position: Position) -> bool {
        match (self.entry.on, position) {
            (On::Prose, Position::Literal) => self.entry.strings,
            (On::Prose | On::FirstLine, Position::First(_)) | (On::Prose, Position::Other) => true,
            (On::Function, Position::First(Item::Function { .. })) => true,
            (On::ReturningFunction, Position::First(Item::Function { returns })) => returns,
            (On::Item, Position::First(Item::Other)) => true,
            _ => false,
        }
    }

    /// Finds the pattern in prose. Returns the offset and the words that were found.
    fn find(&self, prose: &str) -> impl Iterator<Item = (usize, String)> {
        let prose = match &self.unless {
            Some(unless) => overwrite(prose, unless),
            None => prose.to_owned(),
        };
        let found = self.pattern.find_iter(&prose);
        let found: Vec<_> =
            found.map(|words| (words.start(), words.as_str().trim().to_owned())).collect();
        found.into_iter()
    }

    fn is_excepted(&self, file: &str, text: &str) -> bool {
        let exceptions = self.entry.except.iter();
        let mut matching =
            exceptions.filter(|except| except.file == file && text.contains(&except.text));
        matching.next().inspect(|except| except.is_used.set(true)).is_some()
    }

    fn problem(&self, words: String) -> String {
        let TicEntry { name, instead, reason, .. } = &self.entry;
        format!("{name}: \"{words}\"; instead: {instead} ({reason})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docs::{markdown, rust_source};

    const ENTRY: &str = r#"
        [[tic]]
        name = "vanishes"
        pattern = '\bvanishes\b'
        unless = 'vanishes slowly'
        instead = "`is removed`"
        reason = "private wording"
        refuses = "The file vanishes."
        accepts = "The file is removed."
    "#;

    #[test]
    fn each_pattern_of_the_list_refuses_its_example_and_accepts_the_correction() {
        let language = Language::read().unwrap();
        assert!(language.tics.len() > 30, "{}", language.tics.len());
    }

    #[test]
    fn an_example_that_does_not_fit_its_pattern_is_an_error() {
        let (refuses, accepts) = ("The file vanishes.", "The file is removed.");
        let error = Language::parse(&ENTRY.replace(refuses, accepts)).unwrap_err();
        assert_eq!(error.to_string(), "`vanishes` does not refuse \"The file is removed.\"");
        let error = Language::parse(&ENTRY.replace(accepts, refuses)).unwrap_err();
        assert_eq!(error.to_string(), "`vanishes` refuses \"The file vanishes.\"");
    }

    #[test]
    fn a_tic_is_found_in_prose_alone() {
        let language = Language::parse(ENTRY).unwrap();
        let page = "The `vanishes` of code,\nif all vanishes slowly, vanishes.\n";
        let found = language.check("a.md", &markdown::of_page(page));
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            ["a.md:2: vanishes: \"vanishes\"; instead: `is removed` (private wording)"]
        );
        let source = "// It vanishes.\nlet text = \"Here it vanishes.\";\n";
        assert_eq!(language.check("a.rs", &rust_source::paragraphs(source)).len(), 1);
        let language = Language::parse(&format!("{ENTRY}\nstrings = true")).unwrap();
        assert_eq!(language.check("a.rs", &rust_source::paragraphs(source)).len(), 2);
    }

    #[test]
    fn an_exception_is_for_one_place_and_must_be_needed() {
        let except =
            r#"except = [{ file = "a.md", text = "vanishes here", reason = "a quotation" }]"#;
        let language = Language::parse(&format!("{ENTRY}\n{except}")).unwrap();
        assert_eq!(language.unused_exceptions().len(), 1);
        let found = |file| language.check(file, &markdown::of_page("It vanishes here.")).len();
        assert_eq!((found("a.md"), found("b.md")), (0, 1));
        assert!(language.unused_exceptions().is_empty());
    }

    #[test]
    fn first_lines_depend_on_the_item() {
        let tic = |on: &str| {
            let entry = ENTRY.replace("name =", &format!("on = \"{on}\"\nname ="));
            Language::parse(&entry).unwrap()
        };
        let source = "/// vanishes\nfn a() {}\n/// vanishes\nfn b() -> u8 {}\n/// vanishes\nstruct C;\n\
                      /// A\n///\n/// vanishes\nstruct D;\n";
        let paragraphs = rust_source::paragraphs(source);
        for (on, lines) in [
            ("prose", &[1, 3, 5, 9][..]),
            ("first-line", &[1, 3, 5]),
            ("function", &[1, 3]),
            ("returning-function", &[3]),
            ("item", &[5]),
        ] {
            let found = tic(on).check("a.rs", &paragraphs);
            let found: Vec<_> = found.iter().map(|finding| finding.line).collect();
            assert_eq!(found, lines, "{on}");
        }
    }
}
