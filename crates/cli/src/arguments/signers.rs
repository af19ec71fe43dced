//! The options that require signatures.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use sealift_workflow::Trust;
use sealift_workflow::signature::jiff::tz::TimeZone;
use sealift_workflow::signature::{ParseSignersError, RevokedKeys, Signers};

use crate::failure::Failure;
use crate::user_config::UserConfig;

/// The options that name trusted signers and revoked keys.
#[derive(Debug, Clone, Args)]
pub(crate) struct SignersArguments {
    /// Require a signature by a signer in this file, which is an allowed signers file of ssh-keygen
    /// or a minisign public key
    #[arg(long, value_name = "FILE")]
    signed_by: Option<PathBuf>,
    /// Refuse signatures by the public keys in this file, one per line
    #[arg(long, value_name = "FILE")]
    revoked: Option<PathBuf>,
}

impl SignersArguments {
    /// Returns the signers that are required, from the options or else from the user's config.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or used, or if the user's config requires a signature and no
    /// signers are named.
    pub(crate) fn trust(&self) -> Result<Trust, Failure> {
        let config = UserConfig::read()?;
        match self.named(&config)? {
            Trust::None if config.require_signature => {
                let config = config.path.display();
                Err(Failure::usage(format!(
                    "{config} requires a signature, but there are no signers: pass --signed-by FILE, \
                     or set \"signed-by\" in it"
                )))
            }
            trust => Ok(trust),
        }
    }

    /// Returns the signers that the options or else the user's config name, also if no signature is
    /// required.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or used.
    #[cfg(feature = "remote")]
    pub(crate) fn known(&self) -> Result<Trust, Failure> {
        self.named(&UserConfig::read()?)
    }

    fn named(&self, config: &UserConfig) -> Result<Trust, Failure> {
        let Some(file) = self.signed_by.as_ref().or(config.signed_by.as_ref()) else {
            return match self.revoked {
                Some(_) => Err(Failure::usage("--revoked needs signers; pass --signed-by FILE")),
                None => Ok(Trust::None),
            };
        };
        let parse = |text: &[u8]| Signers::parse(text, &TimeZone::system());
        let mut signers = read(file, "a file of signers", parse)?;
        if let Some(file) = self.revoked.as_ref().or(config.revoked.as_ref()) {
            let keys = read(file, "a list of revoked keys", RevokedKeys::parse)?;
            signers = signers.with_revoked(keys);
        }
        Ok(Trust::SignedBy(signers))
    }
}

fn read<T>(
    file: &Path,
    what: &str,
    parse: impl FnOnce(&[u8]) -> Result<T, ParseSignersError>,
) -> Result<T, Failure> {
    let path = file.display();
    let text = fs::read(file)
        .map_err(|error| Failure::usage(format!("{path} cannot be read: {error}")))?;
    parse(&text).map_err(|error| Failure::usage(format!("{path} is not {what}: {error}")))
}
