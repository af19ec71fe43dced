//! The config of a place, compared with the one that the folder remembers.

use bytes::Bytes;
use sealift_oci::Digest;
use sealift_remote::{Etag, Get, GetRequest};
use sealift_store::Store;
use serde::{Deserialize, Serialize};

use crate::config::read::{MAX_CONFIG_SIZE, ParseConfigError, PublishedConfig};
use crate::error::Error;
use crate::fetch::options::FetchOptions;
use crate::fetch::report::FetchedConfig;
use crate::published::place::PublishedPlace;
use crate::run::Run;
use crate::trust::Trust;
use crate::trust::published::verify_config;
use crate::trust::signed_sums::{self, SignedSums};

/// The part of a config that a folder remembers. With it, an unchanged config is not transferred
/// again, and an older one is noticed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Remembered {
    etag: Option<String>,
    sequence: u64,
    config: String,
}

/// A config that was read.
pub(crate) struct SeenConfig {
    pub(crate) config: PublishedConfig,
    pub(crate) described: FetchedConfig,
    /// The document to remember, or `None` if the folder remembers the same one already.
    new: Option<Remembered>,
    /// The signed checksums that list it, if a signature is required.
    signed: Option<SignedSums>,
    topic: String,
}

impl SeenConfig {
    /// Reads the config of a place. The server transfers it only if it differs from the remembered
    /// one.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no config, if it cannot be read, or if it is older than the
    /// remembered one and `allow_older` is not set.
    pub(crate) async fn read(
        place: &PublishedPlace,
        store: &Store,
        options: &FetchOptions,
        run: &Run,
    ) -> Result<Self, Error> {
        let topic = place.shown_config();
        let remembered = Remembered::recall(store, &topic);
        let etag = remembered.as_ref().and_then(|seen| seen.etag.as_deref()).map(Etag::new);
        let request = GetRequest::default().with_if_none_match(etag);
        let get = run.wait_for(async { Ok(place.remote().get(place.config(), &request).await?) });
        let refused = |source| Error::NotAConfig { place: topic.clone(), source };
        let (text, etag) = match (get.await?, &remembered) {
            (Get::Found(download), _) => {
                let object = download.object();
                if object.size.is_some_and(|size| size > MAX_CONFIG_SIZE as u64) {
                    return Err(refused(ParseConfigError::TooLarge));
                }
                let etag = object.etag.as_ref().map(|etag| etag.as_str().to_owned());
                let text = async { Ok(download.bytes(MAX_CONFIG_SIZE).await?) };
                (run.wait_for(text).await?, etag)
            }
            (Get::NotModified, Some(seen)) => {
                (Bytes::copy_from_slice(seen.config.as_bytes()), seen.etag.clone())
            }
            (Get::NotModified | Get::NotFound, _) => {
                return Err(Error::NoConfig { place: topic });
            }
        };
        let mut signature_kept = false;
        let signed = match &options.trust {
            Trust::None => None,
            Trust::SignedBy(signers) => {
                let (sha256, remembered) = (Digest::of(&text), signed_sums::recall(store));
                let verified = verify_config(place, &sha256, signers, &remembered);
                let (signer, signed) = run.wait_for(verified).await?;
                signature_kept = remembered.contains(&signed);
                Some((signer, signed))
            }
        };
        let config = PublishedConfig::parse(&text).map_err(refused)?;
        let sequence = config.sequence;
        if let Some(seen) = &remembered
            && sequence < seen.sequence
            && !options.allow_older
        {
            return Err(Error::OlderConfig { place: topic, sequence, seen: seen.sequence });
        }
        let unchanged = remembered.as_ref().is_some_and(|seen| seen.config.as_bytes() == text);
        let is_same = unchanged && remembered.is_some_and(|seen| seen.etag == etag);
        let new = || {
            let config = String::from_utf8_lossy(&text).into_owned();
            Remembered { etag, sequence, config }
        };
        let (signer, signed) = signed.unzip();
        let signed_by = signer.map(Into::into);
        let url = topic.clone();
        Ok(Self {
            described: FetchedConfig { url, sequence, unchanged, signed_by, signature_kept },
            signed,
            new: (!is_same).then(new),
            config,
            topic,
        })
    }

    /// Stores the config, and its signature if one is required, in the folder.
    pub(crate) fn remember(&self, store: &Store) -> Result<(), Error> {
        if let Some(signed) = &self.signed {
            signed_sums::remember(store, signed)?;
        }
        let Some(new) = &self.new else { return Ok(()) };
        // Strings and numbers can always be serialized.
        let document = serde_json::to_vec(new).unwrap_or_default();
        Ok(store.remember(&self.topic, &document)?)
    }
}

impl Remembered {
    fn recall(store: &Store, topic: &str) -> Option<Self> {
        serde_json::from_slice(&store.recall(topic)?).ok()
    }
}
