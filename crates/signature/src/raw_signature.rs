//! One signature by one key, as in an SSH signature and at the end of a certificate.

use ring::digest::{SHA256, digest};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA512, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

use crate::public_key::{Material, PublicKey};
use crate::wire::Reader;

/// The accepted sizes of RSA keys in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Flags that a hardware token signs: the token was touched, and its PIN was entered.
const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 4;

/// The reason why a signature by a key is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The bytes are not a signature by a key of this type.
    Malformed,
    /// The signature is for another message, or by another key.
    Mismatch,
    /// The type of the key or of the signature is not supported.
    Unsupported(String),
    /// The token signed without being touched.
    NobodyPresent,
}

/// Further facts about a valid signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Details {
    /// Whether a hardware token verified its user, for example with a PIN.
    pub(crate) user_verified: bool,
}

/// Verifies a signature by a key.
pub(crate) fn verify(key: &PublicKey, signature: &[u8], message: &[u8]) -> Result<Details, Fault> {
    let mut reader = Reader::new(signature);
    let kind = reader.text().ok_or(Fault::Malformed)?;
    let signed = reader.string().ok_or(Fault::Malformed)?;
    let software = Details { user_verified: false };
    let details = match &key.material {
        Material::Unsupported => Err(Fault::Unsupported(format!("keys of type {}", key.kind()))),
        Material::Rsa { exponent, modulus } => {
            rsa(kind, exponent, modulus, signed, message).map(|()| software)
        }
        // Only RSA has several types of signatures for one type of key.
        _ if kind != key.kind() => Err(Fault::Malformed),
        Material::Ed25519(key) => check(&ED25519, key, message, signed).map(|()| software),
        Material::P256(point) => {
            check(&ECDSA_P256_SHA256_FIXED, point, message, &fixed(signed, 32)?).map(|()| software)
        }
        Material::P384(point) => {
            check(&ECDSA_P384_SHA384_FIXED, point, message, &fixed(signed, 48)?).map(|()| software)
        }
        Material::SkEd25519 { key, application } => {
            let (message, details) = by_token(application, message, &mut reader)?;
            check(&ED25519, key, &message, signed).map(|()| details)
        }
        Material::SkP256 { point, application } => {
            let (message, details) = by_token(application, message, &mut reader)?;
            check(&ECDSA_P256_SHA256_FIXED, point, &message, &fixed(signed, 32)?).map(|()| details)
        }
    }?;
    if reader.is_empty() { Ok(details) } else { Err(Fault::Malformed) }
}

fn check(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), Fault> {
    UnparsedPublicKey::new(algorithm, key).verify(message, signature).map_err(|_| Fault::Mismatch)
}

/// Verifies an RSA signature. SHA-1 is refused.
fn rsa(
    kind: &str,
    exponent: &[u8],
    modulus: &[u8],
    signature: &[u8],
    message: &[u8],
) -> Result<(), Fault> {
    let algorithm = match kind {
        "rsa-sha2-256" => &RSA_PKCS1_2048_8192_SHA256,
        "rsa-sha2-512" => &RSA_PKCS1_2048_8192_SHA512,
        "ssh-rsa" => return Err(Fault::Unsupported("RSA signatures with SHA-1".to_owned())),
        _ => return Err(Fault::Malformed),
    };
    let bits = modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    if !RSA_BITS.contains(&bits) {
        return Err(Fault::Unsupported(format!("RSA keys of {bits} bits")));
    }
    // Some signers leave out leading zeros.
    let missing = modulus.len().checked_sub(signature.len()).ok_or(Fault::Malformed)?;
    let padded = [vec![0; missing], signature.to_vec()].concat();
    let key = RsaPublicKeyComponents { n: modulus, e: exponent };
    key.verify(algorithm, message, &padded).map_err(|_| Fault::Mismatch)
}

/// Returns the two numbers of an ECDSA signature in the form that ring expects.
fn fixed(signature: &[u8], length: usize) -> Result<Vec<u8>, Fault> {
    let mut reader = Reader::new(signature);
    let mut fixed = Vec::with_capacity(2 * length);
    for _ in 0..2 {
        let number = reader.positive().ok_or(Fault::Malformed)?;
        let missing = length.checked_sub(number.len()).ok_or(Fault::Malformed)?;
        fixed.extend(std::iter::repeat_n(0, missing));
        fixed.extend(number);
    }
    if reader.is_empty() { Ok(fixed) } else { Err(Fault::Malformed) }
}

/// Returns the bytes that a hardware token signs: a hash of its application, its flags, its counter
/// and a hash of the message. The flags and the counter follow the signature.
fn by_token(
    application: &[u8],
    message: &[u8],
    reader: &mut Reader<'_>,
) -> Result<(Vec<u8>, Details), Fault> {
    let flags = reader.u8().ok_or(Fault::Malformed)?;
    let counter = reader.u32().ok_or(Fault::Malformed)?;
    if flags & USER_PRESENT == 0 {
        return Err(Fault::NobodyPresent);
    }
    let mut signed = digest(&SHA256, application).as_ref().to_vec();
    signed.push(flags);
    signed.extend(counter.to_be_bytes());
    signed.extend(digest(&SHA256, message).as_ref());
    Ok((signed, Details { user_verified: flags & USER_VERIFIED != 0 }))
}
