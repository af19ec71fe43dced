//! Properties that hold for arbitrary input.

use proptest::prelude::*;
use sealift_signature::jiff::{Timestamp, tz::TimeZone};
use sealift_signature::{RevokedKeys, Signers, key_of, verify};

use crate::keys::{Keys, armored, dearmored};

const LINE: &str = "a@example.org,\"b\" cert-authority,namespaces=\"x,!y\",valid-after=\"20260101Z\" \
                    ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBjX8dRpTmN1wuqWNZbR6QubmtEqZipO+0Wnbaq5z8E0 c";

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,80}",
        (0..LINE.len(), 0..LINE.len(), "[ -~]{0,3}").prop_map(|(from, to, put)| {
            let (from, to) = (from.min(to), from.max(to));
            format!("{}{put}{}", &LINE[..from], &LINE[to..])
        }),
    ]
}

proptest! {
    #[test]
    fn parsing_any_file_never_panics(text in text()) {
        let _ = Signers::parse(text.as_bytes(), &TimeZone::UTC);
        let _ = RevokedKeys::parse(text.as_bytes());
    }

    #[test]
    fn random_bytes_are_never_a_signature(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let signers = Signers::parse(LINE.as_bytes(), &TimeZone::UTC).unwrap();
        for signature in [armored(&bytes), armored(&[b"SSHSIG\0\0\0\x01", &bytes[..]].concat()), bytes] {
            let _ = key_of(&signature);
            prop_assert!(verify(b"", &signature, "x", &signers, Timestamp::now()).is_err());
        }
    }
}

#[test]
fn a_wrong_length_of_any_part_is_refused() {
    let Some(keys) = Keys::new() else { return };
    let public = keys.make("key", &["-t", "rsa", "-b", "2048"]);
    let signers = Signers::parse(format!("a {public}").as_bytes(), &TimeZone::UTC).unwrap();
    let blob = dearmored(&keys.sign("key", &[]));
    for place in 0..blob.len().saturating_sub(4) {
        for length in [0, 1, 0x7fff_ffff, u32::MAX] {
            let mut changed = blob.clone();
            changed[place..place + 4].copy_from_slice(&length.to_be_bytes());
            if changed != blob {
                let now = Timestamp::now();
                let verdict = verify(b"", &armored(&changed), "test-sums", &signers, now);
                assert!(verdict.is_err(), "{place} {length}");
            }
        }
    }
}
