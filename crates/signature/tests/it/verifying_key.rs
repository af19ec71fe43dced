//! The public key of a signing key.

use std::fs;

use sealift_signature::{SigningKey, VerifyErrorKind, VerifyingKey};

use crate::keys::{Keys, MESSAGE, NAMESPACE};

fn verifying_key(keys: &Keys, name: &str) -> Option<VerifyingKey> {
    SigningKey::open(keys.path(name)).unwrap().verifying_key()
}

#[test]
fn the_public_key_is_read_from_the_key_or_from_the_file_beside_it() {
    let Some(keys) = Keys::new() else { return };
    for (name, options, needs_public) in [
        ("ed25519", &["-t", "ed25519"][..], false),
        ("p384", &["-t", "ecdsa", "-b", "384"], false),
        ("locked", &["-t", "ed25519", "-N", "password"], false),
        ("rsa", &["-t", "rsa", "-b", "2048"], false),
        ("pem", &["-t", "rsa", "-b", "2048", "-m", "PEM"], true),
    ] {
        keys.make(name, options);
        let key = verifying_key(&keys, name).unwrap();
        assert_eq!(verifying_key(&keys, &format!("{name}.pub")).unwrap(), key);
        fs::remove_file(keys.path(&format!("{name}.pub"))).unwrap();
        assert_eq!(verifying_key(&keys, name), (!needs_public).then_some(key), "{name}");
    }
    fs::write(keys.path("nothing"), "nothing").unwrap();
    assert_eq!(verifying_key(&keys, "nothing"), None);
}

#[test]
fn only_signatures_of_its_own_key_are_verified() {
    let Some(keys) = Keys::new() else { return };
    for name in ["key", "other"] {
        keys.make(name, &["-t", "ed25519"]);
    }
    let key = verifying_key(&keys, "key").unwrap();
    let signature = keys.sign("key", &[]);
    let signer = key.verify(MESSAGE, &signature, NAMESPACE).unwrap();
    assert!(signer.name.starts_with("ssh-ed25519 SHA256:"));
    assert!(key.is_named_by(&signature));
    let kind = |message: &[u8], signature: &[u8], namespace: &str| {
        key.verify(message, signature, namespace).unwrap_err().kind()
    };
    assert_eq!(kind(b"other", &signature, NAMESPACE), VerifyErrorKind::Mismatch);
    assert_eq!(kind(MESSAGE, &signature, "other"), VerifyErrorKind::OtherNamespace);
    assert_eq!(kind(MESSAGE, b"nothing", NAMESPACE), VerifyErrorKind::Malformed);
    let other = keys.sign("other", &[]);
    assert_eq!(kind(MESSAGE, &other, NAMESPACE), VerifyErrorKind::UnknownKey);
    assert!(!key.is_named_by(&other));
}

#[test]
fn the_certificate_is_part_of_the_public_key() {
    let Some(keys) = Keys::new() else { return };
    for name in ["key", "authority"] {
        keys.make(name, &["-t", "ed25519"]);
    }
    let mut certify = keys.ssh_keygen();
    certify.args(["-q", "-s", "authority", "-I", "id", "-n", "name", "key.pub"]);
    sealift_testing::output_of(&mut certify);
    let (plain, certified) = (keys.sign("key", &[]), keys.sign("key-cert.pub", &[]));
    let (key, certificate) =
        (verifying_key(&keys, "key").unwrap(), verifying_key(&keys, "key-cert.pub").unwrap());
    for signature in [&plain, &certified] {
        assert!(key.verify(MESSAGE, signature, NAMESPACE).is_ok());
        assert!(certificate.verify(MESSAGE, signature, NAMESPACE).is_ok());
    }
    assert!(key.is_named_by(&plain) && !key.is_named_by(&certified));
    assert!(certificate.is_named_by(&certified) && !certificate.is_named_by(&plain));
}

#[test]
fn a_public_key_of_minisign_is_read_from_the_file_beside_the_key() {
    let Some(minisign) = sealift_testing::program("minisign") else { return };
    let folder = tempfile::tempdir().unwrap();
    let make = |public: &str, secret: &str| {
        let mut make = std::process::Command::new(&minisign);
        make.args(["-G", "-W", "-p", public, "-s", secret]).current_dir(folder.path());
        sealift_testing::output_of(&mut make);
        SigningKey::open(folder.path().join(secret)).unwrap()
    };
    assert_eq!(make("elsewhere", "release.key").verifying_key(), None);
    for (public, secret) in [("a.pub", "a.key"), ("b.pub", "b"), ("c.key.pub", "c.key")] {
        let key = make(public, secret);
        let verifying_key = key.verifying_key().unwrap();
        let signature = key.sign(MESSAGE, NAMESPACE, "SUMS", &|| false).unwrap();
        assert!(verifying_key.verify(MESSAGE, &signature, NAMESPACE).is_ok());
        assert!(verifying_key.verify(b"other", &signature, NAMESPACE).is_err());
        assert!(verifying_key.is_named_by(&signature));
    }
}
