//! Creation of files with unique names.

use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;

use crate::fs::dir::Dir;

/// Creates a new file whose name is `prefix`, 16 random digits and `suffix`. Returns it with its
/// name.
pub(crate) fn create_unique(
    folder: &Dir,
    prefix: &str,
    suffix: &str,
    mode: u16,
) -> io::Result<(File, String)> {
    loop {
        // The random keys of the standard library's hasher are sufficient, because existing files
        // are never opened.
        let digits = RandomState::new().build_hasher().finish();
        let name = format!("{prefix}{digits:016x}{suffix}");
        match folder.create_file(&name, mode) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|file| (file, name)),
        }
    }
}
