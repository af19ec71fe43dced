//! Hints about the engine and builds in it.

use sealift_workflow::docker::{ContextError, Error, ErrorKind, Failure};

/// Returns `true` if BuildKit's message shows that a build needs what only the docker CLI provides.
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
        let hint = "secrets and ssh keys: build with `docker buildx build --load -t IMAGE:VERSION PATH`, then \
                    `sealift update IMAGE:VERSION`";
        return Some(hint.to_owned());
    }
    if let Failure::Context(ContextError::NoDockerfile { looked_for, path }) = error.failure() {
        // It was looked for under a name that was asked for, or under the usual ones.
        return Some(match &looked_for[..] {
            [_] => {
                format!("--file is relative to the current folder, or else to {}", path.display())
            }
            _ => "pass --file FILE for a Dockerfile with another name".to_owned(),
        });
    }
    if let Failure::NotAnEngine { .. } = error.failure() {
        let hint = "is it the right port? Engines listen on 2375, with TLS on 2376";
        return Some(hint.to_owned());
    }
    if let Failure::Ssh { .. } = error.failure() {
        let hint = "does ssh run `docker version` there without a question? Known hosts are checked, and never added";
        return Some(hint.to_owned());
    }
    if let Failure::Forbidden { group, .. } = error.failure() {
        return Some(match group {
            Some(group) => format!(
                "add your user to the group that owns the socket, and log in again: sudo usermod -aG {group} $USER"
            ),
            None => "the socket belongs to another user; rootless Podman has one of your own: \
                     systemctl --user start podman.socket, then --host unix://$XDG_RUNTIME_DIR/podman/podman.sock"
                .to_owned(),
        });
    }
    // What Docker answers to plain HTTP on a port for TLS.
    if error.failure().engine_message().is_some_and(|said| said.contains("to an HTTPS server")) {
        let hint = "this port wants TLS: DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH=DIR with its certificates";
        return Some(hint.to_owned());
    }
    match error.kind() {
        ErrorKind::Unreachable => {
            Some("is the engine running? `sealift env` shows which one is used, and why".to_owned())
        }
        ErrorKind::Untrusted => Some(
            "are these the certificates of this engine? `sealift env` shows which are used, and why"
                .to_owned(),
        ),
        ErrorKind::Broken => {
            Some("try again; what was there before is unchanged".to_owned())
        }
        ErrorKind::Idle => {
            Some("try again; SEALIFT_API_TIMEOUT=SECONDS waits longer".to_owned())
        }
        _ => None,
    }
}
