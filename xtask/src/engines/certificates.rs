//! Certificates for the TLS port of an engine, and for its clients.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair,
};

/// The certificate that an engine presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    /// A valid certificate for its address.
    Good,
    /// An expired certificate for its address.
    Expired,
    /// A certificate for another host.
    OfAnotherHost,
}

/// An authority that signs certificates.
type Authority = CertifiedIssuer<'static, KeyPair>;

/// Writes the files of the engine into a folder, as `ca.pem`, `server.pem` and `server-key.pem`,
/// and in `clients` a folder for each kind of client, in the layout of `DOCKER_CERT_PATH`.
pub(super) fn write(folder: &Path, shows: Shows) -> Result<()> {
    let authority = self::authority("the engine's authority")?;
    let stranger = self::authority("another authority")?;
    fs::create_dir_all(folder)?;
    let (name, is_expired) = match shows {
        Shows::Good => ("127.0.0.1", false),
        Shows::Expired => ("127.0.0.1", true),
        Shows::OfAnotherHost => ("build.example", false),
    };
    put(&folder.join("ca.pem"), &authority.pem())?;
    let server = Identity::new(&authority, name, is_expired)?;
    put(&folder.join("server.pem"), &server.certificate)?;
    put(&folder.join("server-key.pem"), &server.key)?;

    let good = Identity::new(&authority, "client", false)?;
    let expired = Identity::new(&authority, "client", true)?;
    let unknown = Identity::new(&stranger, "client", false)?;
    let clients = folder.join("clients");
    for (name, knows, identity) in [
        ("good", &authority, Some(&good)),
        ("without", &authority, None),
        ("expired", &authority, Some(&expired)),
        ("unknown", &authority, Some(&unknown)),
        // A client that trusts another authority than the engine's.
        ("misled", &stranger, Some(&good)),
    ] {
        let client = clients.join(name);
        fs::create_dir_all(&client)?;
        put(&client.join("ca.pem"), &knows.pem())?;
        if let Some(identity) = identity {
            put(&client.join("cert.pem"), &identity.certificate)?;
            put(&client.join("key.pem"), &identity.key)?;
        }
    }
    Ok(())
}

fn authority(name: &str) -> Result<Authority> {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// A certificate and its key, as PEM.
struct Identity {
    certificate: String,
    key: String,
}

impl Identity {
    fn new(by: &Authority, name: &str, is_expired: bool) -> Result<Self> {
        let mut params = CertificateParams::new([name.to_owned()])?;
        params.distinguished_name = named(name);
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        if is_expired {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2020, 1, 2);
        }
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, by)?.pem();
        Ok(Self { certificate, key: key.serialize_pem() })
    }
}

/// Writes a file that only its owner can read, because it may contain a key.
fn put(path: &Path, content: &str) -> Result<()> {
    let mut options = fs::File::options();
    let file = options.create(true).truncate(true).write(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| file.write_all(content.as_bytes()));
    written.with_context(|| format!("cannot write {}", path.display()))
}
