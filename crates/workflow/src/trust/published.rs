//! The signed checksums that list the config of a place.

use sealift_oci::Digest;
use sealift_remote::Key;
use sealift_signature::{Format, Signer, Signers, VerifyError};

use crate::error::Error;
use crate::published::place::{PublishedPlace, key};
use crate::published_layout::{MAX_SUMS_SIZE, SUMS_NAME, signed_sums_name};
use crate::trust::error::TrustError;
use crate::trust::signed_sums::SignedSums;

/// The largest size of a signature, in bytes.
pub(crate) const MAX_SIGNATURE_SIZE: usize = 1 << 16;

/// Verifies the signature of a config. Remembered checksums are used if they list the config and
/// their signature is valid; otherwise the checksums are requested.
///
/// A config without checksums of its own may be listed in the well-known ones. If these are signed
/// and do not list it, the config was changed after it was signed.
pub(crate) async fn verify_config(
    place: &PublishedPlace,
    config: &Digest,
    signers: &Signers,
    remembered: &[SignedSums],
) -> Result<(Signer, SignedSums), Error> {
    let name = place.config().as_str();
    for signed in remembered.iter().filter(|signed| signed.list(name, config)) {
        if let Ok(signer) = signed.verify(signers) {
            return Ok((signer, signed.clone()));
        }
    }
    let verify = |signed: &SignedSums| signed.verify(signers);
    match verify_signature(place, config, signers.format(), verify).await {
        Err(Error::Trust(unsigned @ TrustError::Unsigned { .. })) => {
            match read_signed(place, &key(SUMS_NAME), signers.format()).await? {
                Ok(signed) => verify_listed(place, config, &key(SUMS_NAME), signed, verify),
                Err(_) => Err(unsigned.into()),
            }
        }
        verified => verified,
    }
}

/// Verifies the signature of a config in one format, with the function `verify`.
pub(crate) async fn verify_signature(
    place: &PublishedPlace,
    config: &Digest,
    format: Format,
    verify: impl FnOnce(&SignedSums) -> Result<Signer, VerifyError>,
) -> Result<(Signer, SignedSums), Error> {
    let sums_key = key(&signed_sums_name(config));
    match read_signed(place, &sums_key, format).await? {
        Ok(signed) => verify_listed(place, config, &sums_key, signed, verify),
        Err(missing) => {
            let missing = place.remote().location().shown(&missing);
            Err(TrustError::Unsigned { what: place.shown_config(), missing }.into())
        }
    }
}

/// Reads checksums and their signature. Returns the key of the one that is missing, if one is.
async fn read_signed(
    place: &PublishedPlace,
    sums_key: &Key,
    format: Format,
) -> Result<Result<SignedSums, Key>, Error> {
    let signature_key = signature_key(sums_key, format);
    let Some((signature, _)) = place.read_text(&signature_key, MAX_SIGNATURE_SIZE).await? else {
        return Ok(Err(signature_key));
    };
    let Some((sums, _)) = place.read_text(sums_key, MAX_SUMS_SIZE).await? else {
        return Ok(Err(sums_key.clone()));
    };
    Ok(Ok(SignedSums { sums, signature }))
}

/// Verifies the signature of checksums, and that they list the config.
fn verify_listed(
    place: &PublishedPlace,
    config: &Digest,
    sums_key: &Key,
    signed: SignedSums,
    verify: impl FnOnce(&SignedSums) -> Result<Signer, VerifyError>,
) -> Result<(Signer, SignedSums), Error> {
    let what = place.shown_config();
    match verify(&signed) {
        Err(source) => Err(TrustError::Refused { what, source }.into()),
        Ok(signer) if signed.list(place.config().as_str(), config) => Ok((signer, signed)),
        Ok(_) => {
            let sums = place.remote().location().shown(sums_key);
            Err(TrustError::NotListed { what, sums }.into())
        }
    }
}

/// Returns the key of the signature of a file with checksums.
pub(crate) fn signature_key(sums: &Key, format: Format) -> Key {
    sums.with_suffix(&format!(".{}", format.extension()))
}
