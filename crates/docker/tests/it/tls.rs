//! Real TLS: a server in front of the fake engine, with certificates that are created here.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use sealift_docker::{Endpoint, Engine, Error, ErrorKind, SettingSource, Settings, Timeouts};
use tempfile::TempDir;
use tokio::net::{TcpListener, UnixStream};
use tokio_rustls::TlsAcceptor;

use crate::fake::Fake;
use crate::settings;

const VERSION: &str = r#"{"Version": "1.2.3", "ApiVersion": "1.41"}"#;

/// An authority that signs certificates.
type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate and its key, as PEM.
struct Identity {
    certificate: String,
    key: String,
}

fn identity(by: &Authority, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, by).unwrap().pem();
    Identity { certificate, key: key.serialize_pem() }
}

fn expired(params: &mut CertificateParams) {
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2020, 1, 2);
}

/// An engine with TLS, and the folder of certificates of its client.
struct Stand {
    authority: Authority,
    folder: TempDir,
    host: String,
    fake: Fake,
}

impl Stand {
    /// Starts an engine with a certificate for `127.0.0.1`, and creates a valid certificate for the
    /// client.
    async fn start() -> Self {
        Self::start_with("127.0.0.1", |_| {}).await
    }

    /// Starts an engine with a certificate for this name, which `change` modifies.
    async fn start_with(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let authority = authority();
        let server = identity(&authority, name, change);
        let mut clients = RootCertStore::empty();
        clients.add(authority.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let clients =
            WebPkiClientVerifier::builder_with_provider(Arc::new(clients), Arc::clone(&provider));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(clients.build().unwrap())
            .with_single_cert(
                vec![
                    rustls::pki_types::CertificateDer::from_pem_slice(
                        server.certificate.as_bytes(),
                    )
                    .unwrap(),
                ],
                PrivateKeyDer::from_pem_slice(server.key.as_bytes()).unwrap(),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let host = format!("tcp://{}", listener.local_addr().unwrap());
        let fake = Fake::start(|call| call.answer("200 OK", VERSION));
        let socket = fake.socket().to_owned();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, socket) = (acceptor.clone(), socket.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut engine = UnixStream::connect(socket).await.unwrap();
                    // Either side can close first.
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut engine).await;
                });
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let stand = Self { authority, folder, host, fake };
        stand.write("ca.pem", &stand.authority.pem());
        let client = identity(&stand.authority, "client", |_| {});
        stand.show(&client);
        stand
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.folder.path().join(name), content).unwrap();
    }

    /// Sets the client's certificate.
    fn show(&self, identity: &Identity) {
        self.write("cert.pem", &identity.certificate);
        self.write("key.pem", &identity.key);
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.folder.path().join(name)).unwrap();
    }

    fn path(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    fn settings(&self) -> Settings {
        settings(&[
            ("DOCKER_HOST", &self.host),
            ("DOCKER_TLS_VERIFY", "1"),
            ("DOCKER_CERT_PATH", self.path()),
        ])
    }

    async fn error(&self) -> Error {
        self.engine(&self.settings()).version().await.unwrap_err()
    }

    fn engine(&self, settings: &Settings) -> Engine {
        let endpoint = Endpoint::resolve(settings).unwrap();
        assert!(endpoint.tls.is_some());
        Engine::new(endpoint, Timeouts::new(Duration::from_secs(60)))
    }

    /// Returns the failure, with fixed names in the place of the address and the folder.
    async fn failure(&self) -> String {
        let error = self.error().await;
        assert_eq!(error.kind(), ErrorKind::Untrusted, "{}", crate::chain(&error));
        assert_eq!(self.fake.asked(), [""; 0]);
        self.clean(&error.failure().to_string())
    }

    fn refusal(&self) -> String {
        self.clean(&Endpoint::resolve(&self.settings()).unwrap_err().to_string())
    }

    fn clean(&self, text: &str) -> String {
        text.replace(&self.host, "HOST").replace(self.path(), "FOLDER")
    }
}

#[tokio::test]
async fn an_engine_is_reached_if_both_certificates_are_valid() {
    let stand = Stand::start().await;
    let engine = stand.engine(&stand.settings());
    assert_eq!(engine.version().await.unwrap().version, "1.2.3");
    assert_eq!(stand.fake.asked(), ["GET /v1.41/version"]);
    let tls = engine.endpoint().tls.as_ref().unwrap();
    assert_eq!(tls.source, SettingSource::Variable("DOCKER_CERT_PATH"));
    assert_eq!(
        format!("{:?}", tls.value),
        format!("Tls {{ folder: {:?}, has_certificate: true, .. }}", stand.path())
    );
}

#[tokio::test]
async fn an_https_address_always_uses_tls() {
    let stand = Stand::start().await;
    let host = stand.host.replace("tcp:", "https:");
    let settings = settings(&[("DOCKER_HOST", &host), ("DOCKER_CERT_PATH", stand.path())]);
    stand.engine(&settings).version().await.unwrap();
}

#[tokio::test]
async fn the_default_folder_of_certificates_is_the_config_folder() {
    let stand = Stand::start().await;
    let mut settings = stand.settings();
    settings.docker_cert_path = None;
    settings.docker_config = Some(stand.path().to_owned());
    let engine = stand.engine(&settings);
    engine.version().await.unwrap();
    let source = &engine.endpoint().tls.as_ref().unwrap().source;
    assert_eq!(*source, SettingSource::Variable("DOCKER_CONFIG"));
}

#[tokio::test]
async fn a_context_has_certificates_of_its_own() {
    let stand = Stand::start().await;
    let config = tempfile::tempdir().unwrap();
    let folder = crate::cli_contexts::write(config.path(), "edge", &stand.host, "{}");
    std::fs::create_dir_all(&folder).unwrap();
    let copy = |name: &str| {
        std::fs::copy(stand.folder.path().join(name), folder.join(name)).unwrap();
    };
    let config = config.path().to_str().unwrap();
    let settings = settings(&[("DOCKER_CONFIG", config), ("DOCKER_CONTEXT", "edge")]);
    copy("cert.pem");
    copy("key.pem");
    let refusal = Endpoint::resolve(&settings).unwrap_err().to_string();
    insta::assert_snapshot!(refusal.replace(folder.to_str().unwrap(), "FOLDER"), @"the folder of certificates of the context `edge` is `FOLDER`, but it contains no ca.pem, which is needed to verify the engine");
    copy("ca.pem");
    let engine = stand.engine(&settings);
    engine.version().await.unwrap();
    assert_eq!(
        engine.endpoint().tls.as_ref().unwrap().source,
        SettingSource::Context("edge".to_owned())
    );
}

#[tokio::test]
async fn docker_machine_reports_the_folder_of_certificates() {
    let stand = Stand::start().await;
    let stubs = tempfile::tempdir().unwrap();
    let script = format!(
        r#"echo 'export DOCKER_TLS_VERIFY="1"'
echo 'export DOCKER_HOST="{}"'
echo 'export DOCKER_CERT_PATH="{}"'
echo 'export DOCKER_MACHINE_NAME="m1"'
echo '# Run this command to configure your shell: '
echo '# eval $(docker-machine env --shell sh m1)'
"#,
        stand.host,
        stand.path()
    );
    let mut settings = settings(&[("DOCKER_MACHINE_NAME", "m1")]);
    settings.docker_machine_program = Some(crate::stub(stubs.path(), "docker-machine", &script));
    stand.engine(&settings).version().await.unwrap();
}

#[tokio::test]
async fn an_invalid_certificate_of_the_engine_is_an_error_with_the_reason() {
    let other_host = Stand::start_with("build.example", |_| {}).await;
    let expired = Stand::start_with("127.0.0.1", expired).await;
    let too_early = Stand::start_with("127.0.0.1", |params| {
        params.not_before = rcgen::date_time_ymd(4000, 1, 1);
    });
    let too_early = too_early.await;
    let unknown = Stand::start().await;
    unknown.write("ca.pem", &authority().pem());
    let mut failures = Vec::new();
    for stand in [other_host, expired, too_early, unknown] {
        failures.push(stand.failure().await);
    }
    insta::assert_snapshot!(failures.join("\n"), @"
    the TLS connection to HOST (from DOCKER_HOST) failed: the engine's certificate is not for `127.0.0.1`, but for build.example
    the TLS connection to HOST (from DOCKER_HOST) failed: the engine's certificate has expired
    the TLS connection to HOST (from DOCKER_HOST) failed: the engine's certificate is not valid yet, by this machine's clock
    the TLS connection to HOST (from DOCKER_HOST) failed: the engine's certificate is from an authority that is not in FOLDER/ca.pem
    ");
}

#[tokio::test]
async fn an_engine_that_refuses_the_client_certificate_is_an_error_of_its_own() {
    let none = Stand::start().await;
    none.remove("cert.pem");
    none.remove("key.pem");
    let past = Stand::start().await;
    past.show(&identity(&past.authority, "client", expired));
    let unknown = Stand::start().await;
    unknown.show(&identity(&authority(), "client", |_| {}));
    let for_servers = Stand::start().await;
    for_servers.show(&identity(&for_servers.authority, "client", |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    }));
    let mut failures = Vec::new();
    for stand in [none, past, unknown, for_servers] {
        failures.push(stand.failure().await);
    }
    insta::assert_snapshot!(failures.join("\n"), @"
    the TLS connection to HOST (from DOCKER_HOST) failed: the engine requires a client certificate, but there is no cert.pem and key.pem in FOLDER
    the TLS connection to HOST (from DOCKER_HOST) failed: the engine refused the client certificate FOLDER/cert.pem: it has expired
    the TLS connection to HOST (from DOCKER_HOST) failed: the engine refused the client certificate FOLDER/cert.pem: it reported no reason
    the TLS connection to HOST (from DOCKER_HOST) failed: the engine refused the client certificate FOLDER/cert.pem: it is not a client certificate
    ");
}

#[tokio::test]
async fn a_server_without_tls_is_an_error_of_its_own() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut stand = Stand::start().await;
    stand.host = format!("tcp://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = b"HTTP/1.1 400 Bad Request\r\n\r\n";
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await;
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        }
    });
    insta::assert_snapshot!(stand.failure().await, @"the TLS connection to HOST (from DOCKER_HOST) failed: the server does not use TLS");
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_an_error_with_the_time_limit() {
    // The system accepts connections for the listener, and nothing is sent on them.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut stand = Stand::start().await;
    stand.host = format!("tcp://{}", listener.local_addr().unwrap());
    let mut timeouts = Timeouts::new(Duration::from_secs(60));
    timeouts.connect = Duration::from_millis(20);
    let engine = Engine::new(Endpoint::resolve(&stand.settings()).unwrap(), timeouts);
    let error = engine.ping().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    insta::assert_snapshot!(stand.clean(&crate::chain(&error)), @"
    cannot reach the engine at HOST
      caused by: no engine answers at HOST (from DOCKER_HOST)
      caused by: no connection within 0.02 s
    ");
}

#[tokio::test]
async fn unusable_certificates_are_refused_before_a_request() {
    let stand = Stand::start().await;
    let good = |name: &str| std::fs::read_to_string(stand.folder.path().join(name)).unwrap();
    let (ca, key) = (good("ca.pem"), good("key.pem"));
    let mut refusals = Vec::new();
    stand.write("key.pem", &KeyPair::generate().unwrap().serialize_pem());
    refusals.push(stand.refusal());
    stand.write("key.pem", "no key");
    refusals.push(stand.refusal());
    stand.remove("key.pem");
    refusals.push(stand.refusal());
    stand.write("key.pem", &key);
    stand.remove("cert.pem");
    refusals.push(stand.refusal());
    stand.remove("key.pem");
    stand.write("ca.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    refusals.push(stand.refusal());
    stand.write("ca.pem", &ca[..40]);
    refusals.push(stand.refusal());
    stand.write("ca.pem", "");
    refusals.push(stand.refusal());
    stand.remove("ca.pem");
    refusals.push(stand.refusal());
    insta::assert_snapshot!(refusals.join("\n"), @"
    DOCKER_CERT_PATH is `FOLDER`, but FOLDER/key.pem does not match FOLDER/cert.pem
    DOCKER_CERT_PATH is `FOLDER`, but FOLDER/key.pem contains nothing that can be used
    DOCKER_CERT_PATH is `FOLDER`, but it contains a cert.pem without a key.pem
    DOCKER_CERT_PATH is `FOLDER`, but it contains a key.pem without a cert.pem
    DOCKER_CERT_PATH is `FOLDER`, but FOLDER/ca.pem contains something that is not a certificate
    DOCKER_CERT_PATH is `FOLDER`, but FOLDER/ca.pem is incomplete
    DOCKER_CERT_PATH is `FOLDER`, but FOLDER/ca.pem contains nothing that can be used
    DOCKER_CERT_PATH is `FOLDER`, but it contains no ca.pem, which is needed to verify the engine
    ");
}

#[tokio::test]
async fn an_unknown_folder_of_certificates_is_an_error() {
    let settings = settings(&[("DOCKER_HOST", "https://build.example")]);
    insta::assert_snapshot!(Endpoint::resolve(&settings).unwrap_err(), @"DOCKER_HOST is `https://build.example`, but it needs TLS, and the folder of certificates is unknown: none of DOCKER_CERT_PATH, DOCKER_CONFIG and HOME is set");
}

#[test]
fn the_default_port_depends_on_tls() {
    let authority = authority();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
    let port = |host: &str, folder: &Path| {
        let folder = folder.to_str().unwrap();
        let variables =
            [("DOCKER_HOST", host), ("DOCKER_TLS_VERIFY", "0"), ("DOCKER_CERT_PATH", folder)];
        let endpoint = Endpoint::resolve(&settings(&variables)).unwrap();
        assert!(!endpoint.tls.as_ref().unwrap().value.has_certificate);
        endpoint.to_string()
    };
    assert_eq!(port("tcp://build.example", folder.path()), "tcp://build.example:2376");
    assert_eq!(port("tcp://build.example:2375", folder.path()), "tcp://build.example:2375");
    assert_eq!(port("https://[::1]", folder.path()), "https://[::1]:2376");
}
