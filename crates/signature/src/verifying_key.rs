//! The public key of a signing key.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::{VerifyError, VerifyErrorKind};
use crate::minisign::{self, MinisignKey};
use crate::sign::SigningKey;
use crate::signers::Format;
use crate::ssh_signature::{SignatureKey, SshSignature};
use crate::verify::{Signer, minisign_signer, ssh_signature};
use crate::wire::Reader;

/// The number of bytes that are read of a key file.
const LIMIT: u64 = 1 << 16;
/// The beginning of the content of a private key in OpenSSH's format.
const PRIVATE: &[u8] = b"openssh-key-v1\0";

/// The public key of a [`SigningKey`], with its certificate if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey(Key);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Ssh(SignatureKey),
    Minisign(MinisignKey),
}

impl SigningKey {
    /// Returns the public key, if it can be read without a password. It is read from the key file
    /// if that is a public key, a certificate or a private key in OpenSSH's format, or else from
    /// the file with `.pub` after its name.
    pub fn verifying_key(&self) -> Option<VerifyingKey> {
        let beside = || {
            let mut name = OsString::from(self.path());
            name.push(".pub");
            read(&PathBuf::from(name))
        };
        match self.format() {
            Format::Ssh => {
                let own = read(self.path()).ok().and_then(|text| ssh_key(&text));
                let key = own.or_else(|| ssh_key(&beside().ok()?))?;
                Some(VerifyingKey(Key::Ssh(key)))
            }
            Format::Minisign => {
                // `minisign -G -s release.key -p release.pub`
                let text = read(&self.path().with_extension("pub")).or_else(|_| beside()).ok()?;
                let key = text.lines().find_map(|line| MinisignKey::parse(line.trim()))?;
                Some(VerifyingKey(Key::Minisign(key)))
            }
        }
    }
}

impl VerifyingKey {
    /// Verifies that this key signed the message for this namespace, with or without a certificate.
    /// The name of the returned signer is the key.
    pub fn verify(
        &self,
        message: &[u8],
        signature: &[u8],
        namespace: &str,
    ) -> Result<Signer, VerifyError> {
        match &self.0 {
            Key::Ssh(own) => {
                let (signed, _) = ssh_signature(message, signature, namespace)?;
                let (key, own) = (signed.key.public_key(), own.public_key());
                if key != own {
                    let reason = format!("the signature was made by the key {key}, not by {own}");
                    return Err(VerifyError::new(VerifyErrorKind::UnknownKey, reason));
                }
                let key = key.to_string();
                Ok(Signer { name: key.clone(), key, comment: None, signed_at: None })
            }
            Key::Minisign(own) => {
                let own = std::slice::from_ref(own);
                minisign::verify(own, &[], message, signature).map(minisign_signer)
            }
        }
    }

    /// Returns `true` if a signature names this key, and the same certificate if there is one.
    /// Nothing is verified.
    pub fn is_named_by(&self, signature: &[u8]) -> bool {
        match &self.0 {
            Key::Ssh(own) => SshSignature::parse(signature).is_ok_and(|it| it.key == *own),
            Key::Minisign(own) => minisign::key_of(signature).as_deref() == Some(own.id()),
        }
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LIMIT).read_to_string(&mut text)?;
    Ok(text)
}

/// Returns the key in a key file of SSH.
fn ssh_key(text: &str) -> Option<SignatureKey> {
    if let Some(rest) = text.strip_prefix("-----BEGIN OPENSSH PRIVATE KEY-----") {
        let encoded: String = rest.lines().take_while(|line| !line.starts_with('-')).collect();
        return private_key(&STANDARD.decode(encoded).ok()?);
    }
    let mut words = text.split_whitespace();
    let (_kind, encoded) = (words.next()?, words.next()?);
    SignatureKey::read(&STANDARD.decode(encoded).ok()?).ok()
}

/// Returns the public key in a private key file, where it is not encrypted.
fn private_key(content: &[u8]) -> Option<SignatureKey> {
    let mut reader = Reader::new(content.strip_prefix(PRIVATE)?);
    let (_cipher, _kdf, _options) = (reader.string()?, reader.string()?, reader.string()?);
    let _number = reader.u32()?;
    SignatureKey::read(reader.string()?).ok()
}
