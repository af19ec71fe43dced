//! The certificates for TLS.

use std::path::{Path, PathBuf};

/// The certificates by which the engine and the client authenticate each other.
#[derive(Clone)]
#[non_exhaustive]
pub struct Tls {
    /// The folder that contains `ca.pem`, and `cert.pem` and `key.pem` if the client has a
    /// certificate.
    pub folder: PathBuf,
    /// Whether there is a client certificate.
    pub has_certificate: bool,
    #[cfg(feature = "tls")]
    pub(crate) client: crate::wire::tls::TlsClient,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("folder", &self.folder)
            .field("has_certificate", &self.has_certificate)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "tls")]
impl Tls {
    /// Reads the certificates for connections to a host, or returns the reason why they cannot be
    /// used.
    pub(crate) fn read(folder: &Path, host: &str) -> Result<Self, String> {
        let (client, has_certificate) = crate::wire::tls::TlsClient::read(folder, host)?;
        Ok(Self { folder: folder.to_owned(), has_certificate, client })
    }

    /// Returns the data that the explanation of a failure needs.
    pub(crate) fn shown(&self) -> crate::wire::tls::Certificates<'_> {
        crate::wire::tls::Certificates { folder: &self.folder, has_own: self.has_certificate }
    }
}

#[cfg(not(feature = "tls"))]
impl Tls {
    pub(crate) fn read(_: &Path, _: &str) -> Result<Self, String> {
        Err("this program was built without TLS".to_owned())
    }
}
