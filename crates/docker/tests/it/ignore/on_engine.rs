//! Compares the context with the one that the docker CLI sends, and with what an engine sees of it.

use std::fs;
use std::process::Command;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use sealift_docker::{BuildRequest, ContextError, Failure, PatternError};

use crate::folders::{lines, make, nodes};
use crate::received::{Entry, Received, Recorder, names};

/// The number of folders that are compared.
const FOLDERS: usize = 256;

/// Returns `true` if there is a docker CLI to compare with. Without one, the test counts as one
/// without an engine.
pub(crate) fn has_cli() -> bool {
    let version = Command::new("docker").arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version = version.unwrap_or_default();
    let number = version.trim_start_matches("Docker version ").split('.').next();
    // Older versions had another matcher.
    if number.and_then(|number| number.parse().ok()).is_none_or(|number: u32| number < 23) {
        report(&format!("skipped: no `docker` of 23 or later is on PATH: {version:?}"));
        return false;
    }
    // The test sends nothing to the engine, so it need not wait for its turn.
    sealift_testing::engine("docker").is_some()
}

#[expect(clippy::print_stderr, reason = "a skipped test must be seen in its output")]
fn report(line: &str) {
    eprintln!("{line}");
}

/// Returns the reason why a pattern was refused.
fn refused(error: sealift_docker::Error) -> (String, PatternError) {
    let words = crate::chain(&error);
    match error.into_failure() {
        Failure::Context(ContextError::Pattern { source, .. }) => (words, source),
        failure => panic!("{failure}"),
    }
}

#[tokio::test]
async fn the_same_files_are_sent_as_by_the_docker_cli() {
    if !has_cli() {
        return;
    }
    let recorder = Recorder::start();
    let mut runner = TestRunner::deterministic();
    let (mut compared, mut refused_by_both, mut refused_by_us, mut left_out) = (0, 0, 0, 0);
    while compared < FOLDERS {
        let (nodes, lines) = (nodes(), lines()).new_tree(&mut runner).unwrap().current();
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), &nodes, &mut None);
        if !folder.path().join("Dockerfile").is_file() {
            let _ = fs::remove_dir_all(folder.path().join("Dockerfile"));
            let _ = fs::remove_file(folder.path().join("Dockerfile"));
            fs::write(folder.path().join("Dockerfile"), "FROM scratch\n").unwrap();
        }
        let all = recorder.build(BuildRequest::new(folder.path(), "web:1")).await.unwrap();
        fs::write(folder.path().join(".dockerignore"), lines.join("\n")).unwrap();

        let ours = recorder.build(BuildRequest::new(folder.path(), "web:1")).await;
        let theirs = recorder.build_by_cli(folder.path(), "Dockerfile").await;
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                assert_eq!(ours.entries(), theirs.entries(), "{lines:#?}\n{nodes:#?}");
                assert_eq!(ours.dockerfile(), theirs.dockerfile());
                left_out += all.entries().len() + 1 - ours.entries().len();
                compared += 1;
            }
            (Err(_), Err(_)) => refused_by_both += 1,
            // Go does not compile a regular expression before it is needed.
            (Err(error), Ok(_)) => {
                let (words, error) = refused(error);
                let is_late = matches!(
                    error,
                    PatternError::BadEscape(_)
                        | PatternError::BadClass
                        | PatternError::BadRepetition(_)
                        | PatternError::OpenClass
                );
                assert!(is_late, "{words}\n{lines:#?}");
                refused_by_us += 1;
            }
            (Ok(_), Err(words)) => {
                panic!("the docker CLI refuses what we send: {words}\n{lines:#?}")
            }
        }
    }
    println!(
        "{compared} folders compared: {left_out} entries left out; {refused_by_both} more refused by both, \
         {refused_by_us} by us alone"
    );
    assert!(left_out > FOLDERS && refused_by_both > 5 && refused_by_us * 10 < compared);
}

/// Covers a Dockerfile in lower case, and one outside of the context.
#[tokio::test]
async fn the_same_dockerfile_is_found_as_by_the_docker_cli() {
    if !has_cli() {
        return;
    }
    let recorder = Recorder::start();
    for (name, asked, ignore) in [
        ("dockerfile", None, Some("dockerfile\n")),
        ("../Dockerfile.prod", Some("../Dockerfile.prod"), None),
        ("../Dockerfile.prod", Some("../Dockerfile.prod"), Some("a\n")),
        ("../Dockerfile.prod", Some("link"), Some("link\n")),
    ] {
        let around = tempfile::tempdir().unwrap();
        let context = around.path().join("context");
        fs::create_dir(&context).unwrap();
        fs::write(context.join(name), "FROM scratch\n").unwrap();
        for file in ["a", "b"] {
            fs::write(context.join(file), "").unwrap();
        }
        std::os::unix::fs::symlink("../Dockerfile.prod", context.join("link")).unwrap();
        if let Some(text) = ignore {
            fs::write(context.join(".dockerignore"), text).unwrap();
        }
        let mut request = BuildRequest::new(&context, "web:1");
        request.dockerfile = asked.map(str::to_owned);
        let ours = recorder.build(request).await.unwrap();
        let theirs = recorder.build_by_cli(&context, asked.unwrap_or_default()).await.unwrap();
        let settled = |received: &Received| {
            let random = received.dockerfile();
            let lines = |entry: Entry| {
                let name = entry.name.replace(&random, "DOCKERFILE");
                let text = String::from_utf8(entry.content).unwrap().replace(&random, "DOCKERFILE");
                let lines: Vec<String> =
                    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
                (name, lines)
            };
            let mut entries: Vec<_> = received.entries().into_iter().map(lines).collect();
            entries.sort();
            entries
        };
        assert_eq!(settled(&ours), settled(&theirs), "{asked:?} {ignore:?}");
    }
}

#[tokio::test]
async fn unusual_patterns_match_as_in_the_docker_cli() {
    if !has_cli() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for name in [
        "Dockerfile",
        "a",
        "b",
        "a1",
        "ab",
        "ax",
        "a-",
        "a$",
        "a]",
        "a\nb",
        "a\tb",
        "a b",
        " a",
        "[]",
        "^/b",
        "^a",
        "!a",
        "!",
        "#a",
        "\u{feff}a",
        "::",
        "1/a",
        "d/a\nb/c",
        "d/d/c",
        "d/d/d/c",
        "é/é",
        "a\\",
        "$",
        "x.y",
        "xzy",
        "a|b",
        "|",
        "aa",
        "aab",
        "a{2}",
        "a{2}b",
        "{a,b}",
        "{",
        "d/aa",
        "*",
        "**/a",
        "?",
        "sub/Dockerfile",
        "sub/a",
    ] {
        let file = path.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, name).unwrap();
    }
    let recorder = Recorder::start();
    for lines in [
        "",
        "/",
        ".",
        "./",
        "..",
        "../a",
        "!../../a",
        "a/../../a",
        "/..//a",
        "//a",
        "/ a",
        "a /",
        "/!a",
        "./!a",
        "/#a",
        "a\n!/!a",
        "a\n! !a",
        "#a",
        " #a",
        "\u{feff}#a",
        "\u{feff}a",
        "x\n\u{feff}a",
        "x\n\u{feff}a?",
        "x\n\u{feff}**",
        "*",
        "**",
        "***",
        "*\n!d",
        "*\n!d/d",
        "*\n!d/*",
        "*\n!*/d",
        "*\n!**/c",
        "**\n!**/c",
        "d\n!d/d\nd/d/d",
        "d/d\n!d",
        "d/x\n!d",
        "d/**\n!d/d/c",
        "d/**/c",
        "d**",
        "d**c",
        "**d",
        "**/d",
        "**/d/**",
        "**/d/c",
        "d/?/c",
        "?/?/?",
        "a*b",
        "a?b",
        "**/a*b/c",
        "a.b",
        "**b",
        "d/**\n!**b/c",
        "[]",
        "\\[]",
        "[[]]",
        "[[]*",
        "[*]",
        "[?]",
        "a[*]b",
        "[^a]*",
        "[^]]",
        "[!a]",
        "[a-]",
        "a*[a-]",
        "a*[x-]",
        "a*[]x]",
        "a*[",
        "a*[b",
        "a*\\",
        "a*b\\",
        "a\\",
        "a\\\\",
        "[a\\]",
        "[\\]",
        "[\\]]",
        "[z-a]",
        "[[:alpha:]]",
        "[[:alpha:]]1",
        "[[:^alpha:]]",
        "[[:x:]]",
        "[[:]",
        "[:]:",
        "[a&&b]",
        "[a~~b]",
        "[a[b]]",
        "[^[:alpha:]]",
        "\\a",
        "\\d",
        "a\\d",
        "a\\D",
        "a\\w",
        "a\\s*",
        "a\\t?",
        "a\\nb",
        "[\\d]",
        "a[\\d\\-]",
        "a\\b",
        "\\ba",
        "\\Aa",
        "a\\z",
        "a\\B1",
        "\\$",
        "\\*",
        "*\\*",
        "\\**",
        "\\?",
        "^a",
        "^a*",
        "^*",
        "*^",
        "a^*",
        "$",
        "*$",
        "x.y",
        "x.?",
        "(a|b)*",
        "{a,b}*",
        "a|b",
        "a|b*",
        "*|b",
        "|*",
        "?|",
        "a*||b",
        "d/?|x",
        "[a|]*",
        "[a|b",
        "**|b",
        "**/a|b",
        "**/a|b*",
        "a\\|*",
        "*\n!a|b?",
        "a{2}",
        "a{2}*",
        "a{2}?",
        "a{1,2}?",
        "a{1,}?",
        "a{0}?",
        "{2}?",
        "^{2}?",
        "?{2}",
        "[ab]{2}",
        "[ab]{2,3}|x",
        "a*{2}",
        "?{2}{3}",
        "a|{2}*",
        "**/{2}a",
        "a**/{2}a",
        "a{1000}*",
        "a{1001}*",
        "a{3,2}*",
        "a{99999999999}*",
        "a{02}*",
        "a{,2}*",
        "a{}*",
        "a{2*",
        "a{2,*",
        "a}*",
        "{*",
        "a\\{2}*",
        "a\\{2\\}*",
        "\\b{2}a*",
        "[[:alpha:]]{2}",
        "a+*",
        "é",
        "**/é",
        "[é]",
        "[à-ü]",
        "?\n!?",
        "a\r\nb\r",
        "a\u{a0}",
        "\u{2003}a\u{3000}",
        "a\u{200b}",
        "!",
        "! ",
        "!/",
        "!.",
        "!!a",
        "*\n!!",
        "Dockerfile",
        ".dockerignore",
        "*ile\n*ignore",
        "sub",
        "sub\n!sub/a",
        "**/Dockerfile",
    ] {
        fs::write(path.join(".dockerignore"), lines).unwrap();
        for dockerfile in ["Dockerfile", "sub/Dockerfile"] {
            let mut request = BuildRequest::new(path, "web:1");
            request.dockerfile = Some(dockerfile.to_owned());
            let ours = recorder.build(request).await;
            let theirs = recorder.build_by_cli(path, dockerfile).await;
            match (ours, theirs) {
                (Ok(ours), Ok(theirs)) => {
                    let (mut ours, theirs) = (names(&ours), names(&theirs));
                    // The docker CLI decides by another matcher whether to send the Dockerfile, and
                    // that one misses some ignored folders. Its build then fails because there is
                    // no Dockerfile.
                    if !theirs.iter().any(|name| name == dockerfile) {
                        ours.retain(|name| name != dockerfile);
                    }
                    assert_eq!(ours, theirs, "{lines:?} with {dockerfile}");
                }
                (Err(_), Err(_)) => {}
                (ours, theirs) => panic!("{lines:?}: {:?}, {:?}", ours.is_ok(), theirs.is_ok()),
            }
        }
    }
}
