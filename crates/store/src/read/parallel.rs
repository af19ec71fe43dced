//! Parallel work on many archives.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Calls a function for each item on several threads, and returns the results in the order of the
/// items.
///
/// Each thread takes the next item as soon as it is free, so one large archive does not delay the
/// others. `jobs` is the number of threads, by default the number of processors. After an error no
/// further items are started, and the first error in the order of the items is returned.
///
/// ```
/// let lengths = sealift_store::in_parallel(&["a", "bc"], None, |text| Ok::<_, ()>(text.len()));
/// assert_eq!(lengths, Ok(vec![1, 2]));
/// ```
///
/// # Panics
///
/// Panics if the function panics. The other threads finish their current items first.
pub fn in_parallel<T: Sync, R: Send, E: Send>(
    items: &[T],
    jobs: Option<NonZeroUsize>,
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let processors = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let jobs = jobs.unwrap_or_else(processors).get().min(items.len());
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let results = Mutex::new(Vec::with_capacity(items.len()));
    let take_items = || {
        while !failed.load(Ordering::Relaxed)
            && let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(item) = items.get(index)
        {
            let result = work(item);
            if result.is_err() {
                failed.store(true, Ordering::Relaxed);
            }
            results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
        }
    };
    thread::scope(|scope| {
        for _ in 1..jobs {
            scope.spawn(take_items);
        }
        take_items();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_have_the_order_of_the_items() {
        let items: Vec<usize> = (0..100).collect();
        let doubled = in_parallel(&items, NonZeroUsize::new(4), |item| Ok::<_, ()>(2 * item));
        assert_eq!(doubled.unwrap(), items.iter().map(|item| 2 * item).collect::<Vec<_>>());
        assert_eq!(in_parallel(&[(); 0], None, |()| Ok::<_, ()>(())), Ok(Vec::new()));
    }

    #[test]
    fn no_item_is_started_after_an_error() {
        let begun = AtomicUsize::new(0);
        let items: Vec<usize> = (0..100).collect();
        let result: Result<Vec<()>, usize> = in_parallel(&items, NonZeroUsize::new(1), |item| {
            begun.fetch_add(1, Ordering::Relaxed);
            if *item == 2 { Err(*item) } else { Ok(()) }
        });
        assert_eq!((result, begun.into_inner()), (Err(2), 3));
    }
}
