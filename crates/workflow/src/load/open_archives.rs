//! State that the engines of a load share: opened archives, records and signatures.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sealift_archive::Archive;
use sealift_filename::ArchivePath;
use tokio::sync::OnceCell;

use crate::load::known::FolderRecords;
use crate::load::signatures::Signatures;

/// An archive that is opened when the first engine needs it.
pub(crate) type SharedArchive = Arc<OnceCell<Arc<Archive>>>;

/// The archives of a folder that engines currently need. The index of an archive can be large, so
/// it is in memory once, and only while an engine needs it.
#[derive(Default)]
pub(crate) struct OpenArchives {
    pub(crate) records: Arc<FolderRecords>,
    pub(crate) signatures: Signatures,
    needed: Mutex<HashMap<ArchivePath, Weak<OnceCell<Arc<Archive>>>>>,
}

impl OpenArchives {
    pub(crate) fn new(signatures: Signatures) -> Self {
        Self { signatures, ..Self::default() }
    }

    /// Returns the shared slot of an archive. All engines that need the archive at the same time
    /// receive the same slot.
    pub(crate) fn share(&self, archive: &ArchivePath) -> SharedArchive {
        let mut needed = self.needed.lock().unwrap_or_else(PoisonError::into_inner);
        needed.retain(|_, shared| shared.strong_count() > 0);
        if let Some(shared) = needed.get(archive).and_then(Weak::upgrade) {
            return shared;
        }
        let shared = SharedArchive::default();
        needed.insert(archive.clone(), Arc::downgrade(&shared));
        shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_shared_while_an_engine_needs_it() {
        let open = OpenArchives::default();
        let [web, api] = ["web_1.0_0123456789ab.zip", "api_1.0_0123456789ab.zip"]
            .map(|path| path.parse().unwrap());
        let (one, other) = (open.share(&web), open.share(&web));
        assert!(Arc::ptr_eq(&one, &other));
        assert!(!Arc::ptr_eq(&one, &open.share(&api)));
        let gone = Arc::downgrade(&one);
        drop((one, other));
        assert!(gone.upgrade().is_none());
        let _again = open.share(&web);
        assert_eq!(open.needed.lock().unwrap().len(), 1);
    }
}
