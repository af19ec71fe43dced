//! Examples of patterns: the test cases of Docker's patternmatcher, and further ones.

use std::path::Path;

use crate::ignore_file::{FolderMatches, IgnoreFile};
use crate::pattern_error::PatternError;

#[track_caller]
fn check(patterns: &[&str], path: &str, expected: bool) {
    let ignore = IgnoreFile::parse(patterns.join("\n").as_bytes()).unwrap();
    assert_eq!(ignore.is_ignored(Path::new(path)), expected, "{patterns:?} on {path}");
}

#[test]
fn a_single_pattern_matches_like_in_docker() {
    for (pattern, matched, not_matched) in [
        // Everything.
        ("**", &["file", "dir/file"][..], &[][..]),
        ("**/", &["file", "dir/file"], &[]),
        ("**/**", &["dir/file"], &[]),
        // Everything below a folder, but not the folder.
        ("dir/**", &["dir/file", "dir/dir2/file"], &[]),
        ("abc/**", &["abc/def", "abc/def/ghi"], &["abc"]),
        // At any depth.
        ("**/dir", &["dir", "dir/file"], &[]),
        ("**/dir2/*", &["dir/dir2/file"], &[]),
        ("**/dir2/**", &["dir/dir2/dir3/file"], &[]),
        ("**file", &["file", "dir/file", "dir/dir/file"], &[]),
        ("**/file", &["dir/file", "dir/dir/file"], &[]),
        ("**/file*", &["dir/dir/file", "dir/dir/file.txt"], &[]),
        ("**/file*txt", &["dir/dir/file.txt"], &[]),
        ("**/file*.txt", &["dir/dir/file.txt"], &[]),
        ("**/file*.txt*", &["dir/dir/file.txt"], &[]),
        ("**/**/*.txt", &["dir/dir/file.txt", "file.txt"], &[]),
        ("**/**/*.txt2", &[], &["dir/dir/file.txt"]),
        ("**/*.txt", &["file.txt"], &[]),
        ("**/foo/bar", &["foo/bar", "dir/foo/bar", "dir/dir2/foo/bar"], &[]),
        ("**/.foo", &[".foo"], &["bar.foo"]),
        ("a**/*.txt", &["a/file.txt", "a/dir/file.txt", "a/dir/dir/file.txt"], &[]),
        // At one depth.
        ("a/*.txt", &["a/file.txt"], &["a/dir/file.txt"]),
        ("a/*.txt**", &["a/file.txt"], &[]),
        ("*", &["abc", "fileutils.go"], &[]),
        ("*c", &["abc"], &[]),
        ("*.go", &["fileutils.go"], &[]),
        ("*x", &["xxx"], &[]),
        ("a*", &["a", "abc", "ab/c"], &[]),
        ("a*b", &[], &["a/b"]),
        ("a*/b", &["abc/b"], &["a/c/b"]),
        (
            "a*b*c*d*e*/f",
            &["axbxcxdxe/f", "axbxcxdxexxx/f"],
            &["axbxcxdxe/xxx/f", "axbxcxdxexxx/fff"],
        ),
        ("a*b?c*x", &["abxbbxdbxebxczzx"], &["abxbbxdbxebxczzy"]),
        (".*", &[".foo"], &["foo"]),
        ("dist/*.whl", &["dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl"], &[]),
        // One character, which can have several bytes.
        ("abc?def", &["abcZdef"], &["abcdef"]),
        ("a?b", &["a☺b"], &["a/b"]),
        ("a???b", &[], &["a☺b"]),
        // Classes.
        ("a[b-d]e", &["ace"], &["ae", "aae"]),
        ("a[^b-d]e", &["aze"], &[]),
        ("ab[c]", &["abc"], &[]),
        ("ab[b-d]", &["abc"], &[]),
        ("ab[e-g]", &[], &["abc"]),
        ("ab[^c]", &[], &["abc"]),
        ("ab[^b-d]", &[], &["abc"]),
        ("ab[^e-g]", &["abc"], &[]),
        ("a[^a]b", &["a☺b"], &[]),
        ("a[^a][^a][^a]b", &[], &["a☺b"]),
        ("[a-ζ]*", &["α"], &[]),
        ("*[a-ζ]", &[], &["A"]),
        ("[\\]a]", &["]"], &[]),
        ("[\\-]", &["-"], &[]),
        ("[x\\-]", &["x", "-"], &["z"]),
        ("[\\-x]", &["x", "-"], &["a"]),
        // Characters that are special in regular expressions.
        ("abc", &["abc"], &[]),
        ("abc.def", &["abc.def"], &["abcdef", "abcZdef"]),
        ("a(b)c/def", &["a(b)c/def"], &["a(b)c/xyz"]),
        ("a.|)$(}+{bc", &["a.|)$(}+{bc"], &[]),
        (
            "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl",
            &["dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl"],
            &[],
        ),
        // Escapes.
        ("a\\\\", &["a\\"], &[]),
        ("a\\*b", &["a*b"], &["ab"]),
    ] {
        matched.iter().for_each(|path| check(&[pattern], path, true));
        not_matched.iter().for_each(|path| check(&[pattern], path, false));
    }
}

#[test]
fn the_last_pattern_that_matches_decides() {
    let wheel = "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl";
    for (patterns, path, expected) in [
        (&[][..], "any/path/there", false),
        (&["!fileutils.go", "*.go"], "fileutils.go", true),
        (&["*.go", "!fileutils.go"], "fileutils.go", false),
        (&["docs", "!docs/README.md"], "docs/README.md", false),
        (&["docs/", "!docs/README.md"], "docs/README.md", false),
        (&["docs/*", "!docs/README.md"], "docs/README.md", false),
        (&["docs", "  !docs/README.md"], "docs/README.md", false),
        (&["docs", "!docs/README.md  "], "docs/README.md", false),
        (&["docs", "config", ""], "config", true),
        (&["**", "!util/docker/web"], "util/docker/web/foo", false),
        (&["**", "!util/docker/web", "util/docker/web/foo"], "util/docker/web/foo", true),
        (&["**", &format!("!{wheel}")], wheel, false),
        (&["**", "!dist/*.whl"], wheel, false),
    ] {
        check(patterns, path, expected);
    }
}

#[test]
fn an_exception_without_effect_on_a_folder_has_no_effect_below_it() {
    // When `a` is checked, no pattern has ignored it, so the exception is not evaluated.
    check(&["a/x", "!a"], "a/x", true);
    check(&["a", "!a"], "a/x", false);
}

#[test]
fn regular_expressions_have_the_meaning_that_they_have_in_go() {
    for (pattern, matched, not_matched) in [
        ("a[^b]c", &["a/c"][..], &["abc"][..]),
        ("[[:alpha:]]1", &["a1"], &["[1", ":1"]),
        ("[[:^digit:]]x", &["ax"], &["1x"]),
        ("a\\d", &["a1"], &["ad"]),
        ("a[\\d\\W]", &["a1", "a-"], &["ad"]),
        ("a\\tb", &["a\tb"], &["atb"]),
        ("a\\bb", &[], &["ab", "a\\bb"]),
        ("a\\_b", &["a_b"], &[]),
        ("^a", &["^a"], &["a"]),
        ("^a*", &["ab"], &["^ab"]),
        ("a^*", &[], &["a^b"]),
        ("[*]", &["^/]", "[]"], &["*"]),
        ("[?]", &["[]", "^]"], &["?"]),
        ("[a&&b~~c]", &["&", "~", "a"], &["e"]),
        ("[!a]", &["!", "a"], &["b"]),
        // An alternative is one of the complete pattern. A pattern with `|` that does not become a
        // regular expression for another reason is a name.
        ("a|b", &["a|b"], &["a", "b"]),
        ("a|b*", &["a", "ab", "abc", "b", "bc"], &["c", "cbd/e"]),
        ("a*|b", &["a", "ax", "ax/y", "b", "xb"], &["x", "bx"]),
        ("x|*", &["x", "y", "xy/z", "z/y"], &[]),
        ("a?|", &["ab", "", "c", "c/d"], &[]),
        ("[a|]", &["|", "a"], &["[a|]"]),
        ("**/a|b", &["a|b", "x/a|b"], &["a", "x/a", "b"]),
        ("**/a|b?", &["a", "x/a", "x/ay", "bx", "xbx"], &["x", "y/b/cd"]),
        ("**|b", &["|b", "x|b"], &["b", "x"]),
        ("a\\|?", &["a|b"], &["a", "b"]),
        // A repetition applies to the character before it. Other braces are literal.
        ("a{2}", &["a{2}"], &["aa"]),
        ("a{2}?", &["aab"], &["a{2}b", "aaab", "ab"]),
        ("*.t{1,2}x", &["b.tx", "b.ttx"], &["b.t{1,2}x", "b.tttx"]),
        ("[ab]{2,}", &["ab", "bab"], &["a", "a{2,}"]),
        ("é{0}*", &["", "b"], &["b/c"]),
        ("?{3}", &["abc"], &["ab", "a{3}", "abcd"]),
        ("{2}*", &["", "x", "{2}x"], &["x/y"]),
        ("\\{2}*", &["{2}", "{2}x"], &["{{"]),
        ("a\\{2\\}*", &["a{2}", "a{2}b"], &["aa"]),
        ("{a,b}*", &["{a,b}", "{a,b}c"], &["a", "b"]),
        ("a{,2}*", &["a{,2}"], &["aa"]),
        ("a{02}*", &["a{02}"], &["aa"]),
        ("a{}*", &["a{}", "a{}b"], &["a"]),
        ("a{2*", &["a{2", "a{2}"], &["aa"]),
        ("a}*", &["a}", "a}b"], &["a"]),
        // Each of these would be invalid at the start of a pattern, where it is checked.
        ("a*[x-]", &["ax", "a-"], &["ay"]),
        ("a*[]x]", &["a]", "ax"], &["ay"]),
        ("a*[-x]", &["a-"], &["ay"]),
        ("a*\\", &["a$", "ab$c"], &["a", "a\\"]),
        ("a*\nb", &["b"], &[]),
        ("a?\u{feff}", &["ax\u{feff}"], &[]),
        ("x\n\u{feff}y*", &["yz"], &["\u{feff}yz"]),
    ] {
        let ignore = IgnoreFile::parse(pattern.as_bytes()).unwrap();
        let matches = |path: &str| {
            // The path is checked alone, because one of its folders could also match.
            ignore.check(Path::new(path), &FolderMatches::default()).0
        };
        matched.iter().for_each(|path| assert!(matches(path), "{pattern:?} on {path:?}"));
        not_matched.iter().for_each(|path| assert!(!matches(path), "{pattern:?} on {path:?}"));
    }
}

#[test]
fn only_an_exception_that_starts_with_a_folder_can_re_include_below_it() {
    let ignore = IgnoreFile::parse(b"*\n!a/b/c\n!*/x\nd").unwrap();
    for (folder, expected) in
        [("a", true), ("a/b", true), ("a/bc", false), ("d", false), ("x", false)]
    {
        assert_eq!(ignore.may_reinclude_below(Path::new(folder)), expected, "{folder}");
    }
}

#[test]
fn invalid_patterns_are_refused_with_the_reason() {
    use PatternError::{BadClass, BadEscape, BadRepetition, Nothing, NothingEscaped, OpenClass};
    let repetition = |text: &str| BadRepetition(text.to_owned());
    for (pattern, expected) in [
        ("!", Nothing),
        ("!/", Nothing),
        ("/!", Nothing),
        ("[", OpenClass),
        ("a[", OpenClass),
        ("[^", OpenClass),
        ("[^bc", OpenClass),
        ("![a", OpenClass),
        ("[[:alpha:]", OpenClass),
        ("a*[b", OpenClass),
        ("[]a]", BadClass),
        ("[-]", BadClass),
        ("[x-]", BadClass),
        ("[-x]", BadClass),
        ("[a-b-c]", BadClass),
        (".*[x-]", BadClass),
        ("[^a]*[x-]", BadClass),
        ("?*[x-]", BadClass),
        ("*\\.*[x-]", BadClass),
        ("[z-a]", BadClass),
        ("[[:nothing:]]", BadClass),
        ("\\", NothingEscaped),
        ("a/b\\", NothingEscaped),
        ("src\\queue", BadEscape('q')),
        ("a\\1", BadEscape('1')),
        ("a\\é", BadEscape('é')),
        ("[\\b]", BadEscape('b')),
        ("a*{2}", repetition("{2}")),
        ("x**/{2}a", repetition("{2}")),
        ("?{2}{3}", repetition("{3}")),
        ("a?|{2}", repetition("{2}")),
        ("a{1001}*", repetition("{1001}")),
        ("a{3,2}*", repetition("{3,2}")),
        ("a{99999999999}*", repetition("{99999999999}")),
    ] {
        let text = format!("first\n\n{pattern}\n");
        let error = IgnoreFile::parse(text.as_bytes()).unwrap_err();
        assert_eq!((error.line(), error.kind()), (3, &expected), "{pattern}");
    }
    let error = IgnoreFile::parse("a".repeat(1 << 16).as_bytes()).unwrap_err();
    assert_eq!((error.kind(), error.pattern().len()), (&PatternError::TooLong, 203));
    let error = IgnoreFile::parse(b"[\xff]").unwrap_err();
    assert_eq!((error.kind(), error.pattern()), (&BadClass, "[\u{fffd}]"));
}

#[test]
fn names_that_are_not_text_are_matched_byte_by_byte() {
    use std::os::unix::ffi::OsStrExt as _;
    let leaves_out = |pattern: &[u8], name: &[u8]| {
        let name = Path::new(std::ffi::OsStr::from_bytes(name));
        IgnoreFile::parse(pattern).unwrap().check(name, &FolderMatches::default()).0
    };
    assert!(leaves_out(b"\xe9t\xe9", b"\xe9t\xe9"));
    assert!(!leaves_out(b"\xe9t\xe9", b"\xe8t\xe8"));
    // A `*` makes the pattern a regular expression, for which all bytes that are not text are
    // equal.
    assert!(leaves_out(b"\xe9t*", b"\xe8t\xe8"));
    assert!(leaves_out(b"??", b"\xe2\x98"));
    assert!(!leaves_out(b"?", b"\xe2\x98"));
}
