//! Checksums with a signature, and those that a folder remembers.

use jiff::Timestamp;
use sealift_oci::Digest;
use sealift_signature::{Signer, Signers, VerifyError, verify};
use sealift_store::Store;
use serde::{Deserialize, Serialize};

#[cfg(any(feature = "remote", test))]
use crate::error::Error;
use crate::trust::SIGNATURE_NAMESPACE;

/// What a store remembers signed checksums under.
const TOPIC: &str = "signed checksums";
/// How many are remembered: those of the archives that a folder may still have.
#[cfg(any(feature = "remote", test))]
const MOST: usize = 64;
/// How large they are together, in bytes.
#[cfg(any(feature = "remote", test))]
const MOST_BYTES: usize = 16 << 20;

/// Checksums and their signature, as they were published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SignedSums {
    pub(crate) sums: String,
    pub(crate) signature: String,
}

impl SignedSums {
    /// Verifies the signature, as of now.
    pub(crate) fn verify(&self, signers: &Signers) -> Result<Signer, VerifyError> {
        let (sums, signature) = (self.sums.as_bytes(), self.signature.as_bytes());
        verify(sums, signature, SIGNATURE_NAMESPACE, signers, Timestamp::now())
    }

    /// Returns `true` if the checksums list this file with this SHA-256.
    pub(crate) fn list(&self, path: &str, sha256: &Digest) -> bool {
        let sha256 = sha256.hex();
        self.sums.lines().any(|line| {
            let rest = line.strip_prefix(sha256.as_str());
            let name =
                rest.and_then(|rest| rest.strip_prefix("  ").or_else(|| rest.strip_prefix(" *")));
            name == Some(path)
        })
    }
}

/// Returns the signed checksums that a folder remembers, the newest first.
pub(crate) fn recall(store: &Store) -> Vec<SignedSums> {
    let document = store.recall(TOPIC);
    document.and_then(|document| serde_json::from_slice(&document).ok()).unwrap_or_default()
}

/// Remembers signed checksums. The oldest ones are forgotten when there are too many.
#[cfg(any(feature = "remote", test))]
pub(crate) fn remember(store: &Store, new: &SignedSums) -> Result<(), Error> {
    let mut all = recall(store);
    if all.first() == Some(new) {
        return Ok(());
    }
    // The signature of the same checksums may be a newer one.
    all.retain(|one| one.sums != new.sums);
    all.insert(0, new.clone());
    all.truncate(MOST);
    let mut bytes = 0;
    all.retain(|one| {
        bytes += one.sums.len() + one.signature.len();
        bytes <= MOST_BYTES
    });
    // Texts always become JSON.
    let document = serde_json::to_vec(&all).unwrap_or_default();
    Ok(store.remember(TOPIC, &document)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(text: &str) -> SignedSums {
        SignedSums { sums: text.to_owned(), signature: "none".to_owned() }
    }

    #[test]
    fn a_file_is_listed_by_its_name_and_its_sum() {
        let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
        let signed = sums(&format!("{}  a/web.zip\n{} *images.json\n", one.hex(), two.hex()));
        assert!(signed.list("a/web.zip", &one));
        assert!(signed.list("images.json", &two));
        assert!(!signed.list("a/web.zip", &two));
        assert!(!signed.list("web.zip", &one));
        assert!(!signed.list("", &one));
    }

    #[test]
    fn the_newest_are_remembered_each_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(folder.path()).unwrap();
        assert_eq!(recall(&store), []);
        for text in ["a", "b", "a"] {
            remember(&store, &sums(text)).unwrap();
        }
        assert_eq!(recall(&store), [sums("a"), sums("b")]);
        for number in 0..2 * MOST {
            remember(&store, &sums(&number.to_string())).unwrap();
        }
        assert_eq!(recall(&store).len(), MOST);
        assert_eq!(recall(&store)[0], sums("127"));
    }
}
