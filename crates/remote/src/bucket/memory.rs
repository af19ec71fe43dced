//! The memory for what is uploaded to a bucket.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many bytes of all uploads are in memory at a time.
const TOTAL: u64 = 32 * 1024 * 1024;
/// The size from which on a buffer is used again. There are few of them at a time.
const LARGE: u64 = 4 * 1024 * 1024;
const UNIT: u64 = 64 * 1024;
const UNITS: u32 = (TOTAL / UNIT) as u32;

/// What all uploads to a bucket share. Large buffers are used again: an allocator keeps those that
/// are freed, for each thread its own.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    units: Arc<Semaphore>,
    buffers: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// Memory for one part.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    memory: Memory,
    _units: Option<OwnedSemaphorePermit>,
}

impl Memory {
    /// Waits until there is memory for so many bytes. A part that is larger than all of it is alone
    /// in it.
    pub(super) async fn take(&self, bytes: u64) -> Buffer {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(UNITS).min(UNITS);
        // It is never closed.
        let units = Arc::clone(&self.units).acquire_many_owned(units).await.ok();
        let used = match bytes >= LARGE {
            true => self.buffers.lock().unwrap_or_else(PoisonError::into_inner).pop(),
            false => None,
        };
        Buffer { bytes: used.unwrap_or_default(), memory: self.clone(), _units: units }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self { units: Arc::new(Semaphore::new(UNITS as usize)), buffers: Arc::default() }
    }
}

impl Buffer {
    /// Returns the buffer with this size, to be filled.
    pub(super) fn sized(&mut self, size: usize) -> &mut [u8] {
        self.bytes.resize(size, 0);
        &mut self.bytes
    }

    /// Returns what was filled in. The memory is free again when the last clone is dropped.
    pub(super) fn filled(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if (bytes.capacity() as u64) < LARGE {
            return;
        }
        // Before the units are free, so that whoever waits for them finds it.
        self.memory.buffers.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_part_waits_until_those_before_it_are_gone() {
        let memory = Memory::default();
        let most = memory.take(TOTAL - 1).await.filled();
        let clone = most.clone();
        drop(most);
        assert!(memory.take(1).now_or_never().is_none());
        drop(clone);
        let huge = memory.take(100 * TOTAL).await;
        assert!(memory.take(1).now_or_never().is_none());
        drop(huge);
        let _one = memory.take(1).await;
        let _other = memory.take(TOTAL - UNIT).await;
    }

    #[tokio::test]
    async fn a_buffer_is_used_again() {
        let memory = Memory::default();
        let mut first = memory.take(LARGE).await;
        let address = first.sized(LARGE as usize).as_ptr();
        drop(first.filled());
        assert_eq!(memory.take(LARGE).await.sized(500).as_ptr(), address);
    }
}
