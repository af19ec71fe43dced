//! Contexts of the docker CLI, in the files in which the docker CLI stores them.

use std::path::{Path, PathBuf};

use sealift_docker::{Endpoint, Settings};
use sealift_oci::Digest;

use crate::settings;

/// Writes a context as `docker context create` does, and returns its folder of certificates.
pub(crate) fn write(config: &Path, name: &str, host: &str, more: &str) -> PathBuf {
    let id: String = Digest::of(name.as_bytes()).hex();
    let meta = config.join("contexts/meta").join(&id);
    std::fs::create_dir_all(&meta).unwrap();
    let mut docker: serde_json::Value = serde_json::from_str(more).unwrap();
    docker["Host"] = host.into();
    let json = serde_json::json!({
        "Name": name, "Metadata": {}, "Endpoints": { "docker": docker },
    });
    std::fs::write(meta.join("meta.json"), json.to_string()).unwrap();
    config.join("contexts/tls").join(id).join("docker")
}

fn of(config: &Path, context: &str) -> Settings {
    settings(&[("DOCKER_CONFIG", config.to_str().unwrap()), ("DOCKER_CONTEXT", context)])
}

fn refusal(config: &Path, context: &str) -> String {
    let refusal = Endpoint::resolve(&of(config, context)).unwrap_err().to_string();
    refusal.replace(config.to_str().unwrap(), "CONFIG")
}

#[test]
fn the_folder_of_a_context_has_the_same_name_as_in_the_docker_cli() {
    // The output of `printf edge | sha256sum`.
    let id = "a1cb100f57e971cacf269e7c26e4630a25a8e9d4bdd35e32df1a80b66b896254";
    let config = tempfile::tempdir().unwrap();
    let folder = config.path().join("contexts/meta").join(id);
    std::fs::create_dir_all(&folder).unwrap();
    let meta = r#"{"Name":"edge","Metadata":{},"Endpoints":{"docker":{"Host":"ssh://edge","SkipTLSVerify":false}}}"#;
    std::fs::write(folder.join("meta.json"), meta).unwrap();
    assert_eq!(Endpoint::resolve(&of(config.path(), "edge")).unwrap().to_string(), "ssh://edge");
}

#[test]
fn the_error_of_a_missing_context_lists_the_existing_ones() {
    let config = tempfile::tempdir().unwrap();
    let mut refusals = vec![refusal(config.path(), "edge")];
    for name in ["west", "east", "north"] {
        write(config.path(), name, "unix:///run/x.sock", "{}");
        refusals.push(refusal(config.path(), "edge"));
    }
    insta::assert_snapshot!(refusals.join("\n"), @"
    DOCKER_CONTEXT is `edge`, but there is no such context in CONFIG/contexts; there are none
    DOCKER_CONTEXT is `edge`, but there is no such context in CONFIG/contexts; available: `west`
    DOCKER_CONTEXT is `edge`, but there is no such context in CONFIG/contexts; available: `east`, `west`
    DOCKER_CONTEXT is `edge`, but there is no such context in CONFIG/contexts; available: `east`, `north`, `west`
    ");
    let settings = settings(&[]).with_context(Some("edge".to_owned()), "--context");
    insta::assert_snapshot!(Endpoint::resolve(&settings).unwrap_err(), @"--context is `edge`, but neither DOCKER_CONFIG nor HOME is set, so the folder of contexts is unknown");
}

#[test]
fn a_context_without_a_valid_host_is_refused() {
    let config = tempfile::tempdir().unwrap();
    let refusals = ["npipe:////./pipe/x", "nonsense", ""].map(|host| {
        write(config.path(), "edge", host, "{}");
        let meta = std::fs::read_dir(config.path().join("contexts/meta")).unwrap();
        let id = meta.flatten().next().unwrap().file_name().into_string().unwrap();
        refusal(config.path(), "edge").replace(&id, "ID")
    });
    insta::assert_snapshot!(refusals.join("\n"), @"
    the host of the context `edge` (from DOCKER_CONTEXT) is `npipe:////./pipe/x`, but the scheme `npipe` is not supported; use unix, tcp, http, https or ssh
    the host of the context `edge` (from DOCKER_CONTEXT) is `nonsense`, but an address must start with a scheme: unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST
    DOCKER_CONTEXT is `edge`, but CONFIG/contexts/meta/ID/meta.json contains no host
    ");
}

#[test]
fn a_context_that_skips_tls_verification_is_refused_if_it_uses_tls() {
    let config = tempfile::tempdir().unwrap();
    let skip = r#"{"SkipTLSVerify": true}"#;
    write(config.path(), "edge", "tcp://edge:2376", skip);
    insta::assert_snapshot!(refusal(config.path(), "edge"), @"DOCKER_CONTEXT is `edge`, but it sets SkipTLSVerify, and TLS without verification is not supported; create it again without skip-tls-verify and with ca=FILE");
    for host in ["unix:///run/x.sock", "ssh://edge"] {
        write(config.path(), "edge", host, skip);
        assert_eq!(Endpoint::resolve(&of(config.path(), "edge")).unwrap().to_string(), host);
    }
    let tls = write(config.path(), "edge", "unix:///run/x.sock", skip);
    std::fs::create_dir_all(&tls).unwrap();
    std::fs::write(tls.join("ca.pem"), "").unwrap();
    assert!(Endpoint::resolve(&of(config.path(), "edge")).is_err());
}

#[test]
fn only_the_context_decides_whether_tls_is_used() {
    let config = tempfile::tempdir().unwrap();
    write(config.path(), "edge", "tcp://edge", "{}");
    let mut settings = of(config.path(), "edge");
    settings.docker_tls_verify = Some("1".to_owned());
    let endpoint = Endpoint::resolve(&settings).unwrap();
    assert_eq!(endpoint.to_string(), "tcp://edge:2375");
    assert!(endpoint.tls.is_none());
}
