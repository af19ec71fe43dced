//! The signed checksums that list archives of a folder.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use sealift_filename::ArchivePath;
use sealift_oci::Digest;
use sealift_signature::Signers;
use sealift_store::Store;

use crate::trust::Trust;
use crate::trust::error::TrustError;
use crate::trust::signed_sums::{SignedSums, recall};

/// The name of the checksums in a folder.
const SUMS: &str = "SHA256SUMS";
/// The largest size of checksums and signatures, in bytes.
const LIMIT: u64 = 16 << 20;

/// The checksums of a folder with valid signatures: its own `SHA256SUMS`, and those of the configs
/// that were fetched into it.
#[derive(Debug)]
pub(crate) struct TrustedSums {
    valid: Vec<SignedSums>,
    /// The reason why an archive is not trusted if it is not listed.
    refusal: Refusal,
}

#[derive(Debug)]
enum Refusal {
    Unsigned { missing: String },
    Refused(sealift_signature::VerifyError),
    NotListed { sums: String },
}

impl TrustedSums {
    /// Reads the checksums of a folder, if signatures are required.
    pub(crate) fn of(store: &Store, trust: &Trust) -> Option<Self> {
        match trust {
            Trust::None => None,
            Trust::SignedBy(signers) => Some(Self::signed_by(store, signers)),
        }
    }

    fn signed_by(store: &Store, signers: &Signers) -> Self {
        let sums = store.root().join(SUMS);
        let signature = store.root().join(format!("{SUMS}.{}", signers.format().extension()));
        let own = read(&sums).zip(read(&signature));
        let own = own.map(|(sums, signature)| SignedSums { sums, signature });
        let (mut valid, mut refused) = (Vec::new(), None);
        for signed in own.into_iter().chain(recall(store)) {
            match signed.verify(signers) {
                Ok(_) => valid.push(signed),
                Err(error) => {
                    refused.get_or_insert(error);
                }
            }
        }
        let refusal = match refused {
            _ if !valid.is_empty() => Refusal::NotListed { sums: SUMS.to_owned() },
            Some(error) => Refusal::Refused(error),
            None => Refusal::Unsigned { missing: signature.display().to_string() },
        };
        Self { valid, refusal }
    }

    /// Returns an error if an archive with this SHA-256 is not listed.
    pub(crate) fn refuse(&self, archive: &ArchivePath, sha256: &Digest) -> Option<TrustError> {
        if self.valid.iter().any(|signed| signed.list(archive.as_str(), sha256)) {
            return None;
        }
        let what = archive.to_string();
        Some(match &self.refusal {
            Refusal::Unsigned { missing } => {
                TrustError::Unsigned { what, missing: missing.clone() }
            }
            Refusal::Refused(source) => TrustError::Refused { what, source: source.clone() },
            Refusal::NotListed { sums } => TrustError::NotListed { what, sums: sums.clone() },
        })
    }
}

/// Reads at most `LIMIT` bytes of a text. Returns `None` if the path is not a readable regular
/// file.
fn read(path: &Path) -> Option<String> {
    let file = File::open(path).ok()?;
    if !file.metadata().is_ok_and(|file| file.is_file()) {
        return None;
    }
    let mut text = String::new();
    file.take(LIMIT).read_to_string(&mut text).ok()?;
    Some(text)
}
