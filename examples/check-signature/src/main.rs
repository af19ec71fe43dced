//! Verifies a signature of `ssh-keygen -Y sign -n file` or of minisign:
//! `check-signature SIGNERS FILE SIGNATURE`.

use std::fs;

use anyhow::{Context as _, Result, bail};
use sealift_signature::jiff::{Timestamp, tz::TimeZone};
use sealift_signature::{Signer, Signers, verify};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [signers, file, signature] = arguments.as_slice() else {
        bail!("usage: check-signature SIGNERS FILE SIGNATURE");
    };
    let signer = check(signers, file, signature)?;
    println!("{file}: signed by {signer} ({})", signer.key);
    Ok(())
}

fn check(signers: &str, file: &str, signature: &str) -> Result<Signer> {
    let read = |path: &str| fs::read(path).with_context(|| path.to_owned());
    let signers =
        Signers::parse(&read(signers)?, &TimeZone::system()).with_context(|| signers.to_owned())?;
    let now = Timestamp::now();
    let verdict = verify(&read(file)?, &read(signature)?, "file", &signers, now);
    verdict.with_context(|| file.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\n";
    const SIGNATURE: &str = "untrusted comment: signature from minisign secret key\n\
        RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=\n\
        trusted comment: timestamp:1633700835\tfile:test\tprehashed\n\
        wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==\n";

    #[test]
    fn a_signature_counts_for_its_file_only() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &str| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let signers = write("signers", PUBLIC);
        let signature = write("test.minisig", SIGNATURE);
        let signer = check(&signers, &write("test", "test"), &signature).unwrap();
        assert_eq!(signer.key, "E7620F1842B4E81F");
        let other = write("other", "other");
        let error = check(&signers, &other, &signature).unwrap_err();
        assert_eq!(error.to_string(), other);
        assert!(error.root_cause().to_string().contains("does not match the content"));
    }
}
