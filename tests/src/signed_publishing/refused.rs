//! Refused signatures.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::signed_publishing::{Publisher, files};

#[test]
fn unusable_keys_are_refused_and_nothing_is_uploaded() {
    let Some(mut publisher) = Publisher::new() else { return };
    let said = publisher.publish(&["--sign", "missing"]);
    assert_eq!(
        said.refusal(),
        "[2]\nerror: could not sign with missing: the key cannot be read: No such file or directory \
         (os error 2)\n"
    );
    fs::set_permissions(publisher.path("release"), fs::Permissions::from_mode(0o644)).unwrap();
    let said = publisher.assert_refused(
        &["--sign", "release"],
        "could not sign with release: ssh-keygen failed with exit status: 255",
    );
    assert!(said.stderr.contains("UNPROTECTED PRIVATE KEY FILE"), "{said:?}");
    fs::set_permissions(publisher.path("release"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(publisher.path("secret"), "untrusted comment: minisign encrypted secret key\n")
        .unwrap();
    publisher.variables = vec![("PATH", "/nonexistent".to_owned())];
    publisher.assert_refused(
        &["--sign", "release"],
        "could not sign with release: ssh-keygen is not installed",
    );
    publisher.assert_refused(
        &["--sign", "secret"],
        "could not sign with secret: minisign is not installed",
    );
    publisher.variables.clear();
    publisher.make_key("p521", &["-t", "ecdsa", "-b", "521"]);
    publisher.assert_refused(
        &["--sign", "p521"],
        "the signature by p521 would be refused: the signature cannot be verified: keys of type \
         ecdsa-sha2-nistp521 are not supported",
    );
    let said = publisher.assert_refused(
        &["--sign", "other", "--signed-by", "signers"],
        "the signature by other would be refused: no signer has the key ssh-ed25519 SHA256:…, \
         which made the signature",
    );
    assert!(
        said.stderr.ends_with("hint: pass --signed-by FILE with the signers that readers trust\n")
    );
    assert!(!publisher.path("published").exists());
}

#[test]
fn a_signed_destination_stays_signed() {
    let Some(publisher) = Publisher::new() else { return };
    publisher.published(&["--sign", "release"]);
    let said = publisher.published(&[]);
    assert!(said.stdout.ends_with("config  published/images.json  unchanged\n"), "{said:?}");
    publisher.add("web:2.0", 2);
    let said = publisher.assert_refused(
        &[],
        "published/images.json is signed, and was not replaced by one without a signature",
    );
    assert!(said.stderr.ends_with(
        "hint: pass --sign KEY, or pass --unsigned if readers no longer require a signature\n"
    ));
    let said = publisher.assert_refused(
        &["--sign", "other"],
        "published/images.json was signed with another key: the signature was made by the key \
         ssh-ed25519 SHA256:…, not by ssh-ed25519 SHA256:…",
    );
    assert!(said.stderr.contains("hint: pass --signed-by FILE with the new key"), "{said:?}");
    publisher.trust("both", &["release", "other"]);
    publisher.published(&["--sign", "other", "--signed-by", "both"]);
    publisher.assert_fetched("both");
    assert_eq!(publisher.fetch(&["--signed-by", "signers"]).code, 1);
    publisher.add("web:3.0", 3);
    publisher.published(&["--unsigned"]);
    assert!(!publisher.path("published/SHA256SUMS.sig").exists());
    assert_eq!(publisher.fetch(&["--signed-by", "both"]).code, 1);
    // The config stays unchanged and signed.
    let config = fs::read(publisher.path("published/images.json")).unwrap();
    let said = publisher.published(&["--sign", "release"]);
    assert!(said.stdout.contains("config  published/images.json  signed by ssh-ed25519 SHA256:"));
    assert_eq!(fs::read(publisher.path("published/images.json")).unwrap(), config);
    publisher.assert_fetched("signers");
}

#[test]
fn entries_of_other_images_are_signed_only_with_a_valid_signature() {
    let Some(publisher) = Publisher::new() else { return };
    publisher.add_to("theirs", "api:1.0", 7);
    let publish = |options: &[&str]| publisher.publish_from("theirs", options);
    assert_eq!(publish(&[]).code, 0);
    let said = publisher.assert_refused(
        &["--sign", "release"],
        "cannot sign the entries of other images in published/images.json, api: not signed, there \
         is no published/SHA256SUMS.….sig",
    );
    assert!(said.stderr.contains("hint: pass --signed-by FILE with the signers of that config"));
    // Another key cannot sign them.
    assert_eq!(publish(&["--sign", "other"]).code, 0);
    publisher.assert_refused(
        &["--sign", "release"],
        "cannot sign the entries of other images in published/images.json, api: the \
         signature was made by the key ssh-ed25519 SHA256:…, not by ssh-ed25519 SHA256:…",
    );
    publisher.assert_refused(
        &["--sign", "release", "--signed-by", "signers"],
        "cannot sign the entries of other images in published/images.json, api: no signer has the \
         key ssh-ed25519 SHA256:…, which made the signature",
    );
    publisher.trust("both", &["release", "other"]);
    publisher.published(&["--sign", "release", "--signed-by", "both"]);
    publisher.assert_fetched("signers");
    assert_eq!(files(&publisher.path("fetched")).len(), 2);
    // The same key can sign again without `--signed-by`.
    publisher.add("web:2.0", 2);
    publisher.published(&["--sign", "release"]);

    // A user who can write, but not sign, adds an entry.
    publisher.add_to("theirs", "api:2.0", 8);
    assert_eq!(publish(&["--unsigned"]).code, 0);
    publisher.add("web:3.0", 3);
    publisher.assert_refused(
        &["--sign", "release"],
        "cannot sign the entries of other images in published/images.json, api: not signed, there \
         is no published/SHA256SUMS.….sig",
    );
    publisher.published(&["--sign", "release", "--sign-existing"]);
    publisher.assert_fetched("signers");
}

#[test]
fn an_old_config_with_its_signature_at_the_destination_is_not_signed_again() {
    let Some(publisher) = Publisher::new() else { return };
    publisher.add_to("theirs", "api:1.0", 7);
    let publish = || assert_eq!(publisher.publish_from("theirs", &["--sign", "release"]).code, 0);
    publish();
    publisher.published(&["--sign", "release"]);
    let old = publisher.destination();
    publisher.add_to("theirs", "api:2.0", 8);
    publish();
    publisher.add("web:2.0", 2);
    publisher.published(&["--sign", "release"]);
    publisher.assert_fetched("signers");

    // A user who can write, but not sign, restores the entry of the old version.
    for (name, content) in old {
        fs::write(publisher.path("published").join(name), content).unwrap();
    }
    publisher.add("web:3.0", 3);
    publisher.assert_refused(
        &["--sign", "release"],
        "cannot sign the entries of other images in published/images.json, api: it is older than the \
         last config that was published from this folder (sequence 2, published 4)",
    );
    // Its publisher replaces it, with a number that readers accept.
    let said = publisher.publish_from("theirs", &["--sign", "release", "--sign-existing"]);
    assert_eq!(said.code, 0, "{said:?}");
    publisher.published(&["--sign", "release"]);
    let said = publisher.run(&[
        "--dir",
        "fetched",
        "fetch",
        "published",
        "--signed-by",
        "signers",
        "--json",
    ]);
    let report: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(report["config"]["sequence"], 5, "{said:?}");
}
