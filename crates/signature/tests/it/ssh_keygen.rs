//! Signatures that `ssh-keygen -Y sign` creates, compared with the verdict of `ssh-keygen -Y
//! verify`.

use sealift_signature::VerifyErrorKind::{self, *};
use sealift_signature::{Format, format_of, key_of};

use crate::keys::{Keys, NAMESPACE, revoked, signers, verified, without_fingerprints};

const KINDS: [(&str, &[&str]); 5] = [
    ("ed25519", &["-t", "ed25519"]),
    ("p256", &["-t", "ecdsa", "-b", "256"]),
    ("p384", &["-t", "ecdsa", "-b", "384"]),
    ("rsa2048", &["-t", "rsa", "-b", "2048"]),
    ("rsa3000", &["-t", "rsa", "-b", "3000"]),
];

#[test]
fn signatures_of_every_supported_type_of_key_are_verified_with_both_hashes() {
    let Some(keys) = Keys::new() else { return };
    for (name, options) in KINDS {
        let line = format!("{name}@example.org {}", keys.make(name, options));
        for hash in ["sha256", "sha512"] {
            let signature = keys.sign(name, &["-O", &format!("hashalg={hash}")]);
            let signer = verified(&signers(&line), &signature).unwrap();
            assert_eq!(signer.name, format!("{name}@example.org"));
            assert_eq!(Some(signer.name), keys.judged(&line, &signature));
            assert_eq!(format_of(&signature), Some(Format::Ssh));
            let mut list = keys.ssh_keygen();
            let listed = sealift_testing::output_of(list.args(["-l", "-f", name]));
            let fingerprint = listed.split(' ').nth(1).unwrap();
            assert!(signer.key.ends_with(&format!(" {fingerprint}")), "{listed} {}", signer.key);
            assert_eq!(key_of(&signature), Some(signer.key));
        }
    }
}

#[test]
fn an_unsupported_type_of_key_is_an_error() {
    let Some(keys) = Keys::new() else { return };
    let line = format!("a {}", keys.make("p521", &["-t", "ecdsa", "-b", "521"]));
    let error = verified(&signers(&line), &keys.sign("p521", &[])).unwrap_err();
    assert_eq!(error.kind(), Unsupported);
    assert_eq!(
        error.to_string(),
        "the signature cannot be verified: keys of type ecdsa-sha2-nistp521 are not supported"
    );
    let line = format!("a {}", keys.make("small", &["-t", "rsa", "-b", "1024"]));
    let error = verified(&signers(&line), &keys.sign("small", &[])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the signature cannot be verified: RSA keys of 1024 bits are not supported"
    );
}

#[test]
fn each_reason_to_refuse_has_a_message_and_ssh_keygen_refuses_as_well() {
    let Some(keys) = Keys::new() else { return };
    let public = keys.make("key", &["-t", "ed25519"]);
    let other = keys.make("other", &["-t", "ed25519"]);
    let signature = keys.sign("key", &[]);
    let refused = |signers_text: &str, signature: &[u8]| -> (VerifyErrorKind, String) {
        assert_eq!(keys.judged(signers_text, signature), None, "{signers_text}");
        let error = verified(&signers(signers_text), signature).unwrap_err();
        (error.kind(), without_fingerprints(&error.to_string()))
    };
    let line = |options: &str| format!("release@example.org {options} {public}");
    let good = line("");

    assert_eq!(
        refused(&format!("other@example.org {other}"), &signature),
        (UnknownKey, "no signer has the key ssh-ed25519 SHA256:…, which made the signature".into())
    );
    assert_eq!(
        refused(&good, &keys.sign_for("key", "file", &[])),
        (
            OtherNamespace,
            "the signature was made for the namespace `file`, not for `test-sums`".into()
        )
    );
    assert_eq!(
        refused(&line("namespaces=\"git,file\""), &signature),
        (
            NotAllowed,
            "the key of release@example.org is allowed to sign for git,file only, not for test-sums".into()
        )
    );
    assert_eq!(
        refused(&line("valid-before=\"20200102\""), &signature),
        (Expired, "the key of release@example.org expired on 2020-01-02".into())
    );
    assert_eq!(
        refused(&line("valid-after=\"29990102\""), &signature),
        (NotYetValid, "the key of release@example.org is not valid before 2999-01-02".into())
    );
    assert_eq!(
        refused(&line("cert-authority"), &signature).0,
        UnknownKey,
        "the key of an authority signs certificates only"
    );
    assert_eq!(
        refused(&good, b"").1,
        "the signature is not valid: it does not begin with `BEGIN SSH SIGNATURE`"
    );

    let error = sealift_signature::verify(
        b"other content",
        &signature,
        NAMESPACE,
        &signers(&good),
        sealift_signature::jiff::Timestamp::now(),
    );
    let error = error.unwrap_err();
    assert_eq!(error.kind(), Mismatch);
    assert_eq!(
        without_fingerprints(&error.to_string()),
        "the signature does not match the content; it names the key ssh-ed25519 SHA256:…"
    );

    let with_revoked = signers(&good).with_revoked(revoked(&format!("# left in May\n\n{public}")));
    let error = verified(&with_revoked, &signature).unwrap_err();
    assert_eq!(error.kind(), Revoked);
    assert_eq!(without_fingerprints(&error.to_string()), "the key ssh-ed25519 SHA256:… is revoked");
    let others = signers(&good).with_revoked(revoked(&other));
    assert!(verified(&others, &signature).is_ok());
}

#[test]
fn a_later_line_can_accept_a_key_that_an_earlier_line_refuses() {
    let Some(keys) = Keys::new() else { return };
    let public = keys.make("key", &["-t", "ed25519"]);
    let signature = keys.sign("key", &[]);
    let text = format!(
        "# release keys\n\nold@example.org valid-before=\"20200101Z\" {public}\
         \"new one@example.org\" namespaces=\"git,test-*\" {public}"
    );
    assert_eq!(verified(&signers(&text), &signature).unwrap().name, "new one@example.org");
    assert_eq!(keys.judged(&text, &signature).as_deref(), Some("new one@example.org"));
}

#[test]
fn an_invalid_file_of_signers_is_refused() {
    let Some(keys) = Keys::new() else { return };
    let public = keys.make("key", &["-t", "ed25519"]);
    let parse = |bytes: &[u8]| {
        let zone = sealift_signature::jiff::tz::TimeZone::UTC;
        sealift_signature::Signers::parse(bytes, &zone).unwrap_err().to_string()
    };
    let secret = crate::keys::read(&keys.path("key"));
    assert_eq!(parse(&secret), "it is a private key; use the public keys");
    assert_eq!(
        parse(public.as_bytes()),
        "line 1 cannot be used: it is a public key without the name of its owner; put the name \
         first, as in `release@example.org ssh-ed25519 AAAA…`"
    );
    assert_eq!(parse(b"# nobody\n"), "it contains no signer");
    assert_eq!(parse(b"\xff"), "it is not a text of public keys");
    assert_eq!(
        parse(format!("a {public}b {public}c x\n").as_bytes()),
        "line 3 cannot be used: `x` is neither an option nor a type of key"
    );
}

#[test]
fn a_binary_revocation_list_is_refused_with_a_hint() {
    let Some(keys) = Keys::new() else { return };
    keys.make("key", &["-t", "ed25519"]);
    let mut make = keys.ssh_keygen();
    sealift_testing::output_of(make.args(["-k", "-f", "krl", "key.pub"]));
    let error = sealift_signature::RevokedKeys::parse(&crate::keys::read(&keys.path("krl")));
    assert_eq!(
        error.unwrap_err().to_string(),
        "binary key revocation lists (ssh-keygen -k) are not supported; list the public keys, one \
         on each line"
    );
}
