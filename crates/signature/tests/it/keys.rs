//! Creates keys and signatures with `ssh-keygen`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sealift_signature::jiff::{Timestamp, tz::TimeZone};
use sealift_signature::{RevokedKeys, Signer, Signers, VerifyError, verify};
use sealift_testing::output_of;
use tempfile::TempDir;

pub(crate) const NAMESPACE: &str = "test-sums";
pub(crate) const MESSAGE: &[u8] = b"one\ntwo\n";

/// A folder for keys.
pub(crate) struct Keys {
    pub(crate) folder: TempDir,
    program: PathBuf,
}

impl Keys {
    /// Creates the folder. Returns `None` if `ssh-keygen` is not installed.
    pub(crate) fn new() -> Option<Self> {
        let program = sealift_testing::program("ssh-keygen")?;
        Some(Self { folder: tempfile::tempdir().unwrap(), program })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn ssh_keygen(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(self.folder.path()).env("TZ", "UTC");
        command
    }

    /// Creates a key, and returns the line of its public key.
    pub(crate) fn make(&self, name: &str, options: &[&str]) -> String {
        let mut make = self.ssh_keygen();
        output_of(make.args(["-q", "-N", "", "-C", name, "-f", name]).args(options));
        self.public(name)
    }

    pub(crate) fn public(&self, name: &str) -> String {
        fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap()
    }

    /// Signs the message with the key of this name.
    pub(crate) fn sign(&self, name: &str, options: &[&str]) -> Vec<u8> {
        self.sign_for(name, NAMESPACE, options)
    }

    pub(crate) fn sign_for(&self, name: &str, namespace: &str, options: &[&str]) -> Vec<u8> {
        let mut sign = self.ssh_keygen();
        sign.args(["-q", "-Y", "sign", "-n", namespace, "-f", name]).args(options);
        with_input(&mut sign, MESSAGE).unwrap()
    }

    /// Returns the principals for which `ssh-keygen` accepts a signature, or `None` if it refuses
    /// it.
    pub(crate) fn judged(&self, signers: &str, signature: &[u8]) -> Option<String> {
        fs::write(self.path("judged-signers"), signers).unwrap();
        fs::write(self.path("judged-signature"), signature).unwrap();
        let files = ["-s", "judged-signature", "-f", "judged-signers"];
        let mut find = self.ssh_keygen();
        find.args(["-Y", "find-principals"]).args(files);
        let found = with_input(&mut find, MESSAGE)?;
        let principals = String::from_utf8(found).unwrap();
        let mut check = self.ssh_keygen();
        let principal = principals.trim().split(',').next().unwrap();
        check.args(["-Y", "verify", "-n", NAMESPACE, "-I", principal]).args(files);
        with_input(&mut check, MESSAGE).map(|_| principals.trim().to_owned())
    }
}

fn with_input(command: &mut Command, input: &[u8]) -> Option<Vec<u8>> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    // A program that fails before it reads its input closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    output.status.success().then_some(output.stdout)
}

pub(crate) fn signers(text: &str) -> Signers {
    Signers::parse(text.as_bytes(), &TimeZone::UTC).unwrap()
}

pub(crate) fn verified(signers: &Signers, signature: &[u8]) -> Result<Signer, VerifyError> {
    verify(MESSAGE, signature, NAMESPACE, signers, Timestamp::now())
}

pub(crate) fn revoked(text: &str) -> RevokedKeys {
    RevokedKeys::parse(text.as_bytes()).unwrap()
}

/// Replaces fingerprints, which are different in each run.
pub(crate) fn without_fingerprints(text: &str) -> String {
    let words = text.split(' ').map(|word| match word.strip_prefix("SHA256:") {
        Some(rest) => format!("SHA256:…{}", if rest.ends_with(',') { "," } else { "" }),
        None => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Decodes the base64 between the marker lines of an SSH signature.
pub(crate) fn dearmored(signature: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    let text = String::from_utf8(signature.to_vec()).unwrap();
    let lines: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    base64::engine::general_purpose::STANDARD.decode(lines).unwrap()
}

pub(crate) fn armored(blob: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(blob);
    format!("-----BEGIN SSH SIGNATURE-----\n{text}\n-----END SSH SIGNATURE-----\n").into_bytes()
}

pub(crate) fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}
