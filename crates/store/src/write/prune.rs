//! Removal of records without an archive.

use std::fs;
use std::io;

use rustix::fs::FileType;

use crate::fs::abandoned::open_abandoned;
use crate::fs::dir::Dir;
use crate::record_draft::{DRAFT_PREFIX, record_root};
use crate::store::Store;

impl Store {
    /// Removes the records of archives that do not exist, and abandoned drafts.
    pub(crate) fn prune_records(&self) {
        if let Ok(records) = Dir::open(self.root(), &record_root()) {
            self.prune(&records, "");
        }
    }

    /// Removes such files below a folder. Returns `true` if the folder is empty afterwards.
    fn prune(&self, folder: &Dir, relative: &str) -> bool {
        let Ok(entries) = folder.entries() else { return false };
        let mut is_empty = true;
        for (name, kind) in entries {
            let Ok(name) = name.into_string() else {
                is_empty = false;
                continue;
            };
            let inner =
                if relative.is_empty() { name.clone() } else { format!("{relative}/{name}") };
            is_empty &= match kind {
                FileType::Directory => {
                    folder.inner(&name).is_ok_and(|below| self.prune(&below, &inner))
                        && folder.remove_empty_folder(&name).is_ok()
                }
                FileType::RegularFile => {
                    (self.is_stray_record(&inner) || is_left_draft(folder, &name))
                        && folder.remove_file(&name).is_ok()
                }
                _ => false,
            };
        }
        is_empty
    }

    fn is_stray_record(&self, relative: &str) -> bool {
        let Some(archive) = relative.strip_suffix(".json") else { return false };
        let found = fs::symlink_metadata(self.root().join(archive));
        found.is_err_and(|error| {
            matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        })
    }
}

/// Returns `true` if a file is an abandoned draft.
fn is_left_draft(folder: &Dir, name: &str) -> bool {
    name.starts_with(DRAFT_PREFIX) && open_abandoned(folder, name).is_some()
}
