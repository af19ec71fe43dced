//! The signers who are allowed to sign.

use jiff::tz::TimeZone;

use crate::allowed_signers::AllowedSigner;
use crate::minisign::{self, MinisignKey};
use crate::parse_error::ParseSignersError;
use crate::revoked::RevokedKeys;

/// The signers who are allowed to sign: the lines of an allowed signers file, or public keys of
/// minisign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signers {
    pub(crate) keys: Keys,
    pub(crate) revoked: RevokedKeys,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Keys {
    Ssh(Vec<AllowedSigner>),
    Minisign(Vec<MinisignKey>),
}

/// The two formats of signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Signatures of `ssh-keygen -Y sign`.
    Ssh,
    /// Signatures of `minisign -S`.
    Minisign,
}

impl Format {
    /// Both formats.
    pub const ALL: [Self; 2] = [Self::Ssh, Self::Minisign];

    /// Returns the file name extension of signatures: `sig` or `minisig`.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Ssh => "sig",
            Self::Minisign => "minisig",
        }
    }
}

impl Signers {
    /// Parses a file of signers: an allowed signers file as described in ssh-keygen(1), or public
    /// keys of minisign. Times without a `Z` in an allowed signers file are in the time zone
    /// `zone`.
    ///
    /// # Errors
    ///
    /// Returns an error if a line is not valid, or if there is no key. If the text looks like a
    /// secret key, the error does not contain it.
    pub fn parse(text: &[u8], zone: &TimeZone) -> Result<Self, ParseSignersError> {
        let text = std::str::from_utf8(text)
            .map_err(|_| ParseSignersError::whole("it is not a text of public keys"))?;
        if text.contains("PRIVATE KEY-----") {
            return Err(ParseSignersError::whole("it is a private key; use the public keys"));
        }
        let keys = match minisign::is_minisign(text) {
            true => Keys::Minisign(minisign_keys(text)?),
            false => Keys::Ssh(allowed_signers(text, zone)?),
        };
        Ok(Self { keys, revoked: RevokedKeys::default() })
    }

    /// Sets keys that are refused even if they are keys of signers.
    #[must_use]
    pub fn with_revoked(self, revoked: RevokedKeys) -> Self {
        Self { revoked, ..self }
    }

    /// Returns the format of the signatures that these signers create.
    pub fn format(&self) -> Format {
        match self.keys {
            Keys::Ssh(_) => Format::Ssh,
            Keys::Minisign(_) => Format::Minisign,
        }
    }
}

fn allowed_signers(text: &str, zone: &TimeZone) -> Result<Vec<AllowedSigner>, ParseSignersError> {
    let mut signers = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let signer = AllowedSigner::parse(line, zone);
        signers.push(signer.map_err(|reason| ParseSignersError::at(index, reason))?);
    }
    if signers.is_empty() {
        return Err(ParseSignersError::whole("it contains no signer"));
    }
    Ok(signers)
}

fn minisign_keys(text: &str) -> Result<Vec<MinisignKey>, ParseSignersError> {
    let mut keys = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.starts_with(minisign::COMMENT) {
            continue;
        }
        let key = MinisignKey::parse(line);
        let fault = "it is not a public key of minisign";
        keys.push(key.ok_or_else(|| ParseSignersError::at(index, fault))?);
    }
    if keys.is_empty() {
        return Err(ParseSignersError::whole("it contains no public key of minisign"));
    }
    Ok(keys)
}
