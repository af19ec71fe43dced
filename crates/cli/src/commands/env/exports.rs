//! `sealift env --shell`.

use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use sealift_workflow::docker::{Endpoint, Settings};

/// Returns shell commands that make other programs use the same engine and folder.
///
/// Paths are absolute, so that they are valid in any working directory.
pub(super) fn exports(endpoint: &Endpoint, settings: &Settings, dir: &Path) -> Vec<u8> {
    let mut text = Vec::new();
    let mut export = |name: &str, value: &[u8]| {
        text.extend_from_slice(format!("export {name}=").as_bytes());
        text.extend(quote(value));
        text.push(b'\n');
    };
    let absolute = |path: &Path| {
        std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).into_os_string().into_vec()
    };
    // The docker CLI does not support https:// addresses; it enables TLS by variables.
    let host = endpoint.to_string();
    let host = host.strip_prefix("https:").map_or(host.clone(), |rest| format!("tcp:{rest}"));
    export("DOCKER_HOST", host.as_bytes());
    if let Some(tls) = &endpoint.tls {
        export("DOCKER_TLS_VERIFY", b"1");
        export("DOCKER_CERT_PATH", &absolute(&tls.value.folder));
    }
    if let Some(version) = &endpoint.api_version {
        export("DOCKER_API_VERSION", version.value.to_string().as_bytes());
    }
    export("SEALIFT_DIR", &absolute(dir));
    if endpoint.tls.is_none() && settings.docker_tls_verify.is_some() {
        text.extend_from_slice(b"unset DOCKER_TLS_VERIFY\n");
    }
    text
}

/// Quotes a value for a shell.
fn quote(value: &[u8]) -> Vec<u8> {
    let mut quoted = vec![b'\''];
    for &byte in value {
        match byte {
            b'\'' => quoted.extend_from_slice(br"'\''"),
            byte => quoted.push(byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_are_quoted_for_a_shell() {
        assert_eq!(super::quote(b"it's"), br"'it'\''s'");
    }
}
