//! Files with names that nobody else uses.

use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;

use crate::fs::dir::Dir;

/// Makes a new file with a name that nobody else uses, `prefix` and 16 random digits and `suffix`; gives its name.
pub(crate) fn create_unique(
    folder: &Dir,
    prefix: &str,
    suffix: &str,
    mode: u16,
) -> io::Result<(File, String)> {
    loop {
        // The standard library's hash keys are random, which is all that is needed: a file that is
        // there already is never opened.
        let digits = RandomState::new().build_hasher().finish();
        let name = format!("{prefix}{digits:016x}{suffix}");
        match folder.create_file(&name, mode) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|file| (file, name)),
        }
    }
}
