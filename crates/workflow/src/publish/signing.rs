//! Signatures of the config.

use sealift_oci::Digest;
use sealift_remote::{Key, PutOptions};
use sealift_signature::{Format, Signer, SigningKey, VerifyingKey, key_of};

use crate::config::image_config::Config;
use crate::error::Error;
use crate::publish::merge::NewConfig;
use crate::publish::options::PublishOptions;
use crate::publish::sums::signed_text;
use crate::publish::upload::{NO_CACHE, TEXT};
use crate::published::place::{PublishedPlace, ReadConfig, key};
use crate::published_layout::signed_sums_name;
use crate::run::Run;
use crate::trust::error::TrustError;
use crate::trust::published::{signature_key, verify_signature};
use crate::trust::signed_sums::SignedSums;
use crate::trust::signer::ConfigSigner;
use crate::trust::{SIGNATURE_NAMESPACE, Trust};

/// The signing of configs during one publication. Each config is signed once, because a key may
/// need a password or the touch of a token.
///
/// A signature covers all entries of a config. Entries of other images are therefore signed only if
/// a trusted signer has signed them before.
pub(crate) struct Signing<'a> {
    place: &'a PublishedPlace,
    options: &'a PublishOptions,
    run: &'a Run,
    verifying_key: Option<VerifyingKey>,
    /// The sequence number of the last publication from the folder.
    pub(crate) last_sequence: u64,
    /// The last config that was handled, and its signature if it was signed.
    last: Option<(Digest, Option<Signature>)>,
}

/// The signature of a config.
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    pub(crate) signed: SignedSums,
    pub(crate) format: Format,
    pub(crate) signer: ConfigSigner,
    /// `false` if the destination already had it.
    pub(crate) is_new: bool,
    is_written: bool,
}

/// The decision about the signature of a config.
pub(crate) enum SignatureDecision {
    /// The config is not signed.
    Unsigned,
    /// The key has already signed this config.
    Signed(Box<Signature>),
    /// The config must be signed.
    Sign,
}

impl<'a> Signing<'a> {
    pub(crate) fn new(
        place: &'a PublishedPlace,
        options: &'a PublishOptions,
        last_sequence: u64,
        run: &'a Run,
    ) -> Self {
        let verifying_key = options.sign.as_ref().and_then(SigningKey::verifying_key);
        Self { place, options, run, verifying_key, last_sequence, last: None }
    }

    /// Returns the signature of a config, and signs the config if necessary.
    pub(crate) async fn sign(
        &mut self,
        there: Option<&ReadConfig>,
        new: &NewConfig,
        published: &Config,
    ) -> Result<Option<Signature>, Error> {
        if let Some((config, signature)) = &self.last
            && *config == new.sha256
        {
            return Ok(signature.clone());
        }
        let decision = self.decide(there, new, published).await?;
        self.carry_out(&decision, new).await
    }

    /// Returns the signature of a config according to a decision.
    pub(crate) async fn carry_out(
        &mut self,
        decision: &SignatureDecision,
        new: &NewConfig,
    ) -> Result<Option<Signature>, Error> {
        let signature = match decision {
            SignatureDecision::Unsigned => None,
            SignatureDecision::Signed(signature) => Some(signature.as_ref().clone()),
            SignatureDecision::Sign => match &self.options.sign {
                Some(key) => Some(self.make(key, new).await?),
                None => None,
            },
        };
        self.last = Some((new.sha256, signature.clone()));
        Ok(signature)
    }

    /// Decides about the signature of a config.
    ///
    /// Without a key, a signed config is replaced only if this is permitted explicitly. With a key,
    /// the existing config must not be older than the last one that was published from this folder,
    /// and its signature must be by a trusted signer, or by the same key. Otherwise entries of
    /// other images are not signed again. This protects against an attacker who restores an old
    /// config or changes entries at the destination.
    ///
    /// # Errors
    ///
    /// Returns an error if readers who require a signature could no longer read the destination, or
    /// if the entries of other images are not signed by a trusted signer.
    pub(crate) async fn decide(
        &self,
        there: Option<&ReadConfig>,
        new: &NewConfig,
        published: &Config,
    ) -> Result<SignatureDecision, Error> {
        let Some(key) = &self.options.sign else {
            let replaces = there.filter(|_| new.changed && !self.options.unsigned);
            return match replaces {
                Some(there) if self.is_signed(&there.sha256(), &Format::ALL).await? => {
                    Err(Error::WouldBeUnsigned { place: self.place.shown_config() })
                }
                _ => Ok(SignatureDecision::Unsigned),
            };
        };
        let Some(there) = there else { return Ok(SignatureDecision::Sign) };
        let (sequence, last) = (there.config.sequence, self.last_sequence);
        if sequence < last && !self.options.sign_existing {
            let reason = format!(
                "it is older than the last config that was published from this folder (sequence \
                 {sequence}, published {last})"
            );
            self.refuse_others(there, published, reason)?;
        }
        let format = key.format();
        match self.prove(&there.sha256(), key).await? {
            Ok((signer, signed)) => {
                let signature = signed.signature.as_bytes();
                let is_own =
                    self.verifying_key.as_ref().is_none_or(|own| own.is_named_by(signature));
                if new.changed || !is_own {
                    return Ok(SignatureDecision::Sign);
                }
                let signer = signer.into();
                let signature =
                    Signature { signed, format, signer, is_new: false, is_written: true };
                Ok(SignatureDecision::Signed(Box::new(signature)))
            }
            Err(_) if self.options.sign_existing => Ok(SignatureDecision::Sign),
            Err(error) => {
                self.permit(there, published, &error, format).await?;
                Ok(SignatureDecision::Sign)
            }
        }
    }

    /// Returns the signer of the existing config, or the reason why it cannot be verified.
    async fn prove(
        &self,
        there: &Digest,
        key: &SigningKey,
    ) -> Result<Result<(Signer, SignedSums), TrustError>, Error> {
        let (place, format) = (self.place, key.format());
        let proven = match (&self.options.trust, &self.verifying_key) {
            (Trust::SignedBy(signers), _) => {
                let verify = |signed: &SignedSums| signed.verify(signers);
                verify_signature(place, there, signers.format(), verify).await
            }
            (Trust::None, Some(own)) => {
                verify_signature(place, there, format, |signed| verify_own(own, signed)).await
            }
            (Trust::None, None) => {
                return Ok(Err(TrustError::NoPublicKey { key: key.to_string() }));
            }
        };
        match proven {
            Ok(proven) => Ok(Ok(proven)),
            Err(Error::Trust(error)) => Ok(Err(error)),
            Err(error) => Err(error),
        }
    }

    /// Permits to sign the new config although the existing one could not be verified, if the new
    /// config contains no entries of other images.
    async fn permit(
        &self,
        there: &ReadConfig,
        published: &Config,
        error: &TrustError,
        format: Format,
    ) -> Result<(), Error> {
        self.refuse_others(there, published, error.reason())?;
        if self.options.trust != Trust::None {
            return Ok(());
        }
        // If the existing config was signed with another key, the caller must state that the change
        // is intended.
        let is_otherwise = match error {
            TrustError::Unsigned { .. } => {
                let others: Vec<Format> =
                    Format::ALL.into_iter().filter(|other| *other != format).collect();
                self.is_signed(&there.sha256(), &others).await?
            }
            TrustError::NoPublicKey { .. } => false,
            _ => true,
        };
        match is_otherwise {
            true => {
                Err(Error::OtherKey { place: self.place.shown_config(), reason: error.reason() })
            }
            false => Ok(()),
        }
    }

    /// Returns an error if the existing config has entries of other images.
    fn refuse_others(
        &self,
        there: &ReadConfig,
        published: &Config,
        reason: String,
    ) -> Result<(), Error> {
        let is_other = |image: &&String| !published.contains_key(*image);
        let images: Vec<String> = there.config.images.keys().filter(is_other).cloned().collect();
        match images.is_empty() {
            true => Ok(()),
            false => {
                let place = self.place.shown_config();
                Err(Error::UnprovenEntries { place, images, reason })
            }
        }
    }

    /// Returns `true` if a config has a signature in one of the formats.
    async fn is_signed(&self, config: &Digest, formats: &[Format]) -> Result<bool, Error> {
        let sums = key(&signed_sums_name(config));
        for format in formats {
            if self.place.remote().head(&signature_key(&sums, *format)).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Signs a config, and verifies the signature in the same way as readers do.
    async fn make(&self, key: &SigningKey, new: &NewConfig) -> Result<Signature, Error> {
        let sums = signed_text(self.place.config().as_str(), &new.sha256, &new.config.images);
        let (own, text, name) = (key.clone(), sums.clone(), signed_sums_name(&new.sha256));
        let sign = move |run: &Run| {
            let stop = || run.cancel().is_cancelled();
            own.sign(text.as_bytes(), SIGNATURE_NAMESPACE, &name, &stop).map_err(
                |error| match error.is_cancelled() || stop() {
                    true => Error::Interrupted,
                    false => Error::Sign(error),
                },
            )
        };
        let signature = self.run.blocking(sign).await?;
        let signature = String::from_utf8_lossy(&signature).into_owned();
        let signed = SignedSums { sums, signature };
        let verified = match (&self.options.trust, &self.verifying_key) {
            (Trust::SignedBy(signers), _) => signed.verify(signers).map(ConfigSigner::from),
            (Trust::None, Some(own)) => verify_own(own, &signed).map(ConfigSigner::from),
            (Trust::None, None) => {
                let name = key_of(signed.signature.as_bytes()).unwrap_or_else(|| key.to_string());
                Ok(ConfigSigner { key: name.clone(), name, comment: None, signed_at: None })
            }
        };
        let refused = |source| Error::SignatureRefused { key: key.to_string(), source };
        let signer = verified.map_err(refused)?;
        let format = key.format();
        Ok(Signature { signed, format, signer, is_new: true, is_written: false })
    }

    /// Writes the checksums and the signature of the last config, unless they are written already.
    ///
    /// Their names contain the digest of the config, so those of the existing config are kept.
    pub(crate) async fn write(&mut self) -> Result<(), Error> {
        let Some((config, Some(signature))) = &mut self.last else { return Ok(()) };
        if !signature.is_written {
            let sums = key(&signed_sums_name(config));
            put(self.place, &sums, &signature.signed.sums).await?;
            let signature_key = signature_key(&sums, signature.format);
            put(self.place, &signature_key, &signature.signed.signature).await?;
            signature.is_written = true;
        }
        Ok(())
    }
}

fn verify_own(
    own: &VerifyingKey,
    signed: &SignedSums,
) -> Result<Signer, sealift_signature::VerifyError> {
    own.verify(signed.sums.as_bytes(), signed.signature.as_bytes(), SIGNATURE_NAMESPACE)
}

async fn put(place: &PublishedPlace, key: &Key, text: &str) -> Result<(), Error> {
    let options = PutOptions::default()
        .with_content_type(TEXT)
        .with_cache_control(NO_CACHE)
        .with_sha256(Digest::of(text.as_bytes()));
    place.remote().put(key, text.into(), &options).await?;
    Ok(())
}
