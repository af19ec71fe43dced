//! Options for reading archives.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;

/// Options for reading archives without a valid record.
#[derive(Default, Clone, Copy)]
#[non_exhaustive]
pub struct ReadOptions<'a> {
    /// A flag that cancels reading when it is set. The error then has the kind
    /// [`Cancelled`](crate::ErrorKind::Cancelled).
    pub cancel: Option<&'a AtomicBool>,
    /// Called before archives are read. Not called if all archives have valid records. Some
    /// operations call it twice.
    pub on_start: Option<&'a (dyn Fn(Reading) + Sync)>,
    /// Called with the number of bytes that were read since the last call.
    pub on_bytes: Option<&'a (dyn Fn(u64) + Sync)>,
    /// The number of archives that are read at the same time, by default the number of processors.
    pub jobs: Option<NonZeroUsize>,
}

/// The amount of data to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reading {
    /// The number of archives.
    pub archives: usize,
    /// The total size of the archives in bytes.
    pub bytes: u64,
}

impl<'a> ReadOptions<'a> {
    /// Sets the flag that cancels reading.
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

    /// Sets the number of archives that are read at the same time.
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
