//! The README and the book: every command in a `console` block runs, and prints what the page
//! shows.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;

use crate::command::{Place, binary};
use crate::http::Images;

/// A command of a page, and the output that the page shows.
struct Example {
    command: String,
    printed: Vec<String>,
}

/// Reads the examples of a page.
fn examples(page: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut is_inside = false;
    for line in page.lines() {
        if let Some(language) = line.strip_prefix("```") {
            assert!(
                !matches!(language, "sh" | "bash" | "shell"),
                "blocks of `{language}` are not run: use `console`, or `text` if the commands cannot run"
            );
            is_inside = language == "console";
        } else if is_inside {
            match (line.strip_prefix("$ "), examples.last_mut()) {
                (Some(command), _) => {
                    examples.push(Example { command: command.to_owned(), printed: Vec::new() });
                }
                (None, Some(example)) => example.printed.push(line.to_owned()),
                (None, None) => panic!("{line}: no command precedes this output"),
            }
        }
    }
    examples
}

/// Returns the lines of a text without the parts that differ between runs.
fn settled(text: &str) -> Vec<String> {
    let mut text = text.to_owned();
    for (pattern, replacement) in [
        (r"(_|\b)[0-9a-f]{12}(?:[0-9a-f]{52})?\b", "${1}ID"),
        (r"\b\d+(?:\.\d+)? [kMG]?B\b", "SIZE"),
        (r"\b(?:just now|\d+ \w+ ago)", "AGO"),
        (r"[ \t]+", " "),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, replacement).into_owned();
    }
    let lines = text.lines().map(|line| line.trim().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// Returns `true` if the output matches the lines of a page, in which `…` stands for any number of
/// lines, but not for the exit code of a failure.
fn shows(expected: &[String], printed: &[String]) -> bool {
    let failure = printed.last().filter(|line| line.starts_with("[exit "));
    fits(expected, printed) && (failure.is_none() || failure == expected.last())
}

fn fits(expected: &[String], printed: &[String]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line == "…" => {
            (0..=printed.len()).any(|start| fits(rest, &printed[start..]))
        }
        Some((line, rest)) => printed.first() == Some(line) && fits(rest, &printed[1..]),
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Returns all pages.
fn pages() -> Vec<PathBuf> {
    let root = repository();
    let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> =
        docs.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect();
    pages.push(root.join("README.md"));
    pages.sort();
    pages
}

/// Returns the files below a folder that a fresh clone of the repository has.
fn files_of_a_clone(folder: &str) -> Vec<String> {
    let mut git = Command::new("git");
    let list = sealift_testing::output_of(git.args(["ls-files", folder]).current_dir(repository()));
    list.lines().map(str::to_owned).collect()
}

/// Copies the build contexts of the pages into a place, as a fresh clone has them.
fn prepare(place: &Place, names: &dyn Fn(&str) -> String) {
    let root = place.dir.path();
    for file in files_of_a_clone("examples/hello") {
        let copy = root.join(names(&file));
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        let text = std::fs::read_to_string(repository().join(&file)).unwrap();
        std::fs::write(copy, names(&text)).unwrap();
    }
    let web = root.join(names("services/web"));
    std::fs::create_dir_all(&web).unwrap();
    std::fs::write(web.join("Dockerfile"), "FROM scratch\nCOPY page /\n").unwrap();
    std::fs::write(web.join("page"), "one").unwrap();
}

fn run(page: &Path, host: &str) -> Result<usize, String> {
    let stem = page.file_stem().unwrap().to_str().unwrap().to_lowercase();
    let prefix = format!("sealift-test-book-{stem}");
    let image = Regex::new(r"\b(hello|web|api)(_|\b)").unwrap();
    // The engine may have other images with these names, which must stay.
    let names = |text: &str| image.replace_all(text, format!("{prefix}-$1$2")).into_owned();
    let (hello, web) = (names("hello"), names("web"));
    let images = [Images { host, name: &hello }, Images { host, name: &web }];
    let place = Place::with_engine(host);
    prepare(&place, &names);
    let examples = examples(&std::fs::read_to_string(page).unwrap());
    for Example { command, printed } in &examples {
        if command.contains("# on another machine") {
            images.iter().for_each(Images::remove);
        }
        // The output as it appears on a terminal: both streams in their order, and the exit code.
        let mut shell = Command::new("sh");
        let script = format!(
            "{{ {}\n}} 2>&1; code=$?; [ $code = 0 ] || echo \"[exit $code]\"",
            names(command)
        );
        let path = std::env::var("PATH").unwrap();
        shell.args(["-c", &script]).current_dir(place.dir.path()).env("DOCKER_HOST", host);
        // The home is empty, so that no toolchain is found in it.
        let cargo = PathBuf::from(std::env::var_os("CARGO").expect("cargo runs the tests"));
        let programs = [binary(), cargo].map(|file| file.parent().unwrap().display().to_string());
        shell.env("PATH", format!("{}:{path}", programs.join(":")));
        shell.env("HOME", place.dir.path()).env("COLUMNS", "80");
        for name in ["SEALIFT_DIR", "ARTIFACTS_DIR", "DOCKER_CONTEXT", "DOCKER_CONFIG"] {
            shell.env_remove(name);
        }
        let output = sealift_testing::output_of(&mut shell);
        let expected = settled(&names(&printed.join("\n")));
        let said = settled(&output);
        if !shows(&expected, &said) {
            return Err(format!(
                "$ {command}\nprints:\n{}\nbut the page shows:\n{}",
                said.join("\n"),
                expected.join("\n")
            ));
        }
    }
    Ok(examples.len())
}

#[test]
fn an_ellipsis_matches_any_lines() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (expected, printed, is_fit) in [
        ("a\n…", "a\nb\nc", true),
        ("a\n…\nc", "a\nc", true),
        ("…\nc", "a\nb\nc", true),
        ("a\nc", "a\nb\nc", false),
        ("a\n…", "b", false),
        ("", "a", false),
        ("…", "error: no\n[exit 3]", false),
        ("…\n[exit 3]", "error: no\n[exit 3]", true),
    ] {
        assert_eq!(shows(&lines(expected), &lines(printed)), is_fit, "{expected:?} {printed:?}");
    }
}

mod on_engine {
    use super::*;

    #[test]
    fn every_example_prints_what_its_page_shows() {
        let Some(engine) = sealift_testing::engine("docker") else { return };
        let (mut count, mut wrong) = (0, String::new());
        for page in pages() {
            match run(&page, &engine.host) {
                Ok(examples) => count += examples,
                Err(reason) => writeln!(wrong, "{}: {reason}\n", page.display()).unwrap(),
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
        assert!(count > 20, "only {count} examples were found");
    }
}
