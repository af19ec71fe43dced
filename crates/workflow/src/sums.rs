//! The checksums of archives, to be signed with any tool.

use std::fmt;
use std::path::PathBuf;

use sealift_catalog::Entry;
use sealift_filename::ArchivePath;
use sealift_oci::Digest;
use sealift_store::Store;
use serde::Serialize;

use crate::config::options::ConfigOptions;
use crate::config::published::{published, refuse_empty};
use crate::error::Error;
use crate::run::Run;
use crate::sums_text;

/// The checksum of one archive. Displayed as the line that `sha256sum` prints for it in the store's
/// folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Sum {
    /// The archive's name, relative to the folder.
    #[serde(skip)]
    pub archive: ArchivePath,
    /// The path of the archive, including the folder.
    #[serde(serialize_with = "crate::path_text::serialize")]
    pub path: PathBuf,
    /// The SHA-256 of the file. In JSON it is written without `sha256:`.
    #[serde(serialize_with = "crate::hex_text::serialize")]
    pub sha256: Digest,
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sums_text::line(self.archive.as_str(), &self.sha256))
    }
}

/// Returns the checksums of the archives in a config of the folder, sorted by path: the latest
/// archive of every image, or of the selected images. If an image has archives for several
/// platforms and none is chosen, all of them are included.
///
/// # Cancel safety
///
/// If the future is dropped, reading stops soon after. Only records are written.
///
/// # Panics
///
/// Panics outside of a tokio runtime.
///
/// # Errors
///
/// Returns an error if the folder cannot be read, a selected image has no archive, the latest
/// archive of an image is damaged, or there is no archive at all.
pub async fn sums(store: &Store, options: &ConfigOptions, run: &Run) -> Result<Vec<Sum>, Error> {
    let entries = published(store, options, run).await?;
    refuse_empty(entries.is_empty(), store, options)?;
    let sum = |entry: Entry| {
        let sha256 = entry.image()?.sha256;
        Some(Sum { path: store.path_of(&entry.archive), archive: entry.archive, sha256 })
    };
    Ok(entries.into_iter().filter_map(sum).collect())
}
