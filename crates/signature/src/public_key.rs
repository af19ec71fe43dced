//! Public keys of SSH.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::digest::{SHA256, digest};

use crate::wire::{Reader, put_string};

pub(crate) const ED25519: &str = "ssh-ed25519";
pub(crate) const RSA: &str = "ssh-rsa";
pub(crate) const P256: &str = "ecdsa-sha2-nistp256";
pub(crate) const P384: &str = "ecdsa-sha2-nistp384";
pub(crate) const SK_ED25519: &str = "sk-ssh-ed25519@openssh.com";
pub(crate) const SK_P256: &str = "sk-ecdsa-sha2-nistp256@openssh.com";

/// Types of keys that OpenSSH supports and this crate does not.
const UNSUPPORTED: [&str; 2] = ["ssh-dss", "ecdsa-sha2-nistp521"];

/// A public key, without a certificate.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PublicKey {
    kind: &'static str,
    /// The encoding of the key, which is the same for equal keys.
    blob: Vec<u8>,
    pub(crate) material: Material,
}

/// The numbers of a key with which a signature is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Material {
    Ed25519(Vec<u8>),
    /// An uncompressed point on the curve.
    P256(Vec<u8>),
    P384(Vec<u8>),
    Rsa {
        exponent: Vec<u8>,
        modulus: Vec<u8>,
    },
    /// A key in a hardware token, with its application, such as `ssh:`.
    SkEd25519 {
        key: Vec<u8>,
        application: Vec<u8>,
    },
    SkP256 {
        point: Vec<u8>,
        application: Vec<u8>,
    },
    /// A key of a type in [`UNSUPPORTED`].
    Unsupported,
}

/// Returns the type of plain key with this name, or `None` if the name is unknown.
pub(crate) fn plain_kind(name: &str) -> Option<&'static str> {
    let kinds = [ED25519, RSA, P256, P384, SK_ED25519, SK_P256].into_iter().chain(UNSUPPORTED);
    kinds.into_iter().find(|kind| *kind == name)
}

impl PublicKey {
    /// Parses a key. Returns `None` if the bytes are not exactly one key.
    pub(crate) fn read(blob: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(blob);
        let kind = plain_kind(reader.text()?)?;
        let key = Self::read_fields(kind, &mut reader)?;
        reader.is_empty().then_some(key)
    }

    /// Parses the fields after the type of a key, in the key itself or in a certificate.
    pub(crate) fn read_fields(kind: &'static str, reader: &mut Reader<'_>) -> Option<Self> {
        let before = reader.rest();
        let material = match kind {
            ED25519 => Material::Ed25519(of_length(reader.string()?, 32)?),
            P256 => Material::P256(point(reader, "nistp256", 65)?),
            P384 => Material::P384(point(reader, "nistp384", 97)?),
            RSA => Material::Rsa {
                exponent: reader.positive()?.to_vec(),
                modulus: reader.positive()?.to_vec(),
            },
            SK_ED25519 => Material::SkEd25519 {
                key: of_length(reader.string()?, 32)?,
                application: reader.string()?.to_vec(),
            },
            SK_P256 => Material::SkP256 {
                point: point(reader, "nistp256", 65)?,
                application: reader.string()?.to_vec(),
            },
            "ssh-dss" => {
                for _ in 0..4 {
                    reader.positive()?;
                }
                Material::Unsupported
            }
            _ => {
                reader.string()?;
                reader.string()?;
                Material::Unsupported
            }
        };
        let fields = &before[..before.len() - reader.rest().len()];
        let mut blob = Vec::new();
        put_string(&mut blob, kind.as_bytes());
        blob.extend(fields);
        Some(Self { kind, blob, material })
    }

    /// Returns the name of the key's type.
    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    /// Returns the fingerprint, as `ssh-keygen -l` prints it.
    pub(crate) fn fingerprint(&self) -> String {
        format!("SHA256:{}", STANDARD_NO_PAD.encode(digest(&SHA256, &self.blob)))
    }
}

/// Displays the type and the fingerprint.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.fingerprint())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

fn of_length(bytes: &[u8], length: usize) -> Option<Vec<u8>> {
    (bytes.len() == length).then(|| bytes.to_vec())
}

fn point(reader: &mut Reader<'_>, curve: &str, length: usize) -> Option<Vec<u8>> {
    (reader.text()? == curve).then_some(())?;
    of_length(reader.string()?, length)
}
