//! What patterns match: the cases by which Docker's patternmatcher is tested, and some by which it
//! isn't.

use std::path::Path;

use crate::ignore_file::{FolderMatches, IgnoreFile};
use crate::pattern_error::PatternError;

#[track_caller]
fn check(patterns: &[&str], path: &str, expected: bool) {
    let ignore = IgnoreFile::parse(patterns.join("\n").as_bytes()).unwrap();
    assert_eq!(ignore.is_ignored(Path::new(path)), expected, "{patterns:?} on {path}");
}

#[test]
fn one_pattern_matches_what_it_matches_in_docker() {
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
        // One character, which may have many bytes.
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
        // What is special elsewhere.
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
fn an_exception_that_changed_nothing_for_a_folder_changes_nothing_below() {
    // When `a` is looked at, nothing has left it out yet.
    check(&["a/x", "!a"], "a/x", true);
    check(&["a", "!a"], "a/x", false);
}

#[test]
fn what_docker_hands_to_go_as_a_regular_expression_means_what_it_means_there() {
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
        // An alternative is one of the whole pattern, and without anything that makes it an
        // expression it is a name.
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
        // A repetition repeats the character before it, and other braces are themselves.
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
        // None of these would be a pattern if it stood at the beginning.
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
            // The complete path: a part of it may match as a folder.
            ignore.check(Path::new(path), &FolderMatches::default()).0
        };
        matched.iter().for_each(|path| assert!(matches(path), "{pattern:?} on {path:?}"));
        not_matched.iter().for_each(|path| assert!(!matches(path), "{pattern:?} on {path:?}"));
    }
}

#[test]
fn only_an_exception_that_begins_with_a_folder_is_looked_for_in_it() {
    let ignore = IgnoreFile::parse(b"*\n!a/b/c\n!*/x\nd").unwrap();
    for (folder, expected) in
        [("a", true), ("a/b", true), ("a/bc", false), ("d", false), ("x", false)]
    {
        assert_eq!(ignore.may_reinclude_below(Path::new(folder)), expected, "{folder}");
    }
}

#[test]
fn what_is_no_pattern_says_why() {
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
fn names_that_are_no_text_are_matched_byte_by_byte() {
    use std::os::unix::ffi::OsStrExt as _;
    let leaves_out = |pattern: &[u8], name: &[u8]| {
        let name = Path::new(std::ffi::OsStr::from_bytes(name));
        IgnoreFile::parse(pattern).unwrap().check(name, &FolderMatches::default()).0
    };
    assert!(leaves_out(b"\xe9t\xe9", b"\xe9t\xe9"));
    assert!(!leaves_out(b"\xe9t\xe9", b"\xe8t\xe8"));
    // Behind a `*` there is a regular expression, to which all bytes that are no text are the same.
    assert!(leaves_out(b"\xe9t*", b"\xe8t\xe8"));
    assert!(leaves_out(b"??", b"\xe2\x98"));
    assert!(!leaves_out(b"?", b"\xe2\x98"));
}
