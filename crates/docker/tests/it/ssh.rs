//! ssh as a stub, which is also the engine on the other side: it answers requests from its standard
//! input on its standard output. It does what a real sshd cannot be made to do; the end-to-end
//! tests use a real one.

use std::time::Duration;

use sealift_docker::{Endpoint, Engine, ErrorKind, Timeouts};
use tempfile::TempDir;

use crate::settings;

/// Reads the head of a request and answers it. Records the arguments of ssh.
const ENGINE: &str = r#"
here=${0%/*}
printf '%s\n' "$*" > "$here/arguments"
cr=$(printf '\r')
read -r method path rest
while read -r line && [ "$line" != "$cr" ]; do :; done
answer() {
  printf 'HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: %s\r\n\r\n' "$(wc -c < "$1")"
  cat "$1"
}
case $path in
  */_ping) printf OK > "$here/ok"; answer "$here/ok" ;;
  */get) answer "$here/archive" ;;
esac
"#;

/// Creates an engine at this address, reached through an ssh that runs this script.
fn engine(host: &str, script: &str) -> (Engine, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(&[("DOCKER_HOST", host)]);
    settings.ssh_program = Some(crate::stub(folder.path(), "ssh", script));
    let endpoint = Endpoint::resolve(&settings).unwrap();
    (Engine::new(endpoint, Timeouts::new(Duration::from_secs(60))), folder)
}

async fn failure(script: &str) -> String {
    let (engine, folder) = engine("ssh://ci@edge", script);
    let error = engine.version().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    crate::chain(&error).replace(folder.path().to_str().unwrap(), "STUBS")
}

#[tokio::test]
async fn an_archive_arrives_completely_through_ssh() {
    let (engine, folder) = engine("ssh://ci@edge:2222", ENGINE);
    let archive: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    std::fs::write(folder.path().join("archive"), &archive).unwrap();
    let mut stream = engine.save("web:1", None).await.unwrap();
    let mut received = Vec::new();
    while let Some(bytes) = stream.next_chunk().await.unwrap() {
        received.extend_from_slice(&bytes);
    }
    assert!(received == archive);
}

/// Like [`ENGINE`], but answers several requests, as a real engine does. Records each start with a
/// line.
fn answering_on() -> String {
    let (head, loop_body) = ENGINE.split_once("read -r method").unwrap();
    let each = loop_body.replacen(" path rest\n", " path rest; do\n", 1);
    format!("echo started >> \"${{0%/*}}/starts\"\n{head}while read -r method{each}done\n")
}

#[tokio::test]
async fn one_ssh_serves_several_requests() {
    let (engine, folder) = engine("ssh://edge", &answering_on());
    std::fs::write(folder.path().join("archive"), "an archive").unwrap();
    let starts = || std::fs::read_to_string(folder.path().join("starts")).unwrap().lines().count();
    for _ in 0..3 {
        engine.ping().await.unwrap();
        let mut stream = engine.save("web:1", None).await.unwrap();
        assert_eq!(stream.next_chunk().await.unwrap().unwrap(), "an archive");
        assert_eq!(stream.next_chunk().await.unwrap(), None);
    }
    assert_eq!(starts(), 1);
    // An answer that is not read to its end closes its ssh, so the next request starts another one.
    // The archive is a new file, because the stub may still be reading the one that it sent.
    std::fs::write(folder.path().join("large"), vec![0; 3_000_000]).unwrap();
    std::fs::rename(folder.path().join("large"), folder.path().join("archive")).unwrap();
    let stream = engine.save("web:1", None).await.unwrap();
    engine.ping().await.unwrap();
    drop(stream);
    engine.ping().await.unwrap();
    assert_eq!(starts(), 2);
}

#[tokio::test]
async fn an_ssh_that_has_ended_is_replaced() {
    // This ssh exits after each answer.
    let (engine, _folder) = engine("ssh://edge", ENGINE);
    for _ in 0..20 {
        engine.ping().await.unwrap();
    }
}

#[tokio::test]
async fn ssh_checks_the_host_key_and_asks_no_questions() {
    let mut all = Vec::new();
    for host in ["ssh://edge", "ssh://ci@edge:2222", "ssh://[fe80::1]", "ssh://edge/run/x.sock"] {
        let (engine, folder) = engine(host, ENGINE);
        engine.ping().await.unwrap();
        all.push(std::fs::read_to_string(folder.path().join("arguments")).unwrap());
    }
    insta::assert_snapshot!(all.concat(), @"
    -T -o ConnectTimeout=30 -o BatchMode=yes -o StrictHostKeyChecking=yes -o UpdateHostKeys=no -- edge docker system dial-stdio
    -T -o ConnectTimeout=30 -o BatchMode=yes -o StrictHostKeyChecking=yes -o UpdateHostKeys=no -l ci -p 2222 -- edge docker system dial-stdio
    -T -o ConnectTimeout=30 -o BatchMode=yes -o StrictHostKeyChecking=yes -o UpdateHostKeys=no -- fe80::1 docker system dial-stdio
    -T -o ConnectTimeout=30 -o BatchMode=yes -o StrictHostKeyChecking=yes -o UpdateHostKeys=no -- edge docker --host unix:///run/x.sock system dial-stdio
    ");
}

#[tokio::test]
async fn the_error_contains_the_output_of_a_failed_ssh() {
    let mut failures = Vec::new();
    for script in [
        "echo 'Host key verification failed.' >&2; exit 255",
        "echo 'sh: 1: docker: not found' >&2; exit 127",
        r"printf '@@@@@@\r\n@  WARNING!  @\r\n@@@@@@\r\nSomeone could be\nlistening.\r\n' >&2; exit 255",
        // This ssh fails after it has received a request.
        "read -r line; echo 'Cannot connect to the Docker daemon' >&2; exit 1",
        "exit 1",
        "kill -9 $$",
    ] {
        failures.push(failure(script).await);
    }
    insta::assert_snapshot!(failures.join("\n"), @"
    cannot ask the version of the engine at ssh://ci@edge
      caused by: ssh://ci@edge (from DOCKER_HOST) cannot be reached: ssh failed with exit status: 255: Host key verification failed.
    cannot ask the version of the engine at ssh://ci@edge
      caused by: ssh://ci@edge (from DOCKER_HOST) cannot be reached: ssh failed with exit status: 127: sh: 1: docker: not found
    cannot ask the version of the engine at ssh://ci@edge
      caused by: ssh://ci@edge (from DOCKER_HOST) cannot be reached: ssh failed with exit status: 255: WARNING! Someone could be listening.
    cannot ask the version of the engine at ssh://ci@edge
      caused by: ssh://ci@edge (from DOCKER_HOST) cannot be reached: ssh failed with exit status: 1: Cannot connect to the Docker daemon
    cannot ask the version of the engine at ssh://ci@edge
      caused by: ssh://ci@edge (from DOCKER_HOST) cannot be reached: ssh failed with exit status: 1: no message
    cannot ask the version of the engine at ssh://ci@edge
      caused by: ssh://ci@edge (from DOCKER_HOST) cannot be reached: ssh failed with signal: 9 (SIGKILL): no message
    ");
}

#[tokio::test]
async fn an_ssh_that_dies_during_a_save_is_an_error() {
    let script = ENGINE.replace(
        "answer \"$here/archive\"",
        "printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nhalf'; echo 'Broken pipe' >&2; exit 255",
    );
    let (engine, _folder) = engine("ssh://edge", &script);
    let mut stream = engine.save("web:1", None).await.unwrap();
    assert_eq!(stream.next_chunk().await.unwrap().unwrap(), "half");
    let error = stream.next_chunk().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Broken);
    insta::assert_snapshot!(crate::chain(&error), @"
    cannot save `web:1` from the engine at ssh://edge
      caused by: the connection was lost after 4 bytes of the answer
      caused by: error reading a body from connection
      caused by: ssh failed with exit status: 255: Broken pipe
    ");
}

#[tokio::test]
async fn a_missing_ssh_is_an_error() {
    let mut settings = settings(&[("DOCKER_HOST", "ssh://edge")]);
    settings.ssh_program = Some("/nonexistent/ssh".into());
    let engine = Engine::new(Endpoint::resolve(&settings).unwrap(), Timeouts::default());
    insta::assert_snapshot!(crate::chain(&engine.ping().await.unwrap_err()), @"
    cannot reach the engine at ssh://edge
      caused by: no engine answers at ssh://edge (from DOCKER_HOST)
      caused by: `/nonexistent/ssh` cannot be run: No such file or directory (os error 2)
    ");
}
