//! Certificates: a key with names and a validity period, signed by an authority.

use crate::public_key::{ED25519, P256, P384, PublicKey, RSA, SK_ED25519, SK_P256};
use crate::raw_signature::{self, Fault};
use crate::wire::Reader;

/// The types of certificates, and the type of key in each.
const KINDS: [(&str, &str); 6] = [
    ("ssh-ed25519-cert-v01@openssh.com", ED25519),
    ("ssh-rsa-cert-v01@openssh.com", RSA),
    ("ecdsa-sha2-nistp256-cert-v01@openssh.com", P256),
    ("ecdsa-sha2-nistp384-cert-v01@openssh.com", P384),
    ("sk-ssh-ed25519-cert-v01@openssh.com", SK_ED25519),
    ("sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", SK_P256),
];

/// The number of certificates for users. Those for hosts have another number.
const USER: u32 = 1;

/// A certificate whose signature by its authority is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    pub(crate) key: PublicKey,
    /// The key of the authority.
    pub(crate) authority: PublicKey,
    is_for_user: bool,
    /// The names for which the certificate was issued.
    pub(crate) principals: Vec<String>,
    /// The validity period in seconds since 1970, without its end.
    pub(crate) valid_after: u64,
    pub(crate) valid_before: u64,
    /// The names of the critical options.
    critical: Vec<String>,
}

/// Returns the type of key in a type of certificate, or `None` if it is not a type of certificate.
pub(crate) fn key_kind(kind: &str) -> Option<&'static str> {
    KINDS.iter().find(|(certificate, _)| *certificate == kind).map(|(_, key)| *key)
}

impl Certificate {
    /// Parses a certificate and verifies the signature of its authority.
    pub(crate) fn read(blob: &[u8]) -> Result<Self, Fault> {
        let (certificate, signed, signature) = Self::parse(blob).ok_or(Fault::Malformed)?;
        raw_signature::verify(&certificate.authority, signature, signed)?;
        Ok(certificate)
    }

    /// Returns a certificate, the bytes that its authority signed, and the signature.
    fn parse(blob: &[u8]) -> Option<(Self, &[u8], &[u8])> {
        let mut reader = Reader::new(blob);
        let key_kind = key_kind(reader.text()?)?;
        let _nonce = reader.string()?;
        let key = PublicKey::read_fields(key_kind, &mut reader)?;
        let _serial = reader.u64()?;
        let kind = reader.u32()?;
        let _key_id = reader.string()?;
        let principals = texts(reader.string()?)?;
        let valid_after = reader.u64()?;
        let valid_before = reader.u64()?;
        let critical = names(reader.string()?)?;
        let _extensions = names(reader.string()?)?;
        let _reserved = reader.string()?;
        // The authority is a plain key, because certificates do not form chains.
        let authority = PublicKey::read(reader.string()?)?;
        let signed = &blob[..blob.len() - reader.rest().len()];
        let signature = reader.string()?;
        let is_for_user = kind == USER;
        let certificate =
            Self { key, authority, is_for_user, principals, valid_after, valid_before, critical };
        reader.is_empty().then_some((certificate, signed, signature))
    }

    /// Returns the reason why the certificate can never sign files, or `None` if it can.
    ///
    /// OpenSSH ignores critical options of certificates that sign files. Here, every critical
    /// option except a fulfilled `verify-required` is refused, because these options restrict the
    /// use of a key.
    pub(crate) fn flaw(&self, user_verified: bool) -> Option<String> {
        if !self.is_for_user {
            return Some("its certificate is for a host, not for a user".to_owned());
        }
        if self.principals.is_empty() {
            return Some("its certificate contains no principal".to_owned());
        }
        let fits = |option: &&String| option.as_str() == "verify-required" && user_verified;
        let option = self.critical.iter().find(|option| !fits(option))?;
        Some(match option.as_str() {
            "verify-required" => {
                "its certificate requires a token that verifies its user".to_owned()
            }
            other => format!("its certificate has the critical option `{other}`"),
        })
    }
}

fn texts(list: &[u8]) -> Option<Vec<String>> {
    let mut reader = Reader::new(list);
    let mut texts = Vec::new();
    while !reader.is_empty() {
        texts.push(reader.text()?.to_owned());
    }
    Some(texts)
}

/// Returns the names in a list of names and values.
fn names(list: &[u8]) -> Option<Vec<String>> {
    let mut reader = Reader::new(list);
    let mut names = Vec::new();
    while !reader.is_empty() {
        names.push(reader.text()?.to_owned());
        reader.string()?;
    }
    Some(names)
}
