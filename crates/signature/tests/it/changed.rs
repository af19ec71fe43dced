//! Signatures in which a byte was changed are refused.

use sealift_testing::output_of;

use crate::keys::{Keys, armored, dearmored, signers, verified};

/// Changes each byte of a signature in three ways.
fn changes(signature: &[u8], signers_text: &str) {
    let signers = signers(signers_text);
    let blob = dearmored(signature);
    assert!(verified(&signers, &armored(&blob)).is_ok());
    for place in 0..blob.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut changed = blob.clone();
            changed[place] ^= change;
            assert!(verified(&signers, &armored(&changed)).is_err(), "byte {place} ^ {change}");
        }
        assert!(verified(&signers, &armored(&blob[..place])).is_err(), "{place} bytes");
    }
    let longer = [blob.as_slice(), b"\0"].concat();
    assert!(verified(&signers, &armored(&longer)).is_err());
}

#[test]
fn by_an_ed25519_key() {
    let Some(keys) = Keys::new() else { return };
    let public = keys.make("key", &["-t", "ed25519"]);
    changes(&keys.sign("key", &[]), &format!("a {public}"));
}

#[test]
fn by_an_ecdsa_key() {
    let Some(keys) = Keys::new() else { return };
    let public = keys.make("key", &["-t", "ecdsa", "-b", "384"]);
    changes(&keys.sign("key", &[]), &format!("a {public}"));
}

#[test]
fn by_an_rsa_key() {
    let Some(keys) = Keys::new() else { return };
    let public = keys.make("key", &["-t", "rsa", "-b", "2048"]);
    changes(&keys.sign("key", &[]), &format!("a {public}"));
}

#[test]
fn with_a_certificate() {
    let Some(keys) = Keys::new() else { return };
    let authority = keys.make("authority", &["-t", "ecdsa", "-b", "256"]);
    keys.make("key", &["-t", "ed25519"]);
    let mut certify = keys.ssh_keygen();
    output_of(certify.args(["-q", "-s", "authority", "-I", "id", "-n", "a", "key.pub"]));
    changes(&keys.sign("key-cert.pub", &[]), &format!("a cert-authority {authority}"));
}
