//! The logins and the proxies that the docker CLI's config file sets for builds.

use std::collections::BTreeMap;

use sealift_credentials::{CliConfig, ConfigError, Credentials};

use crate::discover::address::Address;
use crate::discover::resolve_error::{ResolveError, ResolveErrorKind};
use crate::discover::settings::Settings;
use crate::discover::timeouts::Timeouts;

impl Settings {
    /// Returns the logins of the docker CLI's config file, for
    /// [`BuildRequest::credentials`](crate::BuildRequest::credentials).
    ///
    /// Credential helpers run when a login is looked up.
    pub fn credentials(&self) -> Result<Credentials, ResolveError> {
        let limit = Timeouts::resolve(self)?.call;
        let credentials = match self.config_folder() {
            Some(folder) => Credentials::read(&folder.value)?,
            None => Credentials::default(),
        };
        let credentials = credentials.with_helper_folder(self.credential_helpers.clone());
        Ok(credentials.with_helper_limit(limit))
    }

    /// Returns the build-time variables for the proxies of an engine. If the docker CLI's config
    /// file sets no proxies for this engine, returns those for all engines (`proxies.default`).
    pub fn proxy_build_args(
        &self,
        engine: &Address,
    ) -> Result<BTreeMap<String, String>, ResolveError> {
        let Some(folder) = self.config_folder() else { return Ok(BTreeMap::new()) };
        let config = CliConfig::read(&folder.value)?;
        Ok(config.map_or_else(BTreeMap::new, |config| config.proxy_build_args(&engine.to_string())))
    }
}

impl From<ConfigError> for ResolveError {
    fn from(error: ConfigError) -> Self {
        let path = error.path().display().to_string();
        Self::new(
            ResolveErrorKind::ConfigFile,
            "the docker CLI's config file",
            path,
            error.reason(),
        )
    }
}
