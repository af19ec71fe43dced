//! Certificates that `ssh-keygen -s` creates.

use sealift_signature::VerifyErrorKind::*;
use sealift_testing::output_of;

use crate::keys::{Keys, revoked, signers, verified, without_fingerprints};

/// Creates an authority and a key. `certify` creates certificates for the key.
fn authority() -> Option<(Keys, String)> {
    let keys = Keys::new()?;
    let authority = keys.make("authority", &["-t", "ed25519"]);
    Some((keys, authority))
}

/// Signs the message with a key that has a certificate with these options.
fn sign(keys: &Keys, name: &str, options: &[&str]) -> Vec<u8> {
    let mut certify = keys.ssh_keygen();
    certify.args(["-q", "-s", "authority", "-I", "some id"]).args(options);
    output_of(certify.arg(format!("{name}.pub")));
    keys.sign(&format!("{name}-cert.pub"), &[])
}

#[test]
fn certificates_for_and_by_every_type_of_key_are_accepted() {
    let Some(keys) = Keys::new() else { return };
    let kinds = [
        ("ed25519", &["-t", "ed25519"][..]),
        ("p256", &["-t", "ecdsa", "-b", "256"]),
        ("p384", &["-t", "ecdsa", "-b", "384"]),
        ("rsa", &["-t", "rsa", "-b", "2048"]),
    ];
    for (name, options) in kinds {
        let authority = keys.make("authority", options);
        keys.make(name, options);
        let signature = sign(&keys, name, &["-n", "ann,bob@example.org"]);
        let line = format!("*@example.org cert-authority {authority}");
        let signer = verified(&signers(&line), &signature).unwrap();
        assert_eq!(signer.name, "bob@example.org", "{name}");
        assert_eq!(keys.judged(&line, &signature).as_deref(), Some("bob@example.org"));
        for made in ["authority", "authority.pub"] {
            std::fs::remove_file(keys.path(made)).unwrap();
        }
    }
}

#[test]
fn each_reason_to_refuse_a_certificate_has_a_message() {
    let Some((keys, authority)) = authority() else { return };
    let key = keys.make("key", &["-t", "ed25519"]);
    let line = format!("*@example.org cert-authority {authority}");
    let refused = |line: &str, options: &[&str]| {
        let signature = sign(&keys, "key", options);
        let error = verified(&signers(line), &signature).unwrap_err();
        (error.kind(), without_fingerprints(&error.to_string()))
    };
    let name = ["-n", "bob@example.org"];

    assert_eq!(
        refused(&line, &["-n", "bob"]),
        (
            BadCertificate,
            "the signature is refused: its certificate is for bob, but the authority is accepted \
             for *@example.org only"
                .into()
        )
    );
    assert_eq!(
        refused(&line, &[]),
        (BadCertificate, "the signature is refused: its certificate contains no principal".into())
    );
    assert_eq!(
        refused(&line, &["-h", name[0], name[1]]),
        (
            BadCertificate,
            "the signature is refused: its certificate is for a host, not for a user".into()
        )
    );
    assert_eq!(
        refused(&line, &[name[0], name[1], "-O", "force-command=/bin/true"]),
        (
            BadCertificate,
            "the signature is refused: its certificate has the critical option `force-command`"
                .into()
        )
    );
    assert_eq!(
        refused(&line, &[name[0], name[1], "-V", "20200101:20200201"]),
        (Expired, "the certificate of bob@example.org expired on 2020-02-01".into())
    );
    assert_eq!(
        refused(&line, &[name[0], name[1], "-V", "20900101:20900201"]),
        (NotYetValid, "the certificate of bob@example.org is not valid yet".into())
    );
    let outdated = format!("*@example.org cert-authority,valid-before=\"20200101\" {authority}");
    assert_eq!(
        refused(&outdated, &name),
        (Expired, "the key of *@example.org expired on 2020-01-01".into())
    );
    assert_eq!(
        refused(&format!("bob@example.org {key}"), &name),
        (
            UnknownKey,
            "no signer has the key ssh-ed25519 SHA256:… with a certificate by ssh-ed25519 \
             SHA256:…, which made the signature"
                .into()
        ),
        "the line has the key, but the signature is by its certificate"
    );
}

#[test]
fn a_revoked_authority_and_a_revoked_key_with_a_certificate_are_refused() {
    let Some((keys, authority)) = authority() else { return };
    let key = keys.make("key", &["-t", "ed25519"]);
    let signature = sign(&keys, "key", &["-n", "bob"]);
    let signers = signers(&format!("bob cert-authority {authority}"));
    assert!(verified(&signers, &signature).is_ok());
    for (list, message) in [
        (key, "the key ssh-ed25519 SHA256:… is revoked"),
        (authority, "the authority of the certificate, ssh-ed25519 SHA256:…, is revoked"),
    ] {
        let error = verified(&signers.clone().with_revoked(revoked(&list)), &signature);
        let error = error.unwrap_err();
        assert_eq!(error.kind(), Revoked);
        assert_eq!(without_fingerprints(&error.to_string()), message);
    }
}
