//! The client's side of TLS.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::{CertificateResult, load_certs_from_paths, load_native_certs};
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;

use crate::error::ErrorKind;
use crate::http::failure::{Failure, FailureKind};
use crate::http::idle::ByteStream;
use crate::settings::Settings;

/// The configuration of TLS connections. The trusted certificates are read for the first
/// connection.
#[derive(Debug)]
pub(super) struct Tls {
    file: Option<PathBuf>,
    folders: Vec<PathBuf>,
    config: OnceCell<Arc<ClientConfig>>,
}

impl Tls {
    pub(super) fn new(settings: &Settings) -> Self {
        let folders = settings.get("SSL_CERT_DIR").map(std::env::split_paths);
        Self {
            file: settings.get("SSL_CERT_FILE").map(PathBuf::from),
            folders: folders.into_iter().flatten().filter(|path| path != "").collect(),
            config: OnceCell::new(),
        }
    }

    /// Starts TLS on a connection to this host.
    pub(super) async fn encrypt(
        &self,
        stream: Box<dyn ByteStream>,
        host: &str,
    ) -> Result<Box<dyn ByteStream>, Failure> {
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(bare).map_err(|_| {
            let reason = format!("`{host}` is not a valid host name for a certificate");
            Failure::new(FailureKind::Final(ErrorKind::Settings), reason)
        })?;
        let config = self.config.get_or_try_init(|| self.read()).await?;
        let connected = TlsConnector::from(Arc::clone(config)).connect(name, stream).await;
        match connected {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => Err(Failure::of_handshake(&error, host)),
        }
    }

    async fn read(&self) -> Result<Arc<ClientConfig>, Failure> {
        let (file, folders) = (self.file.clone(), self.folders.clone());
        let read = tokio::task::spawn_blocking(move || config(file, &folders)).await;
        let fails = |reason| Failure::new(FailureKind::Final(ErrorKind::Settings), reason);
        read.unwrap_or_else(|error| Err(error.to_string())).map_err(fails)
    }
}

/// Reads the trusted certificates: those in the settings, or else those of the system.
fn config(file: Option<PathBuf>, folders: &[PathBuf]) -> Result<Arc<ClientConfig>, String> {
    let is_set = file.is_some() || !folders.is_empty();
    let found: Vec<CertificateResult> = if is_set {
        let file = file.as_deref().map(|file| load_certs_from_paths(Some(file), None));
        let folders = folders.iter().map(|folder| load_certs_from_paths(None, Some(folder)));
        file.into_iter().chain(folders).collect()
    } else {
        vec![load_native_certs()]
    };
    let mut roots = RootCertStore::empty();
    let mut reason = None;
    for found in found {
        reason = reason.or_else(|| found.errors.first().map(ToString::to_string));
        roots.add_parsable_certificates(found.certs);
    }
    if roots.is_empty() {
        let place =
            if is_set { "SSL_CERT_FILE and SSL_CERT_DIR contain" } else { "the system has" };
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        return Err(format!("{place} no trusted certificates{reason}"));
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}
