//! A cache of values that were read from archives.

use std::collections::VecDeque;

use sealift_catalog::Stat;
use sealift_filename::ArchivePath;

/// A least-recently-used cache of values that belong to archives, with a limit on the sum of their
/// costs. The last value is kept even if it exceeds the limit.
#[derive(Debug)]
pub(crate) struct Cache<T> {
    /// The most recently used value is last.
    values: VecDeque<Cached<T>>,
    limit: usize,
}

#[derive(Debug)]
struct Cached<T> {
    archive: ArchivePath,
    /// The size and time of the archive's file when the value was read.
    stat: Stat,
    value: T,
    cost: usize,
}

impl<T: Clone> Cache<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { values: VecDeque::new(), limit }
    }

    /// Returns the value of an archive, unless its file has changed.
    pub(crate) fn get(&mut self, archive: &ArchivePath, stat: &Stat) -> Option<T> {
        let at = self.values.iter().position(|cached| cached.archive == *archive)?;
        let cached = self.values.remove(at).filter(|cached| cached.stat == *stat)?;
        let value = cached.value.clone();
        self.values.push_back(cached);
        Some(value)
    }

    /// Adds a value, and replaces one of the same archive.
    pub(crate) fn insert(&mut self, archive: &ArchivePath, stat: Stat, value: T, cost: usize) {
        self.retain(|other| other != archive);
        self.values.push_back(Cached { archive: archive.clone(), stat, value, cost });
        let mut total: usize = self.values.iter().map(|cached| cached.cost).sum();
        while total > self.limit && self.values.len() > 1 {
            total -= self.values.pop_front().map_or(0, |cached| cached.cost);
        }
    }

    /// Removes the values of archives for which `is_kept` returns `false`.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(&ArchivePath) -> bool) {
        self.values.retain(|cached| is_kept(&cached.archive));
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn the_least_recently_used_value_is_removed_first() {
        let path =
            |at: u8| -> ArchivePath { format!("web_{at}_aaaaaaaaaaaa.zip").parse().unwrap() };
        let stat = |size| Stat { size, modified: Timestamp::UNIX_EPOCH };
        let mut cache = Cache::new(10);
        for at in 1..=3 {
            cache.insert(&path(at), stat(1), at, 3);
        }
        assert_eq!(cache.get(&path(1), &stat(1)), Some(1));
        cache.insert(&path(4), stat(1), 4, 3);
        assert_eq!(
            [1, 2, 3, 4].map(|at| cache.get(&path(at), &stat(1))),
            [Some(1), None, Some(3), Some(4)]
        );
        // The file has changed.
        assert_eq!(cache.get(&path(1), &stat(2)), None);
        cache.insert(&path(5), stat(1), 5, 99);
        assert_eq!(cache.get(&path(5), &stat(1)), Some(5));
        assert_eq!(cache.get(&path(4), &stat(1)), None);
        cache.retain(|archive| *archive != path(5));
        assert_eq!(cache.get(&path(5), &stat(1)), None);
    }
}
