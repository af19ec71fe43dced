//! Help, version and `env`: the output of the command about itself.

use crate::command::{Place, commands_of};

#[test]
fn the_help_names_all_commands_and_exit_codes() {
    insta::assert_snapshot!(Place::new().ok(&["--help"]));
}

#[test]
fn the_help_of_every_command_has_an_example_and_fits_80_columns() {
    let place = Place::new();
    // `help` has no page of its own.
    let commands = commands_of(&place.ok(&["--help"])).into_iter().filter(|name| name != "help");
    for command in commands {
        let help = place.ok(&[&command, "--help"]);
        assert_eq!(help, place.ok(&["help", &command]));
        assert!(help.contains("\nExample"), "{command}");
        let widest = help.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 80, "{command} has a line of {widest} columns");
        insta::assert_snapshot!(format!("help_of_{command}"), help);
    }
}

#[test]
fn global_options_are_described_once() {
    let place = Place::new();
    let options = place.ok(&["help", "options"]);
    assert_eq!(options, place.ok(&["options"]));
    assert_eq!(options, place.ok(&["options", "--help"]));
    assert!(options.lines().all(|line| line.chars().count() <= 80), "{options}");
    insta::assert_snapshot!(options);
    for command in [&["--help"][..], &["list", "--help"], &["help", "name", "parse"]] {
        let help = place.ok(command);
        assert!(help.contains("sealift help options\n"), "{help}");
        assert!(!help.contains("--lock-timeout"), "{help}");
    }
}

#[test]
fn every_shell_has_completions() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(place.ok(&["completions", shell]).contains("COMPLETE"), "{shell}");
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
fn env_prints_the_settings_and_their_origin() {
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
      caused by: no engine answers at HOST (from DOCKER_HOST)
      caused by: No such file or directory (os error 2)
    hint: check that the engine is running; `sealift env` shows which one is used, and why
    ");
    insta::assert_snapshot!(place.run(&["env", "--json"]).stdout, @r#"
    {
      "api_version": null,
      "certificates": null,
      "config": null,
      "context": null,
      "dir": {
        "source": "the default",
        "value": "artifacts"
      },
      "engine": null,
      "error": {
        "causes": [
          "no engine answers at HOST (from DOCKER_HOST)",
          "No such file or directory (os error 2)"
        ],
        "code": "unreachable",
        "hint": "check that the engine is running; `sealift env` shows which one is used, and why",
        "message": "cannot ask the version of the engine at HOST"
      },
      "host": {
        "source": "DOCKER_HOST",
        "value": "HOST"
      },
      "idle_timeout_seconds": {
        "source": "the default",
        "value": 120.0
      },
      "machine": null,
      "require_signature": false,
      "revoked": null,
      "signed_by": null
    }
    "#);
    let mut command = place.command(&["env", "--shell"]);
    let said = place.said(command.env("ARTIFACTS_DIR", "it's here").output().unwrap());
    insta::assert_snapshot!(said.stdout, @r"
    export DOCKER_HOST='HOST'
    export SEALIFT_DIR='DIR/it'\''s here'
    ");
}

#[test]
fn env_prints_the_context_and_the_version() {
    let place = Place::new();
    place.make_context("unix:///nonexistent/edge.sock");
    let run = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command.env_remove("DOCKER_HOST").env("DOCKER_API_VERSION", "1.41");
        place.said(command.env("DOCKER_TLS_VERIFY", "1").output().unwrap())
    };
    insta::assert_snapshot!(run(&["env", "--context", "edge"]).stdout, @"
    SETTING  VALUE                          FROM
    host     unix:///nonexistent/edge.sock  the context `edge`
    context  edge                           --context
    API      1.41                           DOCKER_API_VERSION
    engine   does not answer
    timeout  120 s without a byte           the default
    folder   artifacts                      the default
    ");
    insta::assert_snapshot!(run(&["env", "--context", "edge", "--shell"]).stdout, @"
    export DOCKER_HOST='unix:///nonexistent/edge.sock'
    export DOCKER_API_VERSION='1.41'
    export SEALIFT_DIR='DIR/artifacts'
    unset DOCKER_TLS_VERIFY
    ");
    insta::assert_snapshot!(run(&["env", "--context", "west"]).refusal(), @"
    [2]
    error: --context is `west`, but there is no such context in DIR/.docker/contexts; available: `edge`
    ");
}

/// The certificate of an authority whose key is lost.
const AUTHORITY: &str = "\
-----BEGIN CERTIFICATE-----
MIIBhTCCASugAwIBAgIUYfYeD4dVdZLz6Lw7rUFIhn+WxQkwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMc2VhbGlmdCB0ZXN0MCAXDTI2MTEyNDAyMjAyNloYDzIxMjYx
MDMxMDIyMDI2WjAXMRUwEwYDVQQDDAxzZWFsaWZ0IHRlc3QwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAAQbmsZt9OsGky1zBOf8nk3nWc/VKrZ0m2bJi994jwdg0EQG
gEqPtNSEA4ks42bQg+S6lM5HMsKJkx7FkXDyfC3Lo1MwUTAdBgNVHQ4EFgQUpYB4
Re1p/bbjK2D+uFQHwkber3swHwYDVR0jBBgwFoAUpYB4Re1p/bbjK2D+uFQHwkbe
r3swDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAmnKu4/M6/Lyg
Qa8M1qh2DHKDulY/BcLb4X18Sc43CfcCIE6W39Oerw2KQ0DVf7XTuFAPADzK0LGZ
HaAc/AzQ+1m+
-----END CERTIFICATE-----
";

#[test]
fn env_exports_what_the_docker_cli_needs_for_tls() {
    let place = Place::new();
    let folder = place.dir.path().join("ada's certs");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("ca.pem"), AUTHORITY).unwrap();
    let mut command = place.command(&["env", "--shell", "--host", "https://build.example"]);
    let said = place.said(command.env("DOCKER_CERT_PATH", &folder).output().unwrap());
    insta::assert_snapshot!(said.stdout, @r"
    export DOCKER_HOST='tcp://build.example:2376'
    export DOCKER_TLS_VERIFY='1'
    export DOCKER_CERT_PATH='DIR/ada'\''s certs'
    export SEALIFT_DIR='DIR/artifacts'
    ");
}
