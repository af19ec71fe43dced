//! TLS for connections.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::connection::Connection;
use crate::options::ServerOptions;
use crate::reloading::Reloading;
use crate::unusable_file::UnusableFile;

/// The first byte of each TLS connection: the record type of a handshake.
const HANDSHAKE: u8 = 0x16;

/// The TLS configuration, which is reloaded when the certificate changes.
#[derive(Debug)]
pub(crate) struct Tls {
    config: Arc<Reloading<Arc<ServerConfig>>>,
    timeout: Duration,
}

/// The result of accepting a connection.
pub(crate) enum Accepted {
    /// A TLS connection.
    Encrypted(Box<TlsStream<Connection>>),
    /// A connection with another protocol, probably plain HTTP.
    Plain(Connection),
    /// The client disconnected, was too slow, or does not trust the certificate.
    Failed,
}

impl Tls {
    /// Reads the certificate and its key, if the options name them. Blocks.
    pub(crate) fn read(options: &ServerOptions) -> Result<Option<Self>, UnusableFile> {
        let Some((certificate, key)) = options.tls.clone() else { return Ok(None) };
        let config = Reloading::new(vec![certificate, key], read, options.on_event.clone())?;
        Ok(Some(Self { config, timeout: options.handshake_timeout }))
    }

    pub(crate) async fn accept(&self, stream: TcpStream, write_timeout: Duration) -> Accepted {
        let accepted = async {
            let mut first = [0];
            if !matches!(stream.peek(&mut first).await, Ok(1)) {
                return Accepted::Failed;
            }
            let connection = Connection::new(stream, write_timeout);
            if first != [HANDSHAKE] {
                return Accepted::Plain(connection);
            }
            let config = Arc::clone(&*self.config.get().await);
            match TlsAcceptor::from(config).accept(connection).await {
                Ok(stream) => Accepted::Encrypted(Box::new(stream)),
                Err(_) => Accepted::Failed,
            }
        };
        tokio::time::timeout(self.timeout, accepted).await.unwrap_or(Accepted::Failed)
    }
}

/// Reads a certificate with its chain, and its key.
fn read(files: &[PathBuf]) -> Result<Arc<ServerConfig>, UnusableFile> {
    let [certificate, key] = files else {
        return Err(UnusableFile::new("the certificate", Path::new(""), "no file was passed"));
    };
    let chain = read_certificates(certificate)?;
    let key_der = PrivateKeyDer::from_pem_slice(&read_file("the key", key)?)
        .map_err(|error| UnusableFile::new("the key", key, key_reason(key, &error)))?;
    let unusable = |error: rustls::Error| match error {
        rustls::Error::InconsistentKeys(_) => {
            let reason = format!("it does not belong to {}", certificate.display());
            UnusableFile::new("the key", key, reason)
        }
        rustls::Error::InvalidCertificate(_) => {
            UnusableFile::new("the certificate", certificate, "it is not a valid certificate")
        }
        error => UnusableFile::new("the key", key, error),
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key_der))
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, UnusableFile> {
    let unusable = |reason: String| UnusableFile::new("the certificate", file, reason);
    let bytes = read_file("the certificate", file)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => {
            Err(unusable("it contains no certificate in PEM format".to_owned()))
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(unusable(error.to_string())),
    }
}

fn read_file(what: &'static str, file: &Path) -> Result<Vec<u8>, UnusableFile> {
    std::fs::read(file).map_err(|error| UnusableFile::new(what, file, error))
}

/// Describes why a file contains no usable key. The messages of the library could contain parts of
/// the file.
fn key_reason(file: &Path, error: &pem::Error) -> &'static str {
    let text = std::fs::read(file).unwrap_or_default();
    let has = |text: &[u8], what: &[u8]| text.windows(what.len()).any(|part| part == what);
    match error {
        pem::Error::NoItemsFound if has(&text, b"BEGIN ENCRYPTED PRIVATE KEY") => {
            "it is encrypted; only keys without a passphrase are supported"
        }
        pem::Error::NoItemsFound => "it contains no private key in PEM format",
        pem::Error::MissingSectionEnd { .. } => "it is truncated",
        _ => "it is not valid PEM",
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    #[test]
    fn an_unusable_pair_is_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let key = KeyPair::generate().unwrap();
        let other = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        fs::write(at("cert"), certificate.pem()).unwrap();
        fs::write(at("key"), key.serialize_pem()).unwrap();
        fs::write(at("other"), other.serialize_pem()).unwrap();
        fs::write(at("text"), "no PEM\n").unwrap();
        fs::write(at("torn"), &key.serialize_pem()[..60]).unwrap();
        fs::write(at("encrypted"), key.serialize_pem().replace("PRIVATE", "ENCRYPTED PRIVATE"))
            .unwrap();
        let odd = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        fs::write(at("odd"), odd).unwrap();
        assert!(read(&[at("cert"), at("key")]).is_ok());
        let missing = "No such file or directory (os error 2)";
        for (certificate, key, expected) in [
            ("none", "key", format!("the certificate none: {missing}")),
            ("cert", "none", format!("the key none: {missing}")),
            (
                "text",
                "key",
                "the certificate text: it contains no certificate in PEM format".into(),
            ),
            ("cert", "text", "the key text: it contains no private key in PEM format".into()),
            ("cert", "torn", "the key torn: it is truncated".into()),
            (
                "cert",
                "encrypted",
                "the key encrypted: it is encrypted; only keys without a passphrase are supported"
                    .into(),
            ),
            ("cert", "other", "the key other: it does not belong to cert".into()),
            ("odd", "key", "the certificate odd: it is not a valid certificate".into()),
        ] {
            let error = read(&[at(certificate), at(key)]).unwrap_err().to_string();
            let error = error.replace(&format!("{}/", folder.path().display()), "");
            assert_eq!(error, format!("cannot use {expected}"));
        }
    }
}
