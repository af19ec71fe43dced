//! Properties that hold for arbitrary ignore files.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::ignore_file::IgnoreFile;

fn parse(text: &str) -> IgnoreFile {
    IgnoreFile::parse(text.as_bytes()).unwrap()
}

fn paths() -> impl Strategy<Value = PathBuf> {
    "([a-c.é]{1,3}/){0,3}[a-c.é*]{1,3}"
        .prop_filter("names that are in folders", |path| {
            path.split('/').all(|part| !matches!(part, "." | ".."))
        })
        .prop_map(PathBuf::from)
}

/// Generates names without special characters.
fn names() -> impl Strategy<Value = String> {
    "[a-c]{1,2}(/[a-c]{1,2}){0,2}"
}

/// Generates lines that are valid patterns.
fn patterns() -> impl Strategy<Value = String> {
    "!?(([a-cé?*]{1,3}|\\*\\*|\\[\\^?[a-c]{1,2}\\])/){0,2}([a-cé?*]{1,3}|\\*\\*)"
}

fn files() -> impl Strategy<Value = String> {
    prop::collection::vec(patterns(), 0..6).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(384))]

    #[test]
    fn no_file_panics(text in prop::collection::vec(any::<u8>(), 0..64), path in paths()) {
        if let Ok(ignore) = IgnoreFile::parse(&text) {
            let _ = ignore.walk(&path);
            let _ = ignore.may_reinclude_below(&path);
        }
    }

    #[test]
    fn no_line_of_special_characters_panics(line in "[]\\[\\\\^:!?*/a-d.é|{}0-2, -]{0,12}", path in paths()) {
        if let Ok(ignore) = IgnoreFile::parse(line.as_bytes()) {
            let _ = ignore.walk(&path);
        }
    }

    #[test]
    fn a_file_without_patterns_ignores_nothing(text in "(#[^\n]{0,5}|[ \t\r]{0,3}\n){0,5}", path in paths()) {
        let text = text.replace('#', "\n#") + "\n";
        prop_assert!(!parse(&text).walk(&path).contains(&true), "{:?}", text);
    }

    #[test]
    fn a_file_with_only_exceptions_ignores_nothing(lines in prop::collection::vec(names(), 0..4), path in paths()) {
        let text: String = lines.iter().map(|line| format!("!{line}\n")).collect();
        prop_assert!(!parse(&text).walk(&path).contains(&true));
    }

    #[test]
    fn an_exception_from_everything_re_includes_a_path_and_what_is_below(name in names(), path in paths()) {
        let ignore = parse(&format!("*\n!{name}"));
        for path in [&path, &Path::new(&name).join(&path), Path::new(&name)] {
            let is_left_out = ignore.walk(path).pop();
            prop_assert_eq!(is_left_out, Some(!path.starts_with(&name)), "{}", path.display());
        }
        for folder in Path::new(&name).ancestors().skip(1).filter(|folder| *folder != Path::new("")) {
            prop_assert!(ignore.may_reinclude_below(folder));
        }
    }

    #[test]
    fn a_last_line_that_matches_everything_decides(text in files(), path in paths()) {
        let (nothing, everything) = (format!("{text}\n**"), format!("{text}\n!**"));
        prop_assert!(!parse(&nothing).walk(&path).contains(&false));
        prop_assert!(!parse(&everything).walk(&path).contains(&true));
    }

    #[test]
    fn equivalent_spellings_of_a_line_have_the_same_effect(lines in prop::collection::vec(patterns(), 1..5), path in paths()) {
        let expected = parse(&lines.join("\n")).walk(&path);
        let rewritten = |change: &dyn Fn(&str, &str) -> String| {
            let change = |line: &String| match line.strip_prefix('!') {
                Some(pattern) => change("!", pattern),
                None => change("", line),
            };
            parse(&lines.iter().map(change).collect::<Vec<_>>().join("\n")).walk(&path)
        };
        prop_assert_eq!(&rewritten(&|mark, pattern| format!("{mark}{pattern}/")), &expected);
        prop_assert_eq!(&rewritten(&|mark, pattern| format!("{mark}/{pattern}")), &expected);
        prop_assert_eq!(&rewritten(&|mark, pattern| format!("{mark}./x/..//{pattern}")), &expected);
        prop_assert_eq!(&rewritten(&|mark, pattern| format!(" {mark}\t{pattern} \r")), &expected);
        prop_assert_eq!(&rewritten(&|mark, pattern| format!("#x\n\n{mark}{pattern}")), &expected);
    }

    #[test]
    fn repeating_a_line_has_no_effect(lines in prop::collection::vec(patterns(), 1..5), path in paths()) {
        let twice: Vec<String> = lines.iter().map(|line| format!("{line}\n{line}")).collect();
        prop_assert_eq!(parse(&twice.join("\n")).walk(&path), parse(&lines.join("\n")).walk(&path));
    }

    #[test]
    fn without_exceptions_everything_below_an_ignored_folder_is_ignored(text in files(), path in paths()) {
        let ignore = parse(&text.replace('!', ""));
        prop_assert!(ignore.walk(&path).is_sorted());
        prop_assert!(!ignore.may_reinclude_below(&path));
    }
}
