//! Output that cannot be written is an error of every command in every format. A closed pipe is not
//! an error.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::process::Stdio;

use sealift_testing::layouts::{Image, pack};

use crate::command::{Place, Said, commands_of};
use crate::fake_engine::{FakeEngine, Load, Save, shown};

/// The engine that a case needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// An engine that has the image.
    Image,
    /// An engine that has no image yet.
    Empty,
}

use Needs::{Empty, Image as Has, Nothing};

/// Calls that print on standard output and succeed, each command at least once.
const CASES: &[(&[&str], Needs)] = &[
    (&[], Nothing),
    (&["--json"], Nothing),
    (&["--help"], Nothing),
    (&["-h"], Nothing),
    (&["--version"], Nothing),
    (&["help"], Nothing),
    (&["help", "name", "tag"], Nothing),
    (&["help", "options"], Nothing),
    (&["options"], Nothing),
    (&["version"], Nothing),
    (&["version", "--json"], Nothing),
    (&["build", "web:1.0.0.1", "context", "--builder", "classic"], Has),
    (&["build", "web:1.0.0.1", "context", "--builder", "classic", "--json"], Has),
    (&["build", "web:1.0.0.1", "context", "--builder", "classic", "-q"], Has),
    (&["build", "web:1.0.0.1", "context", "--builder", "classic", "--update"], Has),
    (&["build", "web:1.0.0.1", "context", "--builder", "classic", "--update", "--json"], Has),
    (&["update", "web:1.0.0.1"], Has),
    (&["update", "web:1.0.0.1", "--json"], Has),
    (&["update", "web:1.0.0.1", "--compress", "--clean"], Has),
    (&["update", "web:1.0.0.1", "--dry-run"], Has),
    (&["update", "web:1.0.0.1", "--dry-run", "--json"], Has),
    (&["list"], Nothing),
    (&["list", "--color", "always"], Nothing),
    (&["list", "w*", "--sort", "size", "--columns", "path"], Nothing),
    (&["list", "--json=lines"], Nothing),
    (&["list", "web", "--latest", "--json"], Nothing),
    (&["list", "./published"], Nothing),
    (&["list", "./published", "--json"], Nothing),
    (&["show", "web"], Nothing),
    (&["show", "web", "--json"], Nothing),
    (&["diff", "web:0.9.0.1", "web"], Nothing),
    (&["diff", "web:0.9.0.1", "web", "--json"], Nothing),
    (&["path", "web"], Nothing),
    (&["path", "web", "--json"], Nothing),
    (&["cat", "web"], Nothing),
    (&["cat", "web", "--for", "k3s"], Nothing),
    (&["export", "web", "--for", "k3s", "--to", "out"], Nothing),
    (&["export", "web", "--for", "k3s", "--to", "out", "--json"], Nothing),
    (&["export", "web", "--for", "k3s", "--to", "out", "--dry-run"], Nothing),
    (&["config"], Nothing),
    (&["config", "--format", "consul"], Nothing),
    (&["config", "--format", "sums"], Nothing),
    (&["config", "--format", "sums", "--json"], Nothing),
    (&["fetch", "published"], Nothing),
    (&["fetch", "published", "--json"], Nothing),
    (&["fetch", "published", "--dry-run"], Nothing),
    (&["publish", "destination"], Nothing),
    (&["publish", "destination", "--json"], Nothing),
    (&["publish", "destination", "--dry-run"], Nothing),
    (&["serve", "--print-config", "docker"], Nothing),
    (&["load", "web"], Empty),
    (&["load", "web", "--json"], Empty),
    (&["add", "web.tar", "--name", "web:2.0.0.1"], Nothing),
    (&["add", "web.tar", "--name", "web:2.0.0.1", "--json"], Nothing),
    (&["tag", "web:1.0.0.1", "web:2.0.0.1"], Nothing),
    (&["tag", "web:1.0.0.1", "web:2.0.0.1", "--json"], Nothing),
    (&["verify"], Nothing),
    (&["verify", "--json"], Nothing),
    (&["verify", "./published"], Nothing),
    (&["verify", "./published", "--json"], Nothing),
    (&["clean", "web", "--keep", "1"], Nothing),
    (&["clean", "web", "--keep", "1", "--json"], Nothing),
    (&["clean", "web", "--keep", "1", "--dry-run"], Nothing),
    (&["clean", "web", "--keep", "1", "--dry-run", "--json"], Nothing),
    (&["name", "parse", "web_1_0123456789ab.zip"], Nothing),
    (&["name", "parse", "web_1_0123456789ab.zip", "--json"], Nothing),
    (&["name", "tag", "web", "1"], Nothing),
    (&["name", "tag", "web", "1", "--json"], Nothing),
    (&["name", "dirty", "dev"], Nothing),
    (&["name", "dirty", "dev", "--json"], Nothing),
    (&["env"], Has),
    (&["env", "--json"], Has),
    (&["env", "--shell"], Has),
    (&["completions", "bash"], Nothing),
    (&["completions", "elvish"], Nothing),
    (&["completions", "fish"], Nothing),
    (&["completions", "powershell"], Nothing),
    (&["completions", "zsh"], Nothing),
];

fn image() -> Image {
    Image::new("web:1.0.0.1", 1)
}

/// Runs a case in a separate place with this standard output.
fn run(arguments: &[&str], needs: Needs, stdout: Stdio) -> Said {
    let engine = match needs {
        Nothing => None,
        Has => Some(FakeEngine::new(&image(), Save::Ends(pack(&image().podman())))),
        Empty => Some(FakeEngine::loading(shown(&image()), Load::Takes)),
    };
    let place = engine.as_ref().map_or_else(Place::new, |e| Place::with_engine(&e.host));
    place.context(b"content");
    let file = place.dir.path().join("web.tar");
    for (version, seed) in [("1.0.0.1", 1), ("0.9.0.1", 2)] {
        let image = Image::new(&format!("web:{version}"), seed);
        fs::write(&file, pack(&image.podman())).unwrap();
        place.ok(&["add", "web.tar"]);
    }
    fs::write(&file, pack(&Image::new("api:1.0.0.1", 3).podman())).unwrap();
    place.ok(&["--dir", "published", "add", "web.tar"]);
    place.ok(&["--dir", "published", "config", "-o", "published/images.json"]);
    fs::write(&file, pack(&Image::new("web:0.9.0.1", 2).podman())).unwrap();
    let mut command = place.command(arguments);
    command.stdout(stdout).stderr(Stdio::piped());
    place.said(command.spawn().unwrap().wait_with_output().unwrap())
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

const FULL: &str = "error: could not write to standard output\n  \
                    caused by: No space left on device (os error 28)\n";

#[test]
fn output_that_cannot_be_written_is_an_error_of_every_command() {
    for (arguments, needs) in CASES {
        let said = run(arguments, *needs, full());
        assert_eq!(said.code, 1, "{arguments:?}: {said:?}");
        let stderr = said.stderr.replace("\u{1b}[1m\u{1b}[31merror:\u{1b}[0m", "error:");
        assert!(stderr.ends_with(FULL), "{arguments:?}: {said:?}");
    }
}

#[test]
fn a_closed_pipe_ends_every_command_quietly() {
    for (arguments, needs) in CASES {
        let said = run(arguments, *needs, closed_pipe());
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
        assert!(!said.stderr.contains("error"), "{arguments:?}: {said:?}");
    }
}

/// Only the command `man` is not in the help; a test of the command checks that.
#[test]
fn every_command_has_a_case() {
    let place = Place::new();
    let mut commands: BTreeSet<Vec<String>> = BTreeSet::new();
    for command in commands_of(&place.ok(&["--help"])) {
        let below = if command == "help" {
            Vec::new()
        } else {
            commands_of(&place.ok(&[&command, "--help"]))
        };
        if below.is_empty() {
            commands.insert(vec![command]);
        } else {
            commands.extend(below.into_iter().map(|below| vec![command.clone(), below]));
        }
    }
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands {
        let has_case = CASES.iter().any(|(arguments, _)| {
            arguments.starts_with(&command.iter().map(String::as_str).collect::<Vec<_>>())
        });
        assert!(has_case, "{command:?} has no case");
    }
}

#[test]
fn a_failure_keeps_its_code_when_its_document_cannot_be_written() {
    let said = run(&["path", "none", "--json"], Nothing, full());
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.stderr.starts_with("error: no archive of `none`"), "{said:?}");
    assert!(said.stderr.ends_with(FULL), "{said:?}");
}

#[test]
fn completions_for_a_shell_are_output_too() {
    let place = Place::new();
    for words in [&[][..], &["--", "sealift", "li"]] {
        let complete = |stdout| {
            let mut command = place.command(words);
            command.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "1");
            command.env("_CLAP_IFS", "\n").stdout(stdout).stderr(Stdio::piped());
            place.said(command.spawn().unwrap().wait_with_output().unwrap())
        };
        assert_eq!(complete(Stdio::piped()).code, 0);
        let said = complete(full());
        assert_eq!((said.code, said.stderr.as_str()), (1, FULL), "{words:?}");
        let said = complete(closed_pipe());
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{words:?}");
    }
}

#[test]
fn a_manual_page_that_cannot_be_written_is_an_error_and_leaves_no_file() {
    let place = Place::new();
    let folder = place.dir.path().join("man");
    fs::create_dir(&folder).unwrap();
    symlink("/dev/full", folder.join("sealift.1")).unwrap();
    let said = place.run(&["man", "man"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.stderr.contains("No space left on device"), "{said:?}");
    assert!(!folder.join("sealift.1").exists());
}
