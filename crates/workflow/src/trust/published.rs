//! The signed checksums that list the config of a place.

use sealift_oci::Digest;
use sealift_remote::Key;
use sealift_signature::{Format, Signer, Signers, VerifyError};

use crate::error::Error;
use crate::published::place::{PublishedPlace, key};
use crate::published_layout::{MAX_SUMS_SIZE, signed_sums_name};
use crate::trust::error::TrustError;
use crate::trust::signed_sums::SignedSums;

/// The largest size of a signature, in bytes.
pub(crate) const MAX_SIGNATURE_SIZE: usize = 1 << 16;

/// Verifies the signature of a config. Remembered checksums are used if they list the config and
/// their signature is valid; otherwise the checksums are requested.
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
    verify_signature(place, config, signers.format(), |signed| signed.verify(signers)).await
}

/// Verifies the signature of a config in one format, with the function `verify`.
pub(crate) async fn verify_signature(
    place: &PublishedPlace,
    config: &Digest,
    format: Format,
    verify: impl FnOnce(&SignedSums) -> Result<Signer, VerifyError>,
) -> Result<(Signer, SignedSums), Error> {
    let what = || place.shown_config();
    let sums_name = signed_sums_name(config);
    let sums_key = key(&sums_name);
    let signature_key = signature_key(&sums_key, format);
    let shown = |key| place.remote().location().shown(key);
    let unsigned = |key| TrustError::Unsigned { what: what(), missing: shown(key) };
    let Some((signature, _)) = place.read_text(&signature_key, MAX_SIGNATURE_SIZE).await? else {
        return Err(unsigned(&signature_key).into());
    };
    let Some((sums, _)) = place.read_text(&sums_key, MAX_SUMS_SIZE).await? else {
        return Err(unsigned(&sums_key).into());
    };
    let signed = SignedSums { sums, signature };
    let refused = |source| TrustError::Refused { what: what(), source };
    let signer = verify(&signed).map_err(refused)?;
    if !signed.list(place.config().as_str(), config) {
        return Err(TrustError::NotListed { what: what(), sums: shown(&sums_key) }.into());
    }
    Ok((signer, signed))
}

/// Returns the key of the signature of a file with checksums.
pub(crate) fn signature_key(sums: &Key, format: Format) -> Key {
    sums.with_suffix(&format!(".{}", format.extension()))
}
