//! The prose in a Rust source file: rustdoc, comments and string literals.
//!
//! The tokens of `proc_macro2` have no comments, so the source is divided here, with just enough of
//! Rust's grammar to distinguish comments, strings and characters from code.

use std::sync::LazyLock;

use regex::Regex;

use crate::docs::markdown;
use crate::docs::paragraph::{Item, Paragraph, Position};

/// The kind of a piece of a source file that may contain prose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PieceKind {
    /// `/// …`
    Doc,
    /// `//! …`
    ModuleDoc,
    /// `// …` or `/* … */`
    Comment,
    Literal,
}

/// A piece of a source file that may contain prose.
#[derive(Debug, PartialEq, Eq)]
struct Piece<'a> {
    kind: PieceKind,
    line: usize,
    text: &'a str,
    /// Whether only white space precedes it on its line.
    is_alone: bool,
}

/// Returns the paragraphs of a source file: the rustdoc, the comments, and the string literals
/// that consist of at least three words.
pub(super) fn paragraphs(source: &str) -> Vec<Paragraph> {
    let lines: Vec<&str> = source.lines().collect();
    let mut paragraphs = Vec::new();
    let mut block: Vec<Piece<'_>> = Vec::new();
    for piece in pieces(source) {
        let continues = block.last().is_some_and(|last| {
            last.kind == piece.kind && last.line + 1 == piece.line && piece.is_alone
        });
        if !continues {
            paragraphs.extend(of_block(&block, &lines));
            block.clear();
        }
        match piece.kind {
            PieceKind::Literal => paragraphs.extend(of_literal(&piece)),
            _ => block.push(piece),
        }
    }
    paragraphs.extend(of_block(&block, &lines));
    paragraphs
}

/// Returns the paragraphs of adjacent comments of one kind, which are read as Markdown.
fn of_block<'a>(block: &[Piece<'a>], lines: &[&str]) -> Vec<Paragraph> {
    let Some(first) = block.first() else { return Vec::new() };
    let lines_of = |piece: &Piece<'a>| {
        let begin = piece.line;
        piece.text.split('\n').enumerate().map(move |(number, line)| (begin + number, line))
    };
    let mut paragraphs = markdown::paragraphs(block.iter().flat_map(lines_of));
    let item = match first.kind {
        PieceKind::Doc => Some(item_after(lines, first.line)),
        PieceKind::ModuleDoc => Some(Item::Other),
        PieceKind::Comment | PieceKind::Literal => None,
    };
    if let (Some(item), Some(paragraph)) = (item, paragraphs.first_mut()) {
        paragraph.position = Position::First(item);
    }
    paragraphs
}

fn of_literal(piece: &Piece<'_>) -> Option<Paragraph> {
    let words = piece.text.split_whitespace().take(3).count();
    (words == 3).then(|| {
        let mut paragraph = Paragraph::new(Position::Literal);
        for (number, line) in piece.text.lines().enumerate() {
            let line = line.trim_end().trim_end_matches('\\');
            paragraph.push(piece.line + number, &line.replace("\\n", "  "));
        }
        paragraph
    })
}

/// Returns the kind of the item that follows the rustdoc on this line, numbered from 1.
fn item_after(lines: &[&str], line: usize) -> Item {
    static FUNCTION: LazyLock<Regex> = LazyLock::new(|| {
        let words = r#"^(pub(\([^)]*\))? )?(default )?(const )?(async )?(extern "C" )?fn "#;
        Regex::new(words).expect("the pattern is valid")
    });
    let (mut depth, mut is_test) = (0_usize, false);
    let mut rest = lines[line - 1..].iter().map(|line| line.trim());
    while let Some(line) = rest.next() {
        if depth > 0 || line.starts_with("#[") {
            is_test |= depth == 0 && (line.contains("test]") || line.contains("test("));
            depth = (depth + line.matches('[').count()).saturating_sub(line.matches(']').count());
        } else if !line.is_empty() && !line.starts_with("//") {
            if !FUNCTION.is_match(line) {
                return Item::Other;
            }
            let lines = std::iter::once(line).chain(rest);
            return if is_test { Item::Test } else { Item::Function { returns: returns(lines) } };
        }
    }
    Item::Other
}

/// Returns `true` if the function whose signature is on these lines has a result.
fn returns<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    let mut signature = String::new();
    for line in lines {
        signature.push_str(line);
        if line.ends_with(['{', ';', '}']) {
            break;
        }
    }
    let (_, signature) = signature.split_once("fn ").unwrap_or_default();
    after_arguments(signature).is_some_and(|rest| rest.trim_start().starts_with("->"))
}

/// Returns what follows the arguments in a signature, whose generics may contain parentheses too.
fn after_arguments(signature: &str) -> Option<&str> {
    let (mut angles, mut parentheses) = (0_i32, 0_i32);
    let mut before = ' ';
    for (at, character) in signature.char_indices() {
        match character {
            '<' => angles += 1,
            '>' if before != '-' => angles -= 1,
            '(' if angles == 0 => parentheses += 1,
            ')' if angles == 0 => {
                parentheses -= 1;
                if parentheses == 0 {
                    return Some(&signature[at + 1..]);
                }
            }
            _ => {}
        }
        before = character;
    }
    None
}

/// Divides a source file into comments, string literals, and the code between, which is left out.
fn pieces(source: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < source.len() {
        let rest = &source[at..];
        let (length, found) = next(rest, source[..at].chars().next_back());
        if let Some((kind, text)) = found {
            let begin = source[..at].rfind('\n').map_or(0, |end| end + 1);
            let is_alone = source[begin..at].trim().is_empty();
            pieces.push(Piece { kind, line, text, is_alone });
        }
        line += rest[..length].matches('\n').count();
        at += length;
    }
    pieces
}

/// Returns the length of what the rest of a source begins with, and the text in it if it is a
/// comment or a string literal.
fn next(rest: &str, before: Option<char>) -> (usize, Option<(PieceKind, &str)>) {
    if rest.starts_with("//") {
        let length = rest.find('\n').unwrap_or(rest.len());
        let line = &rest[..length];
        let is_doc = line.starts_with("///") && !line.starts_with("////");
        let (kind, mark) = match (is_doc, line.starts_with("//!")) {
            (true, _) => (PieceKind::Doc, 3),
            (_, true) => (PieceKind::ModuleDoc, 3),
            _ => (PieceKind::Comment, 2),
        };
        return (length, Some((kind, &line[mark..])));
    }
    if rest.starts_with("/*") {
        let length = end_of_comment(rest);
        return (length, Some((PieceKind::Comment, rest[..length].trim_matches(['/', '*']))));
    }
    let is_in_word = before.is_some_and(|before| before.is_alphanumeric() || before == '_');
    if !is_in_word && let Some((begin, end, length)) = raw_string(rest) {
        return (length, Some((PieceKind::Literal, &rest[begin..end])));
    }
    if rest.starts_with('"') {
        let end = end_of_string(rest);
        return ((end + 1).min(rest.len()), Some((PieceKind::Literal, &rest[1..end])));
    }
    (character(rest).unwrap_or_else(|| rest.chars().next().map_or(1, char::len_utf8)), None)
}

/// Returns the length of a comment that other comments can be nested in.
fn end_of_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(found) = rest[at..].find(['/', '*']) {
        at += found;
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// Returns where the content of a raw string begins and ends, and the length of the literal.
fn raw_string(rest: &str) -> Option<(usize, usize, usize)> {
    let marks = rest.trim_start_matches(['b', 'c']);
    let hashes = marks.strip_prefix('r')?.trim_start_matches('#');
    let begin = rest.len() - hashes.len() + 1;
    let count = marks.len() - hashes.len() - 1;
    if !hashes.starts_with('"') || rest.len() - marks.len() > 1 {
        return None;
    }
    let closing = format!("\"{}", "#".repeat(count));
    let end = rest[begin..].find(&closing).map_or(rest.len(), |end| begin + end);
    Some((begin, end, (end + closing.len()).min(rest.len())))
}

/// Returns where the quotation mark is that ends a string.
fn end_of_string(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            '"' if !is_escaped => return at,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    rest.len()
}

/// Returns the length of a literal for a character, if it is one and not a lifetime.
fn character(rest: &str) -> Option<usize> {
    static CHARACTER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^'(?:[^'\\\n]|\\(?:u\{[^}]*\}|x..|.))'").expect("the pattern is valid")
    });
    CHARACTER.find(rest).map(|found| found.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r##"//! A module.

/// The first line
/// goes on here.
///
/// ```
/// let code = "is not prose at all";
/// ```
#[derive(
    Debug
)]
pub(crate) struct Type<'a> {
    /// A field.
    field: &'a str, // Why it is here.
}

/// Returns it.
fn function(call: impl Fn(u8) -> u8) -> String {
    let quote = '"';
    let raw = r#"one two "three" // four"#;
    // A comment
    // of two lines.
    "one \"two\" three \
     four\n"
}

/// Does it.
async fn nothing(call: impl Fn(u8)) {}

/// States something.
#[tokio::test]
async fn test() {}
"##;

    #[test]
    fn comments_and_strings_are_found_and_code_is_not() {
        let found = paragraphs(SOURCE);
        let found: Vec<_> = found
            .iter()
            .map(|paragraph| (paragraph.line_at(0), paragraph.text(), paragraph.position))
            .collect();
        let first = Position::First;
        assert_eq!(
            found,
            [
                (1, "A module.", first(Item::Other)),
                (3, "The first line goes on here.", first(Item::Other)),
                (13, "A field.", first(Item::Other)),
                (14, "Why it is here.", Position::Other),
                (17, "Returns it.", first(Item::Function { returns: true })),
                (20, r#"one two "three" // four"#, Position::Literal),
                (21, "A comment of two lines.", Position::Other),
                (23, r#"one \"two\" three four"#, Position::Literal),
                (27, "Does it.", first(Item::Function { returns: false })),
                (30, "States something.", first(Item::Test)),
            ]
        );
    }

    #[test]
    fn a_result_is_told_from_the_arrows_of_arguments() {
        for (signature, has_result) in [
            ("fn a() {", false),
            ("pub(crate) fn a(b: u8) -> (u8, u8) {", true),
            ("fn a<F: Fn(u8) -> u8>(f: F) {", false),
            ("fn a(f: impl Fn(u8) -> u8) {", false),
            ("fn a<T>(b: &(u8, Vec<T>)) -> Result<()> {", true),
        ] {
            assert_eq!(returns(std::iter::once(signature)), has_result, "{signature}");
        }
    }

    #[test]
    fn comments_can_be_nested() {
        assert_eq!(end_of_comment("/* a /* b */ c */ d"), 17);
        assert_eq!(end_of_comment("/* a"), 4);
    }

    #[test]
    fn a_raw_identifier_is_not_a_string() {
        assert_eq!(raw_string("r#type"), None);
        assert_eq!(raw_string("br##\"a\"# b\"## c"), Some((5, 10, 13)));
    }
}
