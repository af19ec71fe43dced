//! The archives that exceed a number, decided only by their names.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sealift_filename::ArchivePath;

use crate::keep::Keep;
use crate::ranking::{Build, Ranking};

/// Returns the archives of each image that exceed these numbers, sorted by path. It uses only their
/// names, for places in which the content of archives is not known, such as a bucket.
///
/// Versions are ordered and counted as by [`retain`](crate::retain()), with two differences:
/// archives for all platforms are counted together, and builds of one dirty version are ordered by
/// their ids. The newest release of an image is never returned.
///
/// ```
/// use sealift_catalog::{Keep, surplus};
/// use sealift_filename::ArchivePath;
///
/// let names = ["web_1.0.0.1_0123456789ab.zip", "web_1.0.0.2_0123456789ab.zip"];
/// let archives = names.map(|name| ArchivePath::parse(name).unwrap());
/// assert_eq!(surplus(&archives, Keep::newest(1)), [archives[0].clone()]);
/// ```
#[must_use = "nothing is removed yet: remove the archives that are returned"]
pub fn surplus<'a>(
    archives: impl IntoIterator<Item = &'a ArchivePath>,
    keep: Keep,
) -> Vec<ArchivePath> {
    let mut images: BTreeMap<&str, Vec<&ArchivePath>> = BTreeMap::new();
    for archive in archives {
        images.entry(archive.image()).or_default().push(archive);
    }
    let mut found = Vec::new();
    for archives in images.values() {
        let ranking = Ranking::new(archives.iter().map(|archive| Build {
            version: archive.name().version(),
            id: Some(archive.name().id()),
            time: Timestamp::MIN,
        }));
        let is_surplus = |archive: &&ArchivePath| {
            let name = archive.name();
            let is_newest = ranking.is_newest_release(name.version());
            !is_newest && !ranking.keeps(name.version(), name.id(), keep)
        };
        found.extend(archives.iter().copied().filter(is_surplus).cloned());
    }
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_each_image_are_counted() {
        let archives = [
            "api_1.0_000000000001.zip",
            "web_1.0.0.1_000000000001.zip",
            "web_1.0.0.2_000000000002.docker",
            "web_1.0.0.2_000000000002.zip",
            "web_1.0.0.10_000000000003.zip",
            "web_dev_000000000004.zip",
            "web_dev_000000000005.zip",
        ]
        .map(|name| ArchivePath::parse(name).unwrap());
        let surplus = |number| {
            let surplus = surplus(&archives, Keep::newest(number));
            surplus.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(surplus(2), ["web_1.0.0.1_000000000001.zip"]);
        assert_eq!(
            surplus(1),
            [
                "web_1.0.0.1_000000000001.zip",
                "web_1.0.0.2_000000000002.docker",
                "web_1.0.0.2_000000000002.zip",
                "web_dev_000000000004.zip",
            ]
        );
        assert_eq!(surplus(0).len(), 5, "the newest releases are kept");
        assert!(surplus(3).is_empty());
    }
}
