//! Verification of published archives.

use futures_util::{StreamExt as _, stream};

use crate::error::Error;
use crate::fetch::options::FetchOptions;
use crate::fetch::wanted::{Wanted, wanted};
use crate::published::examine::verify_object;
use crate::published::place::PublishedPlace;
use crate::published::report::{VerifiedObject, VerifiedPlace};
use crate::published::sums_check::PublishedSums;
use crate::run::Run;
use crate::setters::setters;
use crate::trust::Trust;
use crate::trust::published::verify_config;

/// The number of archives that are read at the same time.
const AT_ONCE: usize = 4;

/// Options of [`verify_published`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct VerifyPlaceOptions {
    /// The selected images, or all images of the config if empty. A reference with a version must
    /// match the version in the config.
    pub images: Vec<sealift_filename::Reference>,
    /// Whether to decompress every layer and verify its diff id, even if a manifest has its digest.
    pub deep: bool,
    /// The signature that the config must have.
    pub trust: Trust,
}

impl VerifyPlaceOptions {
    setters! {
        images with_images: Vec<sealift_filename::Reference>,
        deep with_deep: bool,
        trust with_trust: Trust,
    }
}

/// Verifies the archives in the config of a place, their block indexes, and the checksums.
///
/// Every byte is read and compared with the config, several archives at a time. Nothing is written
/// to disk. Servers without support for ranges send archives twice.
///
/// `on_result` receives each result as soon as it is available. After a cancellation, the remaining
/// archives are [`Verdict::Interrupted`](crate::Verdict::Interrupted).
///
/// # Cancel safety
///
/// If the future is dropped, reading stops soon after.
///
/// # Panics
///
/// Panics outside of a tokio runtime with I/O and time enabled.
///
/// # Errors
///
/// Returns an error if there is no config, if it cannot be read, or if it does not have the
/// required signature or a selected image. Flaws of archives are in their verdicts.
pub async fn verify_published(
    place: &PublishedPlace,
    options: &VerifyPlaceOptions,
    on_result: impl Fn(&VerifiedObject) + Send + Sync,
    run: &Run,
) -> Result<VerifiedPlace, Error> {
    let config = run.wait_for(place.read_existing_config()).await?;
    let signed_by = match &options.trust {
        Trust::None => None,
        Trust::SignedBy(signers) => {
            let sha256 = config.sha256();
            let verified = run.wait_for(verify_config(place, &sha256, signers, &[])).await?;
            Some(verified.0.into())
        }
    };
    let url = place.shown_config();
    let chosen = FetchOptions::default().with_images(options.images.clone());
    let wanted = wanted(&config.config.images, &chosen, &url)?;
    let sums = &run.wait_for(async { Ok(PublishedSums::read(place, &config).await) }).await?;
    let waiting = &run.waiting(wanted.iter().map(|one| one.tag.to_string()));
    let verify = |one: Wanted| async move {
        waiting.end(&one.tag.to_string());
        verify_object(place, one, sums, options.deep, run).await
    };
    let mut verified = stream::iter(wanted.into_iter().map(verify)).buffer_unordered(AT_ONCE);
    let mut archives = Vec::new();
    while let Some(archive) = verified.next().await {
        on_result(&archive);
        archives.push(archive);
    }
    drop(verified);
    archives.sort_by(|left, right| left.path.cmp(&right.path));
    let (sequence, sums) = (config.config.sequence, sums.state.clone());
    Ok(VerifiedPlace { url, sequence, signed_by, archives, sums })
}
