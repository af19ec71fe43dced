//! How archives are read, and who is informed.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;

/// How archives without a believed record are read, and who is informed.
#[derive(Default, Clone, Copy)]
#[non_exhaustive]
pub struct ReadOptions<'a> {
    /// Stops reading with an error of the kind [`Cancelled`](crate::ErrorKind::Cancelled) when it
    /// is set.
    pub cancel: Option<&'a AtomicBool>,
    /// Called before archives are read; not called if all are known. Few calls read twice.
    pub on_start: Option<&'a (dyn Fn(Reading) + Sync)>,
    /// Called with the number of bytes that were read since the last call.
    pub on_bytes: Option<&'a (dyn Fn(u64) + Sync)>,
    /// How many archives are read at the same time; by default as many as there are processors.
    pub jobs: Option<NonZeroUsize>,
}

/// How much has to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reading {
    /// How many archives.
    pub archives: usize,
    /// The sum of their sizes in bytes.
    pub bytes: u64,
}

impl<'a> ReadOptions<'a> {
    /// Sets the flag that stops reading.
    #[must_use]
    pub fn with_cancel(mut self, cancel: &'a AtomicBool) -> Self {
        self.cancel = Some(cancel);
        self
    }

    /// Sets the function that is called before archives are read.
    #[must_use]
    pub fn with_on_start(mut self, on_start: &'a (dyn Fn(Reading) + Sync)) -> Self {
        self.on_start = Some(on_start);
        self
    }

    /// Sets the function that is called with the number of bytes that were read.
    #[must_use]
    pub fn with_on_bytes(mut self, on_bytes: &'a (dyn Fn(u64) + Sync)) -> Self {
        self.on_bytes = Some(on_bytes);
        self
    }

    /// Sets how many archives are read at the same time.
    #[must_use]
    pub fn with_jobs(mut self, jobs: NonZeroUsize) -> Self {
        self.jobs = Some(jobs);
        self
    }
}

impl fmt::Debug for ReadOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadOptions").field("jobs", &self.jobs).finish_non_exhaustive()
    }
}
