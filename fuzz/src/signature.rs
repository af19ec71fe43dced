//! Files of signers, lists of revoked keys and signatures: no input causes a panic, and no
//! signature is accepted for a message that was not signed.

use sealift_signature::jiff::{Timestamp, tz::TimeZone};
use sealift_signature::{RevokedKeys, Signers, format_of, key_of, verify};

/// The separator between the file of signers and the signature.
const SEPARATOR: &[u8] = b"\n====\n";

const ALLOWED: &str = "# release keys\nrelease@example.org,\"b c\" \
    namespaces=\"sealift-sums,!file\",valid-after=\"20260101Z\",valid-before=\"209001011200\" \
    ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBjX8dRpTmN1wuqWNZbR6QubmtEqZipO+0Wnbaq5z8E0 comment\n\
    *@example.org cert-authority \
    ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBjX8dRpTmN1wuqWNZbR6QubmtEqZipO+0Wnbaq5z8E0\n";

const MINISIGN: &str = "untrusted comment: minisign public key E7620F1842B4E81F\n\
    RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\n";

const MINISIGN_SIGNATURE: &str = "untrusted comment: signature from minisign secret key\n\
    RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=\n\
    trusted comment: timestamp:1633700835\tfile:test\tprehashed\n\
    wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==\n";

/// Checks the properties of signatures.
pub fn holds(bytes: &[u8]) {
    let middle = bytes.windows(SEPARATOR.len()).position(|window| window == SEPARATOR);
    let (signers, signature) = match middle {
        Some(middle) => (&bytes[..middle], &bytes[middle + SEPARATOR.len()..]),
        None => (bytes, bytes),
    };
    let _ = RevokedKeys::parse(bytes);
    if key_of(signature).is_some() {
        assert!(format_of(signature).is_some());
    }
    let Ok(signers) = Signers::parse(signers, &TimeZone::UTC) else { return };
    assert_eq!(
        Signers::parse(&bytes[..middle.unwrap_or(bytes.len())], &TimeZone::UTC).as_ref(),
        Ok(&signers)
    );
    let verdict =
        verify(b"never signed", signature, "sealift-sums", &signers, Timestamp::UNIX_EPOCH);
    assert!(verdict.is_err());
}

/// Returns files of signers with signatures.
pub fn seeds() -> Vec<Vec<u8>> {
    let signatures = [ssh(), MINISIGN_SIGNATURE.to_owned()];
    let mut seeds = vec![ALLOWED.as_bytes().to_vec(), MINISIGN.as_bytes().to_vec()];
    for signers in [ALLOWED, MINISIGN] {
        for signature in &signatures {
            seeds.push([signers.as_bytes(), SEPARATOR, signature.as_bytes()].concat());
        }
    }
    seeds
}

/// Returns a signature by `ssh-keygen` of an Ed25519 key.
fn ssh() -> String {
    include_str!("ssh-signature.txt").to_owned()
}
