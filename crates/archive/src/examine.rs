//! Archive files on disk: a cheap look, and a thorough examination.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use crate::{Digest, Error, Identity};

/// What a cheap look at a file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// It begins as an archive of an image does. Whether it is whole, only [`examine`] tells.
    MayHoldImage,
    /// It holds no image.
    NoImage {
        /// What it looks like instead, a fragment for after the file's name.
        reason: String,
    },
}

/// Looks whether a file may hold an image, reading only a few kilobytes of it.
pub fn look(path: &Path) -> Result<Look, Error> {
    let _ = path;
    todo!()
}

/// How thoroughly to examine, and who to ask on the way.
#[derive(Default)]
pub struct ExamineOptions<'a> {
    /// Decompress every layer and check its diff id, also where a manifest names its digest.
    pub deep: bool,
    /// Stop with [`Error::Cancelled`] once this is set.
    pub cancel: Option<&'a AtomicBool>,
    /// Called with the number of bytes of the file that were read since the last call.
    pub on_bytes: Option<&'a (dyn Fn(u64) + Sync)>,
}

/// What a thorough examination of a whole file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// The image inside.
    pub identity: Identity,
    /// The size of the file in bytes.
    pub size: u64,
    /// The size of the plain tar inside in bytes.
    pub plain_size: u64,
    /// The SHA-256 of the file.
    pub sha256: Digest,
}

/// Reads every byte of an archive and tells which image it is, or what is wrong with it.
pub fn examine(path: &Path, options: &ExamineOptions<'_>) -> Result<Examination, Error> {
    let _ = (path, options);
    todo!()
}
