//! docker-machine as a stub, because no package contains it. The stub prints what the real program
//! was measured to print.

use sealift_docker::{Endpoint, ResolveErrorKind, SettingSource, Settings};
use tempfile::TempDir;

use crate::settings;

/// Creates settings that select the machine `m1`, and a docker-machine that runs this script.
fn machine(script: &str) -> (Settings, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(&[("DOCKER_MACHINE_NAME", "m1")]);
    settings.docker_machine_program = Some(crate::stub(folder.path(), "docker-machine", script));
    (settings, folder)
}

fn refusal(script: &str) -> String {
    let (settings, folder) = machine(script);
    let refusal = Endpoint::resolve(&settings).unwrap_err().to_string();
    refusal.replace(folder.path().to_str().unwrap(), "STUBS")
}

#[test]
fn it_returns_the_address_of_a_machine() {
    let (settings, folder) = machine(
        r#"printf '%s\n' "$@" > "${0%/*}/asked"
echo 'export DOCKER_HOST="tcp://127.0.0.1:2375"'
echo 'export DOCKER_MACHINE_NAME="m1"'
echo '# Run this command to configure your shell: '
echo '# eval $(docker-machine env --shell sh m1)'
echo 'a warning' >&2
"#,
    );
    let endpoint = Endpoint::resolve(&settings).unwrap();
    assert_eq!(endpoint.to_string(), "tcp://127.0.0.1:2375");
    assert_eq!(endpoint.source, SettingSource::Machine("m1".to_owned()));
    assert_eq!(endpoint.machine.unwrap().source, SettingSource::Variable("DOCKER_MACHINE_NAME"));
    let asked = std::fs::read_to_string(folder.path().join("asked")).unwrap();
    assert_eq!(asked, "env\n--shell\nsh\nm1\n");
}

#[test]
fn it_does_not_run_if_a_host_or_a_context_is_set() {
    let (mut settings, folder) = machine("> \"${0%/*}/asked\"");
    settings.docker_host = Some("unix:///run/x.sock".to_owned());
    assert_eq!(
        Endpoint::resolve(&settings).unwrap().source,
        SettingSource::Variable("DOCKER_HOST")
    );
    settings.docker_host = None;
    settings.docker_context = Some("default".to_owned());
    assert_eq!(Endpoint::resolve(&settings).unwrap().source, SettingSource::Default);
    assert!(!folder.path().join("asked").exists());
}

#[test]
fn its_errors_are_reported() {
    let mut refusals = [
        r#"echo 'Docker machine "m1" does not exist. Use "docker-machine ls" to list machines.' >&2; exit 1"#,
        "exit 3",
        "kill -9 $$",
        "echo '# nothing'",
        "yes",
        r#"echo 'export DOCKER_HOST=""'"#,
        r#"echo 'export DOCKER_HOST="127.0.0.1"'"#,
    ]
    .map(refusal)
    .to_vec();
    let (mut settings, _folder) = machine("");
    settings.docker_machine_name = Some("--help".to_owned());
    refusals.push(Endpoint::resolve(&settings).unwrap_err().to_string());
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    DOCKER_MACHINE_NAME is `m1`, but docker-machine failed with exit status: 1: Docker machine "m1" does not exist. Use "docker-machine ls" to list machines.
    DOCKER_MACHINE_NAME is `m1`, but docker-machine failed with exit status: 3: no message
    DOCKER_MACHINE_NAME is `m1`, but docker-machine failed with signal: 9 (SIGKILL): no message
    DOCKER_MACHINE_NAME is `m1`, but docker-machine printed no DOCKER_HOST
    DOCKER_MACHINE_NAME is `m1`, but the output of docker-machine cannot be read: it is longer than 1 MiB
    DOCKER_MACHINE_NAME is `m1`, but docker-machine printed no DOCKER_HOST
    DOCKER_HOST of docker-machine's `m1` is `127.0.0.1`, but an address must start with a scheme: unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST
    DOCKER_MACHINE_NAME is `--help`, but a machine's name cannot start with `-`
    "#);
}

#[test]
fn a_docker_machine_that_is_not_installed_is_an_error() {
    let mut settings = settings(&[("DOCKER_MACHINE_NAME", "m1")]);
    settings.docker_machine_program = Some("/nonexistent/docker-machine".into());
    let error = Endpoint::resolve(&settings).unwrap_err();
    assert_eq!(error.kind(), ResolveErrorKind::MachineProgram);
    insta::assert_snapshot!(error, @"DOCKER_MACHINE_NAME is `m1`, but there is no program `/nonexistent/docker-machine`");
}

#[test]
fn a_docker_machine_that_hangs_is_an_error() {
    // The program waits for a writer of the pipe, which never comes.
    let (mut settings, _folder) = machine("mkfifo \"${0%/*}/pipe\"; exec cat \"${0%/*}/pipe\"");
    settings.api_timeout = Some("0.05".to_owned());
    let error = Endpoint::resolve(&settings).unwrap_err();
    assert_eq!(error.kind(), ResolveErrorKind::MachineTimeout);
    insta::assert_snapshot!(error, @"DOCKER_MACHINE_NAME is `m1`, but docker-machine did not answer within 0.05 s");
}

#[test]
fn a_docker_machine_that_hangs_is_killed() {
    let script = "echo $$ > \"${0%/*}/pid\"; mkfifo \"${0%/*}/pipe\"; exec cat \"${0%/*}/pipe\"";
    let (mut settings, folder) = machine(script);
    settings.api_timeout = Some("0.5".to_owned());
    Endpoint::resolve(&settings).unwrap_err();
    let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap();
    assert!(!std::path::Path::new("/proc").join(pid.trim()).exists(), "{pid}");
}
