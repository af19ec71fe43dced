//! What the command says about itself.

use crate::command::Place;

const COMMANDS: [&str; 13] = [
    "build",
    "update",
    "list",
    "path",
    "cat",
    "config",
    "load",
    "add",
    "verify",
    "clean",
    "name",
    "env",
    "completions",
];

#[test]
fn the_help_names_all_commands_and_exit_codes() {
    insta::assert_snapshot!(Place::new().ok(&["--help"]));
}

#[test]
fn the_help_of_every_command_has_an_example_and_fits_80_columns() {
    let place = Place::new();
    for command in COMMANDS {
        let help = place.ok(&[command, "--help"]);
        assert!(help.contains("\nExample"), "{command}");
        let widest = help.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 80, "{command} has a line of {widest} columns");
        insta::assert_snapshot!(format!("help_of_{command}"), help);
    }
}

#[test]
fn every_shell_has_completions() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(place.ok(&["completions", shell]).contains("update"), "{shell}");
    }
}

#[test]
fn a_wrong_call_is_a_usage_error() {
    let place = Place::new();
    for arguments in
        [&["frobnicate"][..], &["update"], &["update", "web", "--jobs", "0"], &["load"]]
    {
        assert_eq!(place.run(arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn env_tells_what_is_used_and_who_says_so() {
    let place = Place::new();
    let said = place.run(&["env"]);
    assert_eq!(said.code, 6);
    insta::assert_snapshot!(said.stdout, @"
    SETTING  VALUE                            FROM
    host     HOST  DOCKER_HOST
    engine   does not answer
    timeout  120 s without a byte             the default
    folder   artifacts                        the default
    ");
    insta::assert_snapshot!(said.stderr, @"
    error: cannot ask the version of the engine at HOST
      caused by: nobody answers at HOST (from DOCKER_HOST)
      caused by: No such file or directory (os error 2)
    hint: is the engine running? `sealift env` shows which one is used, and why
    ");
    let mut command = place.command(&["env", "--shell"]);
    let said = place.said(command.env("ARTIFACTS_DIR", "it's here").output().unwrap());
    insta::assert_snapshot!(said.stdout, @r"
    export DOCKER_HOST='HOST'
    export SEALIFT_DIR='it'\''s here'
    ");
}
