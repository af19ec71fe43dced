//! SSH signatures, as described in PROTOCOL.sshsig of OpenSSH.

use ring::digest::{SHA256, SHA512, digest};
use sealift_filename::Printable;

use crate::armor;
use crate::certificate::{self, Certificate};
use crate::error::{VerifyError, VerifyErrorKind};
use crate::public_key::{PublicKey, plain_kind};
use crate::raw_signature::{self, Details, Fault};
use crate::wire::{Reader, put_string};

const MAGIC: &[u8] = b"SSHSIG";
const VERSION: u32 = 1;

/// A parsed signature. Nothing has been verified except the authority's signature of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SshSignature {
    pub(crate) key: SignatureKey,
    pub(crate) namespace: String,
    hash: Hash,
    signature: Vec<u8>,
}

/// The key that made a signature, alone or in a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SignatureKey {
    Plain(PublicKey),
    Certified(Box<Certificate>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha512,
}

impl SignatureKey {
    /// Returns the key, from the certificate if there is one.
    pub(crate) fn public_key(&self) -> &PublicKey {
        match self {
            Self::Plain(key) => key,
            Self::Certified(certificate) => &certificate.key,
        }
    }

    /// Parses a key or a certificate.
    pub(crate) fn read(blob: &[u8]) -> Result<Self, VerifyError> {
        let malformed = || VerifyError::malformed("its public key is damaged");
        let kind = Reader::new(blob).text().ok_or_else(malformed)?;
        if certificate::key_kind(kind).is_some() {
            return match Certificate::read(blob) {
                Ok(certificate) => Ok(Self::Certified(Box::new(certificate))),
                Err(Fault::Malformed) => Err(VerifyError::malformed("its certificate is damaged")),
                Err(Fault::Unsupported(what)) => Err(VerifyError::unsupported(&what)),
                Err(Fault::Mismatch | Fault::NobodyPresent) => Err(VerifyError::new(
                    VerifyErrorKind::BadCertificate,
                    "its certificate was not signed by the authority in it",
                )),
            };
        }
        if plain_kind(kind).is_none() {
            let what = format!("keys of type `{}`", Printable(kind));
            return Err(VerifyError::unsupported(&what));
        }
        PublicKey::read(blob).map(Self::Plain).ok_or_else(malformed)
    }
}

impl SshSignature {
    /// Parses the text of a signature.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, VerifyError> {
        let text =
            std::str::from_utf8(text).map_err(|_| VerifyError::malformed("it is not text"))?;
        Self::read(&armor::decode(text).map_err(VerifyError::malformed)?)
    }

    fn read(blob: &[u8]) -> Result<Self, VerifyError> {
        let damaged = || VerifyError::malformed("its content is damaged");
        let mut reader = Reader::new(blob);
        if reader.bytes(MAGIC.len()) != Some(MAGIC) {
            return Err(damaged());
        }
        let version = reader.u32().ok_or_else(damaged)?;
        if version != VERSION {
            return Err(VerifyError::unsupported(&format!("version {version} of SSH signatures")));
        }
        let key = reader.string().ok_or_else(damaged)?;
        let namespace = reader.text().ok_or_else(damaged)?;
        let reserved = reader.string().ok_or_else(damaged)?;
        let hash = reader.text().ok_or_else(damaged)?;
        let signature = reader.string().ok_or_else(damaged)?;
        if !reader.is_empty() || !reserved.is_empty() {
            return Err(damaged());
        }
        let hash = match hash {
            "sha256" => Hash::Sha256,
            "sha512" => Hash::Sha512,
            other => {
                let what = format!("the hash `{}`", Printable(other));
                return Err(VerifyError::unsupported(&what));
            }
        };
        Ok(Self {
            key: SignatureKey::read(key)?,
            namespace: namespace.to_owned(),
            hash,
            signature: signature.to_vec(),
        })
    }

    /// Verifies that the key signed this message for the namespace in the signature.
    pub(crate) fn verify(&self, message: &[u8]) -> Result<Details, VerifyError> {
        let (hash, digest) = match self.hash {
            Hash::Sha256 => ("sha256", digest(&SHA256, message)),
            Hash::Sha512 => ("sha512", digest(&SHA512, message)),
        };
        let mut signed = MAGIC.to_vec();
        for part in [self.namespace.as_bytes(), b"", hash.as_bytes(), digest.as_ref()] {
            put_string(&mut signed, part);
        }
        let key = self.key.public_key();
        raw_signature::verify(key, &self.signature, &signed).map_err(|fault| match fault {
            Fault::Malformed => VerifyError::malformed("its content is damaged"),
            Fault::Mismatch => VerifyError::mismatch(key),
            Fault::Unsupported(what) => VerifyError::unsupported(&what),
            Fault::NobodyPresent => VerifyError::new(
                VerifyErrorKind::NobodyPresent,
                format!("the hardware key {key} was not touched when it signed"),
            ),
        })
    }
}
