//! Hints for errors of the engine and of builds.

use sealift_workflow::docker::{ContextError, Error, ErrorKind, Failure};

/// Returns `true` if a message of BuildKit means that the build needs secrets or ssh keys, which
/// only the docker CLI provides.
fn wants_more_than_a_session(said: &str) -> bool {
    ["secret", "ssh", "SSH"].iter().any(|what| said.contains(what))
        && ["not found", "no active session", "forwarded from the client", "unknown service"]
            .iter()
            .any(|why| said.contains(why))
}

/// Returns the hint for an error of the engine.
pub(super) fn hint(error: &Error) -> Option<String> {
    if let Failure::Step(step) = error.failure()
        && wants_more_than_a_session(&step.message)
    {
        let hint = "to use secrets or ssh keys, run `docker buildx build --load -t IMAGE:VERSION PATH`, then \
                    `sealift update IMAGE:VERSION`";
        return Some(hint.to_owned());
    }
    if let Failure::Context(ContextError::NoDockerfile { looked_for, path }) = error.failure() {
        // With --file there is one name, otherwise there are the default names.
        return Some(match &looked_for[..] {
            [_] => {
                format!("pass --file relative to the current folder or to {}", path.display())
            }
            _ => "pass --file FILE for a Dockerfile with another name".to_owned(),
        });
    }
    if let Failure::NotAnEngine { .. } = error.failure() {
        let hint = "check the port: engines listen on 2375, with TLS on 2376";
        return Some(hint.to_owned());
    }
    if let Failure::Ssh { .. } = error.failure() {
        let hint = "check that `docker version` runs there over ssh without prompting; the host key must be known";
        return Some(hint.to_owned());
    }
    if let Failure::Forbidden { group, .. } = error.failure() {
        return Some(match group {
            Some(group) => format!(
                "add your user to the group of the socket and log in again: sudo usermod -aG {group} $USER"
            ),
            None => "the socket belongs to another user; to use rootless Podman, run \
                     systemctl --user start podman.socket and pass --host unix://$XDG_RUNTIME_DIR/podman/podman.sock"
                .to_owned(),
        });
    }
    // Docker's answer to a plain HTTP request on a TLS port.
    if error.failure().engine_message().is_some_and(|said| said.contains("to an HTTPS server")) {
        let hint = "this port requires TLS: set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder of the certificates";
        return Some(hint.to_owned());
    }
    match error.kind() {
        ErrorKind::Unreachable => {
            Some("check that the engine is running; `sealift env` shows which one is used, and why".to_owned())
        }
        ErrorKind::Untrusted => Some(
            "check the certificates of the engine; `sealift env` shows which ones are used, and why"
                .to_owned(),
        ),
        ErrorKind::Broken => {
            Some("try again; existing archives and images are unchanged".to_owned())
        }
        ErrorKind::Idle => {
            Some("try again; set SEALIFT_API_TIMEOUT=SECONDS to wait longer".to_owned())
        }
        _ => None,
    }
}
