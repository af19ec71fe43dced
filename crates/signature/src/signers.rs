//! Who may sign.

use jiff::tz::TimeZone;

use crate::allowed_signers::AllowedSigner;
use crate::minisign::{self, MinisignKey};
use crate::parse_error::ParseSignersError;
use crate::revoked::RevokedKeys;

/// Who may sign: the lines of an allowed signers file, or public keys of minisign.
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

/// The two kinds of signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// As `ssh-keygen -Y sign` makes them.
    Ssh,
    /// As `minisign -S` makes them.
    Minisign,
}

impl Format {
    /// Both formats.
    pub const ALL: [Self; 2] = [Self::Ssh, Self::Minisign];

    /// Returns the extension of the file with the signature: `sig` or `minisig`.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Ssh => "sig",
            Self::Minisign => "minisig",
        }
    }
}

impl Signers {
    /// Parses a file of signers: an allowed signers file as ssh-keygen(1) describes it, or a public
    /// key of minisign. Times without a `Z` in the former are in the time zone.
    ///
    /// # Errors
    ///
    /// If a line is not valid, or there is no key. The text is not part of the error if it looks
    /// like a secret key.
    pub fn parse(text: &[u8], zone: &TimeZone) -> Result<Self, ParseSignersError> {
        let text = std::str::from_utf8(text)
            .map_err(|_| ParseSignersError::whole("it is not a text of public keys"))?;
        if text.contains("PRIVATE KEY-----") {
            return Err(ParseSignersError::whole("it is a private key; name the public keys"));
        }
        let keys = match minisign::is_minisign(text) {
            true => Keys::Minisign(minisign_keys(text)?),
            false => Keys::Ssh(allowed_signers(text, zone)?),
        };
        Ok(Self { keys, revoked: RevokedKeys::default() })
    }

    /// Sets the keys that are not trusted, whatever else the signers say.
    #[must_use]
    pub fn with_revoked(self, revoked: RevokedKeys) -> Self {
        Self { revoked, ..self }
    }

    /// Returns the kind of signatures that these signers make.
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
        return Err(ParseSignersError::whole("there is no signer in it"));
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
        return Err(ParseSignersError::whole("there is no public key of minisign in it"));
    }
    Ok(keys)
}
