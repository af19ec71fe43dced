//! Archive files on disk: a cheap look, and a thorough examination.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Fault, FaultKind};
use crate::proof::FileFacts;
use crate::proof::Proof;
use crate::read::plain::{Container, PlainReader};
use crate::verify::tar_header::resembles_tar_header;
use crate::verify::verifier::{Verifier, VerifyOptions};
use sealift_oci::{Digest, Hasher};

const BUFFER: usize = 64 << 10;

/// What a cheap look at a file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// It begins as an archive of an image does, or is damaged. Only [`examine`] tells.
    MayHoldImage,
    /// It holds no image.
    NoImage {
        /// What it looks like instead, a fragment for after "holds no image: ".
        reason: String,
    },
}

/// Looks whether a file may hold an image, reading only a few kilobytes of it: a zip needs just one
/// member, and a file without a container has to begin with a tar header. What is inside a container is
/// not judged, since only its checksums, at its end, show whether it is damaged.
///
/// # Errors
///
/// Where the file can't be read.
pub fn look(path: impl AsRef<Path>) -> Result<Look, Error> {
    let first_bytes = || {
        let mut reader = PlainReader::open(path.as_ref())?;
        if reader.container() != Container::Tar {
            return Ok(());
        }
        let mut head = [0; 512];
        let mut filled = 0;
        while filled < head.len() {
            match reader.read(&mut head[filled..])? {
                0 => return Ok(()),
                count => filled += count,
            }
        }
        // Zeros where the header was are damage, which `examine` reports.
        let fault = match resembles_tar_header(&head) || head.iter().all(|byte| *byte == 0) {
            true => return Ok(()),
            false => Fault::not_an_image(Fault::no_tar_reason()),
        };
        Err(reader.explain(fault))
    };
    match first_bytes() {
        Ok(()) => Ok(Look::MayHoldImage),
        Err(Error::Fault { source: Fault::NotAnImage { reason }, .. }) => {
            Ok(Look::NoImage { reason })
        }
        Err(Error::Fault { source, .. }) if source.kind() != FaultKind::NotAnImage => {
            Ok(Look::MayHoldImage)
        }
        Err(error) => Err(error),
    }
}

/// How thoroughly to examine, and who to ask on the way.
#[derive(Default, Clone, Copy)]
pub struct ExamineOptions<'a> {
    /// Decompress every layer and check its diff id, also where a manifest names its digest.
    pub deep: bool,
    /// Stop with [`Error::Cancelled`] once this is set.
    pub cancel: Option<&'a AtomicBool>,
    /// Called with the number of bytes of the file that were read since the last call.
    pub on_bytes: Option<&'a (dyn Fn(u64) + Sync)>,
}

impl ExamineOptions<'_> {
    fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed))
    }
}

impl std::fmt::Debug for ExamineOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExamineOptions").field("deep", &self.deep).finish_non_exhaustive()
    }
}

/// Reads every byte of an archive and tells which image it is, or what is wrong with it.
///
/// # Errors
///
/// [`Error::Fault`] where the file is no whole image, [`Error::Io`] where it can't be read.
pub fn examine(path: impl AsRef<Path>, options: &ExamineOptions<'_>) -> Result<Proof, Error> {
    let path = path.as_ref();
    let fault = |fault| Error::fault(path, fault);
    let mut reader = PlainReader::open_hashed(path)?;
    let mut verifier = Verifier::new(VerifyOptions { deep: options.deep, platform: None });
    let mut buffer = vec![0; BUFFER];
    let mut reported = 0;
    loop {
        if options.is_cancelled() {
            return Err(Error::Cancelled { path: path.to_owned() });
        }
        let count = reader.read(&mut buffer)?;
        if let Some(on_bytes) = options.on_bytes {
            let bytes = reader.file_bytes();
            on_bytes(bytes - reported);
            reported = bytes;
        }
        if count == 0 {
            break;
        }
        if let Err(fault) = verifier.push(&buffer[..count]) {
            return Err(reader.explain(fault));
        }
    }
    let contents = verifier.finish().map_err(fault)?;
    let (container, member_name) = (reader.container(), reader.member_name().map(str::to_owned));
    let (size, sha256) = reader.finish()?;
    let sha256 = sha256.ok_or_else(|| Error::io("hash", path, std::io::ErrorKind::Other.into()))?;
    Ok(Proof::new(contents, FileFacts { sha256, size, container, member_name, blocks: None }))
}

/// Hashes a file as it is: whoever has noted its hash down after a thorough examination knows by that
/// alone that it is still the same.
///
/// # Errors
///
/// Where the file can't be read, or the caller asks to stop.
pub fn hash_file(path: impl AsRef<Path>, options: &ExamineOptions<'_>) -> Result<Digest, Error> {
    let path = path.as_ref();
    let mut file = File::open(path).map_err(|source| Error::io("open", path, source))?;
    let mut hash = Hasher::new();
    let mut buffer = vec![0; BUFFER];
    loop {
        if options.is_cancelled() {
            return Err(Error::Cancelled { path: path.to_owned() });
        }
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hash.finish()),
            Ok(count) => {
                hash.update(&buffer[..count]);
                if let Some(on_bytes) = options.on_bytes {
                    on_bytes(count as u64);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::io("read", path, error)),
        }
    }
}
