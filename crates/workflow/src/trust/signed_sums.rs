//! Signed checksums, and those that a folder remembers.

use jiff::Timestamp;
use sealift_oci::Digest;
use sealift_signature::{Signer, Signers, VerifyError, verify};
use sealift_store::Store;
use serde::{Deserialize, Serialize};

#[cfg(any(feature = "remote", test))]
use crate::error::Error;
use crate::trust::SIGNATURE_NAMESPACE;

/// The topic under which a store remembers signed checksums.
const TOPIC: &str = "signed checksums";
/// The maximum number of remembered checksums. They should cover the archives that a folder still
/// has.
#[cfg(any(feature = "remote", test))]
const MOST: usize = 64;
/// The maximum total size of remembered checksums, in bytes.
#[cfg(any(feature = "remote", test))]
const MOST_BYTES: usize = 16 << 20;

/// Checksums and their signature, as they were published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SignedSums {
    pub(crate) sums: String,
    pub(crate) signature: String,
}

impl SignedSums {
    /// Verifies the signature at the current time.
    pub(crate) fn verify(&self, signers: &Signers) -> Result<Signer, VerifyError> {
        let (sums, signature) = (self.sums.as_bytes(), self.signature.as_bytes());
        verify(sums, signature, SIGNATURE_NAMESPACE, signers, Timestamp::now())
    }

    /// Returns `true` if the checksums list a file with this path and SHA-256.
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

/// Returns the signed checksums that a folder remembers, newest first.
pub(crate) fn recall(store: &Store) -> Vec<SignedSums> {
    let document = store.recall(TOPIC);
    document.and_then(|document| serde_json::from_slice(&document).ok()).unwrap_or_default()
}

/// Stores signed checksums in a folder. If there are too many, the oldest are removed.
#[cfg(any(feature = "remote", test))]
pub(crate) fn remember(store: &Store, new: &SignedSums) -> Result<(), Error> {
    let mut all = recall(store);
    if all.first() == Some(new) {
        return Ok(());
    }
    // Of checksums with several signatures, only the newest is kept.
    all.retain(|one| one.sums != new.sums);
    all.insert(0, new.clone());
    all.truncate(MOST);
    let mut bytes = 0;
    all.retain(|one| {
        bytes += one.sums.len() + one.signature.len();
        bytes <= MOST_BYTES
    });
    // Strings can always be serialized.
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
    fn a_file_is_listed_by_its_name_and_sha256() {
        let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
        let signed = sums(&format!("{}  a/web.zip\n{} *images.json\n", one.hex(), two.hex()));
        assert!(signed.list("a/web.zip", &one));
        assert!(signed.list("images.json", &two));
        assert!(!signed.list("a/web.zip", &two));
        assert!(!signed.list("web.zip", &one));
        assert!(!signed.list("", &one));
    }

    #[test]
    fn the_newest_checksums_are_remembered_without_duplicates() {
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
