//! The client's side of TLS.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{AlertDescription, CertificateError, ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The certificates of a connection, for the explanation of an error.
#[derive(Clone, Copy)]
pub(crate) struct Certificates<'a> {
    pub(crate) folder: &'a Path,
    /// Whether there is a client certificate.
    pub(crate) has_own: bool,
}

/// The configuration of TLS connections to one host.
#[derive(Clone)]
pub(crate) struct TlsClient {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl TlsClient {
    /// Reads the certificates. The second value is `true` if there is a client certificate.
    pub(crate) fn read(folder: &Path, host: &str) -> Result<(Self, bool), String> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| format!("`{host}` is not a valid host name for a certificate"))?;
        let [ca, cert, key] = ["ca.pem", "cert.pem", "key.pem"].map(|name| folder.join(name));
        if !ca.exists() {
            return Err("it contains no ca.pem, which is needed to verify the engine".to_owned());
        }
        let provider = Arc::new(ring::default_provider());
        let roots = read_roots(&ca)?;
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
            .build()
            .map_err(|error| format!("{} cannot be used: {error}", ca.display()))?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_webpki_verifier(verifier);
        let (config, has_certificate) = match (cert.exists(), key.exists()) {
            (true, true) => {
                let key_der =
                    PrivateKeyDer::from_pem_file(&key).map_err(|error| words(&key, error))?;
                let added = builder.with_client_auth_cert(read_certificates(&cert)?, key_der);
                let added = added.map_err(|error| match error {
                    rustls::Error::InconsistentKeys(_) => {
                        format!("{} does not match {}", key.display(), cert.display())
                    }
                    error => format!("{} cannot be used: {error}", cert.display()),
                });
                (added?, true)
            }
            (false, false) => (builder.with_no_client_auth(), false),
            (true, false) => return Err("it contains a cert.pem without a key.pem".to_owned()),
            (false, true) => return Err("it contains a key.pem without a cert.pem".to_owned()),
        };
        Ok((Self { config: Arc::new(config), name }, has_certificate))
    }

    pub(crate) async fn connect(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsConnector::from(Arc::clone(&self.config)).connect(self.name.clone(), stream).await
    }
}

fn read_roots(ca: &PathBuf) -> Result<Arc<RootCertStore>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in read_certificates(ca)? {
        let added = roots.add(certificate);
        added.map_err(|_| {
            format!("{} contains something that is not a certificate", ca.display())
        })?;
    }
    Ok(Arc::new(roots))
}

fn read_certificates(path: &PathBuf) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| words(path, error))?;
    let certificates: Result<Vec<_>, _> = certificates.collect();
    let certificates = certificates.map_err(|error| words(path, error))?;
    if certificates.is_empty() {
        return Err(words(path, pem::Error::NoItemsFound));
    }
    Ok(certificates)
}

/// Describes the error of a PEM file.
fn words(path: &Path, error: pem::Error) -> String {
    let path = path.display();
    match error {
        pem::Error::NoItemsFound => format!("{path} contains nothing that can be used"),
        pem::Error::MissingSectionEnd { .. } => format!("{path} is incomplete"),
        pem::Error::Io(error) => format!("{path} cannot be read: {error}"),
        error => format!("{path} cannot be used: {error}"),
    }
}

/// Describes the reason why TLS failed.
pub(crate) fn explain(error: &rustls::Error, tls: Certificates<'_>, host: &str) -> String {
    let ca = tls.folder.join("ca.pem");
    match error {
        rustls::Error::InvalidCertificate(error) => match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the engine's certificate has expired".to_owned()
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the engine's certificate is not valid yet, by this machine's clock".to_owned()
            }
            CertificateError::NotValidForName => {
                format!("the engine's certificate is not for `{host}`")
            }
            CertificateError::NotValidForNameContext { presented, .. } => {
                let names: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
                let names = if names.is_empty() { "nobody".into() } else { names.join(", ") };
                format!("the engine's certificate is not for `{host}`, but for {names}")
            }
            CertificateError::UnknownIssuer | CertificateError::BadSignature => format!(
                "the engine's certificate is from an authority that is not in {}",
                ca.display()
            ),
            error => format!("the engine's certificate cannot be used: {error}"),
        },
        rustls::Error::AlertReceived(alert) => explain_alert(*alert, tls),
        rustls::Error::InvalidMessage(_) => "the server does not use TLS".to_owned(),
        error => error.to_string(),
    }
}

/// Returns the name in `DnsName("build.example")`.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"')
}

/// Describes the reason why the engine ended the handshake.
fn explain_alert(alert: AlertDescription, tls: Certificates<'_>) -> String {
    let about_us = match alert {
        AlertDescription::CertificateExpired => Some("it has expired"),
        AlertDescription::UnknownCA => Some("the engine does not trust its authority"),
        AlertDescription::CertificateRevoked => Some("it is revoked"),
        AlertDescription::CertificateRequired
        | AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied
        | AlertDescription::HandshakeFailure
        | AlertDescription::DecryptError => None,
        alert => return format!("the engine ended the handshake with {alert:?}"),
    };
    let folder = tls.folder.display();
    if tls.has_own {
        let about_us = about_us.map_or_else(|| guess(tls.folder), str::to_owned);
        format!("the engine refused the client certificate {folder}/cert.pem: {about_us}")
    } else {
        format!(
            "the engine requires a client certificate, but there is no cert.pem and key.pem in {folder}"
        )
    }
}

/// Verifies the client certificate as an engine with the same authority would, because older
/// engines do not report what they found.
fn guess(folder: &Path) -> String {
    const UNSAID: &str = "it reported no reason";
    let [ca, cert] = ["ca.pem", "cert.pem"].map(|name| folder.join(name));
    match judge(&ca, &cert) {
        Some(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "it has expired".to_owned()
        }
        Some(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            "it is not valid yet, by this machine's clock".to_owned()
        }
        Some(CertificateError::UnknownIssuer) => {
            format!("{UNSAID}, but the authority is not in {} either", ca.display())
        }
        Some(CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. }) => {
            "it is not a client certificate".to_owned()
        }
        _ => UNSAID.to_owned(),
    }
}

/// Returns the error of a client certificate, if it can be determined.
fn judge(ca: &PathBuf, cert: &PathBuf) -> Option<CertificateError> {
    let certificates = read_certificates(cert).ok()?;
    let (ours, others) = certificates.split_first()?;
    let provider = Arc::new(ring::default_provider());
    let builder = WebPkiClientVerifier::builder_with_provider(read_roots(ca).ok()?, provider);
    let verified = builder.build().ok()?.verify_client_cert(ours, others, UnixTime::now());
    match verified {
        Err(rustls::Error::InvalidCertificate(error)) => Some(error),
        _ => None,
    }
}
