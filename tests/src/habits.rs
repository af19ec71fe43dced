//! Common features of commands: a first step, completions, colours, a log.

use std::process::Command;

use sealift_testing::layouts::{Image, pack};

use crate::command::{Place, binary};
use crate::fake_engine::{FakeEngine, Load, Save, shown};

fn place() -> Place {
    let place = Place::new();
    for name in ["web_1.4.0.7", "web_dev", "web-admin_1.0.0.2"] {
        place.put(&format!("{name}_0123456789ab.zip"), b"");
    }
    place
}

#[test]
fn without_a_command_the_first_step_is_printed() {
    let empty = Place::new();
    insta::assert_snapshot!(empty.ok::<&str>(&[]), @"
    No archives in artifacts (the default).

    Get started:
      sealift build IMAGE:VERSION PATH          build an image
      sealift update IMAGE:VERSION --compress   save it into the folder
      sealift add FILE                          import an archive
      sealift env                               show which engine is used, and why
      sealift --help                            list all commands
    ");
    assert_eq!(empty.ok(&["--json"]), "[]\n");
    assert!(!empty.artifacts().exists(), "nothing is created");
    let said = place().ok::<&str>(&[]);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "The latest archives in artifacts (the default):");
    assert!(
        lines.iter().any(|line| line.starts_with("web        1.4.0.7  0123456789ab")),
        "{said}"
    );
    assert!(lines.iter().all(|line| line.len() <= 80), "{said}");
}

#[test]
fn a_misspelled_name_is_answered_with_a_suggestion() {
    let place = place();
    assert!(place.run(&["path", "wbe"]).stderr.ends_with("hint: did you mean `web`?\n"));
    assert!(
        place.run(&["path", "web-amdin"]).stderr.ends_with("hint: did you mean `web-admin`?\n")
    );
    assert!(place.run(&["lsit"]).stderr.contains("'list'"));
}

#[test]
fn colours_are_printed_on_request() {
    let place = place();
    let coloured = |arguments: &[&str], variable: &str| {
        let mut command = place.command(&[&["list"], arguments].concat());
        let output = command.env_remove("NO_COLOR").env(variable, "1").output().unwrap();
        String::from_utf8(output.stdout).unwrap().contains('\u{1b}')
    };
    assert!(!coloured(&[], "UNSET"), "there is no terminal");
    assert!(coloured(&[], "CLICOLOR_FORCE"));
    assert!(coloured(&["--color", "always"], "NO_COLOR"));
    assert!(!coloured(&["--color", "never"], "CLICOLOR_FORCE"));
}

#[test]
fn the_log_contains_the_requests_to_the_engine() {
    let place = Place::new();
    let log = |level: &str| {
        let output = place.command(&["list"]).env("SEALIFT_LOG", level).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(log("debgu").starts_with("warning: SEALIFT_LOG is `debgu`: expected off, error"));
    assert!(!log("debug").contains("warning"));
}

#[test]
fn quiet_prints_errors_and_data_only() {
    let image = Image::new("web:1.0.0.1", 1);
    let engine = FakeEngine::loading(shown(&image), Load::Takes);
    let place = Place::with_engine(&engine.host);
    std::fs::write(place.dir.path().join("web.tar"), pack(&image.podman())).unwrap();
    let quiet = |arguments: &[&str]| {
        let said = place.run(&[arguments, &["-q"]].concat());
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{arguments:?}");
        said.stdout
    };
    for arguments in [
        &["add", "web.tar"][..],
        &["add", "web.tar"],
        &["add", "web.tar", "--name", "web:0.9.0.1"],
        &["load", "web"],
        &["load", "web"],
        &["update", "web:1.0.0.1"],
        &["verify"],
        &["clean", "web"],
        &["clean", "web"],
    ] {
        assert_eq!(quiet(arguments), "", "{arguments:?}");
    }
    for arguments in [
        &["list"][..],
        &["path", "web"],
        &["cat", "web"],
        &["config"],
        &["name", "tag", "web", "1"],
        &["env", "--shell"],
        &["clean", "web", "--dry-run", "--json"],
    ] {
        assert_ne!(quiet(arguments), "", "{arguments:?}");
    }
    let said = place.run(&["path", "none", "-q"]);
    assert!(said.code == 3 && said.stderr.starts_with("error: "), "{said:?}");
}

#[test]
fn help_and_version_are_commands_too() {
    let place = Place::new();
    assert_eq!(place.ok(&["help"]), place.ok(&["--help"]));
    assert_eq!(place.ok(&["help", "name", "parse"]), place.ok(&["name", "parse", "--help"]));
    assert_eq!(place.ok(&["version"]), place.ok(&["--version"]));
    let version: serde_json::Value =
        serde_json::from_str(&place.ok(&["version", "--json"])).unwrap();
    assert_eq!(
        place.ok(&["version"]),
        format!("sealift {}\n", version["version"].as_str().unwrap())
    );
}

#[test]
fn a_failed_command_creates_no_folder() {
    let image = Image::new("team/web:1.0.0.1", 1);
    let engine = FakeEngine::new(&image, Save::Ends(b"no tar".to_vec()));
    for host in ["unix:///nonexistent/engine.sock", &engine.host] {
        let place = Place::with_engine(host);
        std::fs::write(place.dir.path().join("odd.tar"), b"no tar").unwrap();
        let before = place.dir.path().join("old");
        std::fs::create_dir(&before).unwrap();
        for arguments in [
            &["update", "team/web:1.0.0.1"][..],
            &["update", "team/web:1.0.0.1", "--compress", "--dir", "old/a/b"],
            &["add", "odd.tar"],
            &["add", "none.tar", "--dir", "old/a/b"],
        ] {
            assert_ne!(place.run(arguments).code, 0, "{arguments:?}");
            assert!(!place.artifacts().exists(), "{arguments:?}");
            assert_eq!(std::fs::read_dir(&before).unwrap().count(), 0, "{arguments:?}");
        }
        // An existing folder stays.
        assert_ne!(place.run(&["update", "web:1", "--dir", "old"]).code, 0);
        assert!(before.exists());
    }
}

/// On a terminal, data is escaped like everything else.
#[test]
fn data_is_escaped_on_a_terminal_and_exact_in_a_pipe() {
    let Some(script) = sealift_testing::program("script") else { return };
    let place = Place::new();
    let image = Image::new("web:1.0.0.1", 1);
    let name = format!("web_1\u{1b}[2J_{}.docker", &image.id()[7..19]);
    place.put(&name, &pack(&image.podman()));
    assert_eq!(place.ok(&["path", "web"]), format!("artifacts/{name}\n"));
    let mut command = Command::new(script);
    command.args(["-qec", &format!("{} path web", binary().display()), "/dev/null"]);
    command.current_dir(place.dir.path()).env_remove("SEALIFT_DIR").env_remove("ARTIFACTS_DIR");
    let shown = sealift_testing::output_of(&mut command);
    assert_eq!(shown.trim_end(), format!("artifacts/{}", name.replace('\u{1b}', r"\u{1b}")));
}
