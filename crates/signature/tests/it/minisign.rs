//! Signatures that minisign creates.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use sealift_signature::VerifyErrorKind::*;
use sealift_signature::{Format, RevokedKeys, format_of, key_of};
use sealift_testing::output_of;
use tempfile::TempDir;

use crate::keys::{MESSAGE, signers, verified};

struct Minisign {
    folder: TempDir,
    program: PathBuf,
}

impl Minisign {
    fn new() -> Option<Self> {
        let program = sealift_testing::program("minisign")?;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("message"), MESSAGE).unwrap();
        Some(Self { folder, program })
    }

    fn run(&self, arguments: &[&str]) {
        output_of(Command::new(&self.program).args(arguments).current_dir(self.folder.path()));
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name)).unwrap()
    }

    /// Creates a key without a password, and returns its public key file.
    fn make(&self, name: &str) -> String {
        self.run(&["-G", "-W", "-p", &format!("{name}.pub"), "-s", name]);
        String::from_utf8(self.read(&format!("{name}.pub"))).unwrap()
    }

    fn sign(&self, name: &str, options: &[&str]) -> Vec<u8> {
        self.run(&[&["-S", "-s", name, "-m", "message", "-x", "out"], options].concat());
        self.read("out")
    }
}

#[test]
fn a_signature_is_verified_with_the_public_key_file_or_the_key_alone() {
    let Some(minisign) = Minisign::new() else { return };
    let public = minisign.make("key");
    let other = minisign.make("other");
    let signature = minisign.sign("key", &["-t", "for the\tedge"]);
    let alone = public.lines().nth(1).unwrap();
    let both = format!("# both\n{other}{public}");
    for text in [public.as_str(), alone, &both] {
        let signers = signers(text);
        assert_eq!(signers.format(), Format::Minisign);
        let signer = verified(&signers, &signature).unwrap();
        let id = public.lines().next().unwrap().rsplit(' ').next().unwrap();
        assert_eq!(signer.key, id);
        assert_eq!(signer.to_string(), format!("minisign key {id}"));
        assert_eq!(key_of(&signature), Some(signer.to_string()));
        assert_eq!(signer.comment.as_deref(), Some("for the\\tedge"));
        assert_eq!(signer.signed_at, None);
    }
    assert_eq!(format_of(&signature), Some(Format::Minisign));
}

#[test]
fn the_default_comment_of_minisign_has_a_time() {
    let Some(minisign) = Minisign::new() else { return };
    let signers = signers(&minisign.make("key"));
    let signer = verified(&signers, &minisign.sign("key", &[])).unwrap();
    let age = sealift_signature::jiff::Timestamp::now().as_second()
        - signer.signed_at.unwrap().as_second();
    assert!((-5..3600).contains(&age), "{age}");
}

#[test]
fn each_reason_to_refuse_has_a_message() {
    let Some(minisign) = Minisign::new() else { return };
    let public = minisign.make("key");
    let other = minisign.make("other");
    let signature = minisign.sign("key", &[]);
    let refused = |signers_text: &str, signature: &[u8]| {
        let error = verified(&signers(signers_text), signature).unwrap_err();
        (error.kind(), error.to_string())
    };
    let id = |text: &str| text.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned();
    let (key, other_key) = (id(&public), id(&other));

    assert_eq!(
        refused(&other, &signature),
        (UnknownKey, format!("the minisign key {key} is not the expected one, {other_key}"))
    );
    assert_eq!(
        refused(&public, b"no signature").1,
        "the signature is not valid: it is not the output of minisign"
    );
    assert_eq!(
        refused(&public, b"-----BEGIN SSH SIGNATURE-----\n"),
        (OtherFormat, "it is a signature of SSH, but the signers have minisign keys".into())
    );
    let legacy = minisign.sign("key", &["-l"]);
    assert_eq!(
        refused(&public, &legacy),
        (
            Unsupported,
            "the signature cannot be verified: legacy signatures of minisign are not supported; \
             sign with `minisign -S -H`"
                .into()
        )
    );
    let text = String::from_utf8(signature.clone()).unwrap();
    let later = text.replace("timestamp:1", "timestamp:2");
    assert_ne!(later, text);
    assert_eq!(
        refused(&public, later.as_bytes()),
        (
            Mismatch,
            format!("the signature does not match the content; it names the key minisign {key}")
        )
    );
    let revoked = RevokedKeys::parse(public.as_bytes()).unwrap();
    let error = verified(&signers(&public).with_revoked(revoked), &signature).unwrap_err();
    assert_eq!(error.kind(), Revoked);
    assert_eq!(error.to_string(), format!("the minisign key {key} is revoked"));
}

#[test]
fn a_changed_byte_of_the_signature_or_of_its_comment_is_refused() {
    let Some(minisign) = Minisign::new() else { return };
    let signers = signers(&minisign.make("key"));
    let signature = minisign.sign("key", &["-t", "comment"]);
    let first = signature.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for place in first..signature.len() - 1 {
        let mut changed = signature.clone();
        changed[place] ^= 1;
        assert!(verified(&signers, &changed).is_err(), "byte {place}");
    }
}
