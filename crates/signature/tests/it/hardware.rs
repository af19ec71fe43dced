//! Hardware keys. Tests have no token, so a key in memory signs the bytes that a token would sign.
//! `ssh-keygen -Y verify` accepts the result.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, SHA512, digest};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use sealift_signature::VerifyErrorKind::*;

use crate::keys::{Keys, MESSAGE, NAMESPACE, armored, signers, verified};

const ED25519: &str = "sk-ssh-ed25519@openssh.com";
const P256: &str = "sk-ecdsa-sha2-nistp256@openssh.com";

enum Token {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

fn number(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap();
    let zero: &[u8] = if bytes[start] >= 0x80 { &[0] } else { &[] };
    string(&[zero, &bytes[start..]].concat())
}

impl Token {
    fn both() -> [Self; 2] {
        let random = SystemRandom::new();
        let ed25519 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let p256 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        [
            Self::Ed25519(Ed25519KeyPair::from_pkcs8(ed25519.as_ref()).unwrap()),
            Self::P256(EcdsaKeyPair::from_pkcs8(algorithm, p256.as_ref(), &random).unwrap()),
        ]
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => ED25519,
            Self::P256(_) => P256,
        }
    }

    fn public(&self, application: &str) -> Vec<u8> {
        let key = match self {
            Self::Ed25519(key) => string(key.public_key().as_ref()),
            Self::P256(key) => [string(b"nistp256"), string(key.public_key().as_ref())].concat(),
        };
        [string(self.kind().as_bytes()), key, string(application.as_bytes())].concat()
    }

    /// Signs the message as a token does.
    fn sign(&self, application: &str, flags: u8) -> Vec<u8> {
        let message = [
            b"SSHSIG".to_vec(),
            string(NAMESPACE.as_bytes()),
            string(b""),
            string(b"sha512"),
            string(digest(&SHA512, MESSAGE).as_ref()),
        ]
        .concat();
        let counter = 7_u32.to_be_bytes();
        let signed = [
            digest(&SHA256, application.as_bytes()).as_ref(),
            &[flags],
            &counter,
            digest(&SHA256, &message).as_ref(),
        ]
        .concat();
        let signature = match self {
            Self::Ed25519(key) => key.sign(&signed).as_ref().to_vec(),
            Self::P256(key) => {
                let fixed = key.sign(&SystemRandom::new(), &signed).unwrap();
                let (r, s) = fixed.as_ref().split_at(32);
                [number(r), number(s)].concat()
            }
        };
        let kind = string(self.kind().as_bytes());
        let signature = [kind, string(&signature), vec![flags], counter.to_vec()].concat();
        let blob = [
            b"SSHSIG\0\0\0\x01".to_vec(),
            string(&self.public(application)),
            string(NAMESPACE.as_bytes()),
            string(b""),
            string(b"sha512"),
            string(&signature),
        ];
        armored(&blob.concat())
    }

    fn line(&self, application: &str) -> String {
        format!("release {} {}\n", self.kind(), STANDARD.encode(self.public(application)))
    }
}

#[test]
fn a_signature_by_a_touched_token_is_accepted() {
    let keys = Keys::new();
    for token in Token::both() {
        for application in ["ssh:", "ssh:release"] {
            let (line, signature) = (token.line(application), token.sign(application, 1));
            assert_eq!(verified(&signers(&line), &signature).unwrap().name, "release");
            if let Some(keys) = &keys {
                assert_eq!(keys.judged(&line, &signature).as_deref(), Some("release"));
            }
        }
    }
}

#[test]
fn a_signature_by_an_untouched_token_is_refused() {
    for token in Token::both() {
        let error = verified(&signers(&token.line("ssh:")), &token.sign("ssh:", 4)).unwrap_err();
        assert_eq!(error.kind(), NobodyPresent);
        assert!(error.to_string().ends_with("was not touched when it signed"), "{error}");
    }
}

#[test]
fn another_application_is_another_key() {
    for token in Token::both() {
        let error = verified(&signers(&token.line("ssh:")), &token.sign("ssh:other", 1));
        assert_eq!(error.unwrap_err().kind(), UnknownKey);
    }
}
