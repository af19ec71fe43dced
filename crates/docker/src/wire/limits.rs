//! The maximum sizes of answers, in bytes.

use std::fmt;

/// The head of an answer: its status and headers.
pub(crate) const HEAD: u64 = 400 << 10;

/// The answer to a ping, and the message of an error.
pub(crate) const WORDS: u64 = 64 << 10;

/// The answer about one object: an image, the engine. Configs of images are limited to 4 MiB.
pub(crate) const ANSWER: u64 = 16 << 20;

/// The list of all images, with about a kilobyte for each.
pub(crate) const LIST: u64 = 64 << 20;

/// The answer to a load, which usually has a few lines.
pub(crate) const LOAD: u64 = 16 << 20;

/// The output of a program: the address of a machine, a login.
pub(crate) const PROGRAM: u64 = 1 << 20;

/// Displays a limit in MiB or KiB.
pub(crate) struct Limit(pub(crate) u64);

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes.is_multiple_of(1 << 20) => write!(f, "{} MiB", bytes >> 20),
            bytes => write!(f, "{} KiB", bytes >> 10),
        }
    }
}
