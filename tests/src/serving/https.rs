//! TLS: real handshakes, and certificates that change.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::command::Place;
use crate::serving::{Answer, Serving, add};

/// An authority, and the files of a server with a certificate that it signed.
pub(super) struct Certificates {
    authority: CertifiedIssuer<'static, KeyPair>,
    folder: PathBuf,
}

impl Certificates {
    pub(super) fn new(place: &Place) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = CertifiedIssuer::self_signed(params, key).unwrap();
        let certificates = Self { authority, folder: place.dir.path().to_owned() };
        fs::write(certificates.path("ca.pem"), certificates.authority.pem()).unwrap();
        certificates.renew();
        certificates
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a new certificate and its key. Returns the certificate.
    fn renew(&self) -> CertificateDer<'static> {
        let (certificate, key) = self.signed();
        fs::write(self.path("server.pem"), certificate.pem() + &self.authority.pem()).unwrap();
        fs::write(self.path("server.key"), key.serialize_pem()).unwrap();
        certificate.der().clone()
    }

    fn signed(&self) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        (params.signed_by(&key, &self.authority).unwrap(), key)
    }

    /// Connects with TLS. Returns the connection, and the certificate that the server showed.
    fn connect(&self, host: &str) -> (StreamOwned<ClientConnection, TcpStream>, Vec<u8>) {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let name = "127.0.0.1".try_into().unwrap();
        let client = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = StreamOwned::new(client, TcpStream::connect(host).unwrap());
        stream.conn.complete_io(&mut stream.sock).unwrap();
        let shown = stream.conn.peer_certificates().unwrap()[0].to_vec();
        (stream, shown)
    }

    fn get(&self, host: &str, path: &str) -> Answer {
        let (mut stream, _) = self.connect(host);
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        Answer::parse(answer)
    }
}

pub(super) const TLS: [&str; 4] = ["--tls-cert", "server.pem", "--tls-key", "server.key"];

#[test]
fn archives_are_fetched_by_https() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let certificates = Certificates::new(&place);
    let serving = Serving::start_with(&place, &TLS);
    let url = format!("https://{}/", serving.host);
    assert_eq!(serving.start["url"], url);
    let config = certificates.get(&serving.host, "/images.json");
    assert!(config.text().contains(&format!("\"url\": \"{url}web_1.0.0.1_")), "{config:?}");
    let fetch = |trusted: &str| {
        let mut fetch = place.command(&["--dir", "other", "fetch", &url]);
        fetch.env("SSL_CERT_FILE", place.dir.path().join(trusted)).output().unwrap()
    };
    let fetched = fetch("ca.pem");
    assert!(fetched.status.success(), "{fetched:?}");
    for name in place.files() {
        let there = fs::read(place.dir.path().join("other").join(&name)).unwrap();
        assert_eq!(there, fs::read(place.artifacts().join(&name)).unwrap(), "{name}");
    }
    let stranger = Certificates::new(&Place::new());
    fs::write(place.dir.path().join("stranger.pem"), stranger.authority.pem()).unwrap();
    assert_eq!(fetch("stranger.pem").status.code(), Some(6));
}

#[test]
fn a_request_without_tls_gets_an_explanation() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    Certificates::new(&place);
    let serving = Serving::start_with(&place, &TLS);
    let answer = serving.get("/images.json");
    assert_eq!(answer.status, 400);
    assert_eq!(answer.text(), "plain HTTP request sent to an HTTPS server\n");
    assert_eq!(serving.get("/healthz").status, 400);
    let (_, requests) = serving.stop();
    assert_eq!(
        (&requests[0]["path"], &requests[0]["status"]),
        (&"/images.json".into(), &400.into())
    );
}

#[test]
fn a_new_certificate_is_used_and_an_invalid_one_is_not() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    let certificates = Certificates::new(&place);
    let serving = Serving::start_with(&place, &TLS);
    let shown = || certificates.connect(&serving.host).1;
    let first = shown();
    let second = certificates.renew();
    assert_ne!(first, *second);
    while shown() != *second {
        std::thread::yield_now();
    }

    // A certificate whose key is still missing.
    let (third, key) = certificates.signed();
    fs::write(certificates.path("server.pem"), third.pem()).unwrap();
    while !serving.errors.lock().unwrap().iter().any(|line| line.contains("does not belong")) {
        assert_eq!(shown(), *second);
    }
    fs::write(certificates.path("server.key"), key.serialize_pem()).unwrap();
    while shown() != **third.der() {
        std::thread::yield_now();
    }
    let errors = serving.errors.lock().unwrap().join("\n");
    let warning = "warning: cannot use the key server.key: it does not belong to server.pem; what \
                   was read before is still used";
    assert!(errors.contains(warning), "{errors}");
    assert!(errors.contains("server.pem and server.key was read again"), "{errors}");
}

#[test]
fn unusable_files_are_named() {
    let place = Place::new();
    add(&place, "web:1.0.0.1", 1);
    Certificates::new(&place);
    fs::write(place.dir.path().join("htpasswd"), "ann:$apr1$x$y\n").unwrap();
    for (arguments, expected) in [
        (
            &["--tls-cert", "none", "--tls-key", "server.key"][..],
            "cannot use the certificate none: No such file or directory (os error 2)",
        ),
        (
            &["--tls-cert", "server.pem", "--tls-key", "ca.pem"],
            "cannot use the key ca.pem: it contains no private key in PEM format",
        ),
        (
            &["--auth", "htpasswd"],
            "cannot use the logins htpasswd: line 1 has MD5, but only bcrypt is supported (htpasswd -B)",
        ),
    ] {
        let serve = ["serve", "--listen", "127.0.0.1:0"];
        let said = place.run(&[&serve, arguments].concat());
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.stderr.contains(&format!("error: {expected}\n")), "{said:?}");
    }
    assert_eq!(place.run(&["serve", "--tls-cert", "server.pem"]).code, 2);
}

#[test]
fn the_config_of_engines_has_the_certificate_and_a_place_for_the_login() {
    let place = Place::new();
    let certificates = Certificates::new(&place);
    let authority = certificates.authority.pem().replace("\r\n", "\n");
    let mut all = String::new();
    for engine in ["docker", "podman", "containerd", "k3s", "rke2"] {
        let listen =
            ["serve", "--listen", "192.0.2.1:5000", "--auth", "x", "--print-config", engine];
        let said = place.run(&[&listen[..], &TLS].concat());
        assert_eq!(said.code, 0, "{said:?}");
        let stdout = said.stdout.replace(authority.trim_end(), "AUTHORITY");
        all += &format!("{}{stdout}\n", said.stderr);
    }
    insta::assert_snapshot!("config_for_https", all);
}
