//! The files at the destination.

use std::fs;
use std::process::Command;

use sealift_testing::{output_of, program};
use serde_json::Value;

use crate::signed_publishing::Publisher;

#[test]
fn other_programs_verify_what_was_signed() {
    let Some(publisher) = Publisher::new() else { return };
    publisher.published(&["--sign", "release"]);
    let folder = publisher.path("published");
    let verify = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-n", "sealift-sums", "-I", "release@example.org"])
        .args(["-f", "../signers", "-s", "SHA256SUMS.sig"])
        .current_dir(&folder)
        .stdin(fs::File::open(folder.join("SHA256SUMS")).unwrap())
        .output()
        .unwrap();
    assert!(verify.status.success(), "{verify:?}");
    let Some(sha256sum) = program("sha256sum") else { return };
    let mut check = Command::new(sha256sum);
    output_of(check.args(["--strict", "-c", "SHA256SUMS"]).current_dir(&folder));
    let sums = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    assert!(sums.contains("  images.json\n") && sums.contains("  web_1.0_"), "{sums}");
    // A copy of the destination is a folder of archives with a signature.
    let said = publisher.run(&["--dir", "published", "verify", "--signed-by", "signers"]);
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn delete_keeps_the_signed_checksums_of_this_config_and_the_one_before() {
    let Some(publisher) = Publisher::new() else { return };
    let signed = || {
        let files = publisher.destination().into_keys();
        files.filter(|name| name.starts_with("SHA256SUMS.") && name.len() > 20).count()
    };
    for (version, seed) in [("1.0", 1), ("2.0", 2), ("3.0", 3)] {
        publisher.add(&format!("web:{version}"), seed);
        publisher.published(&["--sign", "release"]);
    }
    assert_eq!(signed(), 6);
    // Which config was before is not known, so none is removed.
    publisher.published(&["--sign", "release", "--delete"]);
    assert_eq!(signed(), 6);
    publisher.add("web:4.0", 4);
    publisher.published(&["--sign", "release", "--delete", "--keep", "1"]);
    assert_eq!(signed(), 4);
    publisher.assert_fetched("signers");
}

#[test]
fn a_plan_signs_nothing() {
    let Some(publisher) = Publisher::new() else { return };
    let said = publisher.published(&["--sign", "release", "--dry-run"]);
    assert!(said.stdout.ends_with("config  published/images.json  would be written and signed\n"));
    publisher.published(&[]);
    let said = publisher.published(&["--sign", "release", "--dry-run"]);
    assert!(said.stdout.ends_with("config  published/images.json  would be signed\n"), "{said:?}");
    let said = publisher.published(&["--sign", "release", "--json"]);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let config = &report["config"];
    assert_eq!((&config["changed"], &config["signed"]), (&false.into(), &true.into()));
    assert!(config["signed_by"]["key"].as_str().unwrap().starts_with("ssh-ed25519 SHA256:"));
}
