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

/// The certificates that were used, as far as an explanation needs them.
#[derive(Clone, Copy)]
pub(crate) struct Certificates<'a> {
    pub(crate) folder: &'a Path,
    /// Whether there is a certificate to show to the engine.
    pub(crate) has_own: bool,
}

/// What makes TLS connections to one host.
#[derive(Clone)]
pub(crate) struct TlsClient {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl TlsClient {
    /// Reads the certificates, and returns `true` with them if there is one to show to the engine.
    pub(crate) fn read(folder: &Path, host: &str) -> Result<(Self, bool), String> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| format!("no certificate can be for `{host}`"))?;
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
                        format!("{} is not for {}", key.display(), cert.display())
                    }
                    error => format!("{} cannot be used: {error}", cert.display()),
                });
                (added?, true)
            }
            (false, false) => (builder.with_no_client_auth(), false),
            (true, false) => return Err("there is a cert.pem in it without its key.pem".to_owned()),
            (false, true) => return Err("there is a key.pem in it without its cert.pem".to_owned()),
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

/// Describes what is wrong with a PEM file.
fn words(path: &Path, error: pem::Error) -> String {
    let path = path.display();
    match error {
        pem::Error::NoItemsFound => format!("there is nothing to be used in {path}"),
        pem::Error::MissingSectionEnd { .. } => format!("{path} has no end"),
        pem::Error::Io(error) => format!("{path} cannot be read: {error}"),
        error => format!("{path} cannot be used: {error}"),
    }
}

/// Describes why TLS failed.
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
                "the engine's certificate is by an authority that {} does not contain",
                ca.display()
            ),
            error => format!("the engine's certificate cannot be used: {error}"),
        },
        rustls::Error::AlertReceived(alert) => explain_alert(*alert, tls),
        rustls::Error::InvalidMessage(_) => "what listens there does not speak TLS".to_owned(),
        error => error.to_string(),
    }
}

/// Returns the name in `DnsName("build.example")`.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"')
}

/// Describes why the engine ended the handshake.
fn explain_alert(alert: AlertDescription, tls: Certificates<'_>) -> String {
    let about_us = match alert {
        AlertDescription::CertificateExpired => Some("it has expired"),
        AlertDescription::UnknownCA => Some("the engine does not know its authority"),
        AlertDescription::CertificateRevoked => Some("it is revoked"),
        AlertDescription::CertificateRequired
        | AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied
        | AlertDescription::HandshakeFailure
        | AlertDescription::DecryptError => None,
        alert => return format!("the engine ends it with {alert:?}"),
    };
    let folder = tls.folder.display();
    if tls.has_own {
        let about_us = about_us.map_or_else(|| guess(tls.folder), str::to_owned);
        format!("the engine refuses our certificate, {folder}/cert.pem: {about_us}")
    } else {
        format!(
            "the engine requires a certificate, and there is no cert.pem and key.pem in {folder}"
        )
    }
}

/// Checks our certificate as an engine with the same authority would, because older engines never
/// report what they find.
fn guess(folder: &Path) -> String {
    const UNSAID: &str = "the engine reports no reason";
    let [ca, cert] = ["ca.pem", "cert.pem"].map(|name| folder.join(name));
    match judge(&ca, &cert) {
        Some(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "it has expired".to_owned()
        }
        Some(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            "it is not valid yet, by this machine's clock".to_owned()
        }
        Some(CertificateError::UnknownIssuer) => {
            format!("{UNSAID}, but {} does not contain its authority either", ca.display())
        }
        Some(CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. }) => {
            "it is not for a client".to_owned()
        }
        _ => UNSAID.to_owned(),
    }
}

/// Finds what is wrong with a client's certificate, if that can be determined.
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
