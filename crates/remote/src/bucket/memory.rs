//! The memory for uploads to a bucket.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The maximum number of bytes of all uploads in memory.
const TOTAL: u64 = 32 * 1024 * 1024;
/// The size from which a buffer is reused. There are only a few such buffers at a time.
const LARGE: u64 = 4 * 1024 * 1024;
const UNIT: u64 = 64 * 1024;
const UNITS: u32 = (TOTAL / UNIT) as u32;

/// The memory that all uploads to a bucket share. Large buffers are reused, because allocators keep
/// freed memory for each thread, and it would add up.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    units: Arc<Semaphore>,
    buffers: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// The memory for one part.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    memory: Memory,
    _units: Option<OwnedSemaphorePermit>,
}

impl Memory {
    /// Waits until there is memory for this number of bytes. A part that is larger than the total
    /// gets the total.
    pub(super) async fn take(&self, bytes: u64) -> Buffer {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(UNITS).min(UNITS);
        // The semaphore is never closed.
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
    /// Resizes the buffer to this size, and returns it to be filled.
    pub(super) fn sized(&mut self, size: usize) -> &mut [u8] {
        self.bytes.resize(size, 0);
        &mut self.bytes
    }

    /// Returns the content of the buffer. The memory is released when the last clone is dropped.
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
        // The buffer is returned before its units are released, so that a waiting upload finds it.
        self.memory.buffers.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_part_waits_until_earlier_parts_are_released() {
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
    async fn a_large_buffer_is_reused() {
        let memory = Memory::default();
        let mut first = memory.take(LARGE).await;
        let address = first.sized(LARGE as usize).as_ptr();
        drop(first.filled());
        assert_eq!(memory.take(LARGE).await.sized(500).as_ptr(), address);
    }
}
