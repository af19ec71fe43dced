//! Signing with the programs.

use std::fs;

use sealift_signature::{Format, SigningKey};

use crate::keys::{Keys, MESSAGE, NAMESPACE, signers, verified};

const GO_ON: &(dyn Fn() -> bool + Sync) = &|| false;

#[test]
fn ssh_keygen_signs() {
    let Some(keys) = Keys::new() else { return };
    let public = keys.make("key", &["-t", "ed25519"]);
    let key = SigningKey::open(keys.path("key")).unwrap();
    assert_eq!(key.format(), Format::Ssh);
    let signature = key.sign(MESSAGE, NAMESPACE, "SUMS", GO_ON).unwrap();
    assert_eq!(verified(&signers(&format!("a {public}")), &signature).unwrap().name, "a");
}

#[test]
fn minisign_signs() {
    let Some(program) = sealift_testing::program("minisign") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut make = std::process::Command::new(program);
    make.args(["-G", "-W", "-p", "key.pub", "-s", "key"]).current_dir(folder.path());
    sealift_testing::output_of(&mut make);
    let key = SigningKey::open(folder.path().join("key")).unwrap();
    assert_eq!(key.format(), Format::Minisign);
    let signature = key.sign(MESSAGE, NAMESPACE, "SUMS", GO_ON).unwrap();
    let public = fs::read_to_string(folder.path().join("key.pub")).unwrap();
    let signer = verified(&signers(&public), &signature).unwrap();
    assert!(signer.comment.unwrap().contains("file:SUMS"));
}

#[test]
fn a_failed_program_and_a_missing_key_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    assert_eq!(
        SigningKey::open(&missing).unwrap_err().to_string(),
        format!(
            "could not sign with {}: the key cannot be read: No such file or directory (os error 2)",
            missing.display()
        )
    );
    let Some(_) = sealift_testing::program("ssh-keygen") else { return };
    let wrong = folder.path().join("wrong");
    fs::write(&wrong, "not a key\n").unwrap();
    let key = SigningKey::open(&wrong).unwrap();
    let error = key.sign(MESSAGE, NAMESPACE, "SUMS", GO_ON).unwrap_err();
    assert!(!error.is_cancelled());
    assert_eq!(
        error.to_string(),
        format!("could not sign with {}: ssh-keygen failed with exit status: 255", wrong.display())
    );
}

#[test]
fn a_waiting_program_is_stopped() {
    let Some(keys) = Keys::new() else { return };
    // The program waits for its key, because the pipe has no writer.
    let pipe = keys.path("pipe");
    sealift_testing::output_of(std::process::Command::new("mkfifo").arg(&pipe));
    let writer = fs::File::options().read(true).write(true).open(&pipe).unwrap();
    std::io::Write::write_all(&mut &writer, &[b'x'; 1024]).unwrap();
    let key = SigningKey::open(&pipe).unwrap();
    let error = key.sign(MESSAGE, NAMESPACE, "SUMS", &|| true).unwrap_err();
    assert!(error.is_cancelled());
    assert!(error.to_string().ends_with(": ssh-keygen was stopped"), "{error}");
}
