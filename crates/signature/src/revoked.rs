//! Keys that are no longer trusted.

use crate::error::{VerifyError, VerifyErrorKind};
use crate::key_text;
use crate::minisign::{self, MinisignKey};
use crate::parse_error::ParseSignersError;
use crate::public_key::PublicKey;
use crate::ssh_signature::SignatureKey;

/// The beginning of a binary key revocation list of OpenSSH.
const BINARY: &[u8] = b"SSHKRL\n\0";

/// Keys that are no longer trusted. A key with a certificate from a revoked authority is also
/// revoked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RevokedKeys {
    ssh: Vec<PublicKey>,
    pub(crate) minisign: Vec<MinisignKey>,
}

impl RevokedKeys {
    /// Parses a list with one public key on each line, of SSH or of minisign. Lines that begin with
    /// `#` are comments.
    ///
    /// # Errors
    ///
    /// Returns an error if a line is not a public key. The binary lists that `ssh-keygen -k` writes
    /// are not supported.
    pub fn parse(text: &[u8]) -> Result<Self, ParseSignersError> {
        if text.starts_with(BINARY) {
            return Err(ParseSignersError::whole(
                "binary key revocation lists (ssh-keygen -k) are not supported; list the public \
                 keys, one on each line",
            ));
        }
        let text = std::str::from_utf8(text)
            .map_err(|_| ParseSignersError::whole("it is not a text of public keys"))?;
        let mut revoked = Self::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') || line.starts_with(minisign::COMMENT) {
                continue;
            }
            if let Ok(key) = key_text::parse(line) {
                revoked.ssh.push(key);
            } else if let Some(key) = MinisignKey::parse(line) {
                revoked.minisign.push(key);
            } else {
                return Err(ParseSignersError::at(index, "it is not a public key"));
            }
        }
        Ok(revoked)
    }

    pub(crate) fn check(&self, key: &SignatureKey) -> Result<(), VerifyError> {
        let refuse = |reason| Err(VerifyError::new(VerifyErrorKind::Revoked, reason));
        let signer = key.public_key();
        if self.ssh.contains(signer) {
            return refuse(format!("the key {signer} is revoked"));
        }
        match key {
            SignatureKey::Certified(certificate) if self.ssh.contains(&certificate.authority) => {
                let authority = &certificate.authority;
                refuse(format!("the authority of the certificate, {authority}, is revoked"))
            }
            _ => Ok(()),
        }
    }
}
