//! Hints for invalid settings of the engine.

use sealift_workflow::docker::{ResolveError, ResolveErrorKind};

/// Returns the hint for an invalid setting, if there is one.
pub(crate) fn hint(error: &ResolveError) -> Option<String> {
    let hint = match error.kind() {
        ResolveErrorKind::UnverifiedTls => "set DOCKER_TLS_VERIFY=1 instead",
        ResolveErrorKind::MachineProgram => {
            "install docker-machine, or choose the engine with DOCKER_HOST or --host"
        }
        ResolveErrorKind::MachineTimeout => "set SEALIFT_API_TIMEOUT=SECONDS to wait longer",
        _ => return None,
    };
    Some(hint.to_owned())
}
