//! One signature by one key, as it stands in an SSH signature and at the end of a certificate.

use ring::digest::{SHA256, digest};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA512, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

use crate::public_key::{Material, PublicKey};
use crate::wire::Reader;

/// The smallest RSA key that is accepted, in bits, and the largest.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Flags that a hardware token signs: somebody touched it, and somebody entered its PIN.
const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 4;

/// Why a signature by a key is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is not a signature by such a key.
    Malformed,
    /// Another message or another key.
    Mismatch,
    /// A type of key or of signature that is not supported.
    Unsupported(String),
    /// The token signed without being touched.
    NobodyPresent,
}

/// What else a valid signature shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Details {
    /// A hardware token verified its user.
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
        // The signatures of other keys have the type of the key.
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
    // Some signers leave leading zeros out.
    let missing = modulus.len().checked_sub(signature.len()).ok_or(Fault::Malformed)?;
    let padded = [vec![0; missing], signature.to_vec()].concat();
    let key = RsaPublicKeyComponents { n: modulus, e: exponent };
    key.verify(algorithm, message, &padded).map_err(|_| Fault::Mismatch)
}

/// Returns the two numbers of an ECDSA signature in the form that ring reads.
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

/// Returns what a hardware token signs: hashes of its application and of the message, and between
/// them its flags and its counter, which follow the signature.
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
