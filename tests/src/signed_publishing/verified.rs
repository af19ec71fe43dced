//! `sealift verify DEST --signed-by`.

use crate::signed_publishing::{Publisher, without_sums};

#[test]
fn a_destination_is_verified_with_its_signature() {
    let Some(publisher) = Publisher::new() else { return };
    let verify = |signers: &str, options: &[&str]| {
        publisher.run(&[&["verify", "./published", "--signed-by", signers], options].concat())
    };
    let assert_refused = |signers: &str, options: &[&str], message: &str| {
        let said = verify(signers, options);
        assert_eq!((said.code, said.stdout.as_str()), (1, ""), "{said:?}");
        let error = without_sums(said.stderr.lines().next().unwrap());
        assert_eq!(error, format!("error: ./published/images.json {message}"));
    };
    publisher.published(&["--sign", "release"]);
    let said = verify("signers", &[]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.stderr.contains("config  signed by release@example.org\n"), "{said:?}");
    let said = verify("signers", &["--json"]);
    let report: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(report["signed_by"]["name"], "release@example.org");
    publisher.trust("others", &["other"]);
    assert_refused(
        "others",
        &[],
        "is not trusted: no signer has the key ssh-ed25519 SHA256:…, which made the signature",
    );
    let revoked = "is not trusted: the key ssh-ed25519 SHA256:… is revoked";
    assert_refused("signers", &["--revoked", "release.pub"], revoked);
    publisher.add("web:2.0", 2);
    publisher.published(&["--unsigned"]);
    let unsigned = "is not signed: there is no ./published/SHA256SUMS.….sig";
    assert_refused("signers", &[], unsigned);
    assert_eq!(publisher.run(&["verify", "./published"]).code, 0);
}
