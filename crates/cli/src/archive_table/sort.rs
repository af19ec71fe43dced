//! Sorting of a table of archives.

use std::cmp::Ordering;

use clap::ValueEnum;

use crate::archive_table::row::Row;

/// The order of a table of archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Sort {
    // By path.
    #[default]
    Name,
    // By image, the highest version first.
    Version,
    // The largest first.
    Size,
    // The newest first.
    Age,
}

impl Sort {
    /// Sorts archives. The sort is stable.
    pub(crate) fn sort<T>(self, archives: &mut [T])
    where
        for<'a> Row<'a>: From<&'a T>,
    {
        if self != Self::Name {
            archives.sort_by(|left, right| self.compare(&left.into(), &right.into()));
        }
    }

    fn compare(self, left: &Row<'_>, right: &Row<'_>) -> Ordering {
        match self {
            Self::Name => Ordering::Equal,
            Self::Version => left.image.cmp(&right.image).then_with(|| {
                right.archive.name().precedence().cmp(&left.archive.name().precedence())
            }),
            Self::Size => right.size.cmp(&left.size),
            Self::Age => right.saved.cmp(&left.saved),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use sealift_workflow::{ArchiveFile, ListedArchive};

    use super::*;

    #[test]
    fn archives_are_sorted_in_each_order() {
        let archive = |name: &str, size, modified| {
            let archive = format!("{name}_0123456789ab.zip").parse().unwrap();
            let file = ArchiveFile::new("artifacts", archive, None, size);
            ListedArchive::new(file, Timestamp::from_second(modified).unwrap())
        };
        let sorted = |sort: Sort| {
            let mut archives =
                [archive("web_1.10", 1, 30), archive("web_1.9", 3, 10), archive("api_dev", 2, 20)];
            sort.sort(&mut archives);
            archives.map(|archive| archive.file.version().to_string()).join(" ")
        };
        assert_eq!(sorted(Sort::Name), "1.10 1.9 dev");
        assert_eq!(sorted(Sort::Version), "dev 1.10 1.9");
        assert_eq!(sorted(Sort::Size), "1.9 dev 1.10");
        assert_eq!(sorted(Sort::Age), "1.10 dev 1.9");
    }
}
