//! The memory for what is uploaded to a bucket.

use tokio::sync::{Semaphore, SemaphorePermit};

/// How many bytes of all uploads are in memory at a time.
const TOTAL: u64 = 32 * 1024 * 1024;
const UNIT: u64 = 64 * 1024;
const UNITS: u32 = (TOTAL / UNIT) as u32;

/// What all uploads to a bucket share.
#[derive(Debug)]
pub(super) struct Memory(Semaphore);

impl Memory {
    /// Waits until there is memory for so many bytes. A part that is larger than all of it is alone
    /// in it.
    pub(super) async fn take(&self, bytes: u64) -> Option<SemaphorePermit<'_>> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(UNITS).min(UNITS);
        // It is never closed.
        self.0.acquire_many(units).await.ok()
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self(Semaphore::new(UNITS as usize))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_part_waits_until_those_before_it_are_gone() {
        let memory = Memory::default();
        let most = memory.take(TOTAL - 1).await;
        assert!(memory.take(1).now_or_never().is_none());
        drop(most);
        let huge = memory.take(100 * TOTAL).await;
        assert!(memory.take(1).now_or_never().is_none());
        drop(huge);
        let _one = memory.take(1).await;
        let _other = memory.take(TOTAL - UNIT).await;
    }
}
