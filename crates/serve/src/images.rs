//! The images of a folder, by the names and tags that clients of a registry use.

use std::collections::BTreeMap;

use sealift_catalog::{Entry, LatestOptions, latest};
use sealift_filename::ArchivePath;

/// The tag of the newest release.
const LATEST: &str = "latest";

/// The archives that are served. All are verified, and their names match their images.
#[derive(Debug, Default)]
pub(crate) struct Images {
    by_name: BTreeMap<String, Image>,
    entries: Vec<Entry>,
}

/// The archives of an image, as indexes into the list of entries.
#[derive(Debug, Default)]
struct Image {
    all: Vec<usize>,
    tags: BTreeMap<String, Vec<usize>>,
}

impl Images {
    /// Selects the archives that can be served, and ignores all others.
    ///
    /// A tag names the newest build of its version, for each platform. `latest` is the newest
    /// release for each platform, unless an archive has this version.
    pub(crate) fn new(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut entries: Vec<Entry> = entries.into_iter().filter(Entry::is_rightly_named).collect();
        entries.sort_by(|left, right| left.archive.cmp(&right.archive));
        let mut by_name: BTreeMap<String, Image> = BTreeMap::new();
        for (at, entry) in entries.iter().enumerate() {
            if let Some(repository) = entry.archive.repository() {
                let image = by_name.entry(repository.as_str().to_owned()).or_default();
                image.all.push(at);
                if let Ok(tag) = entry.archive.name().to_version().to_tag() {
                    image.tags.entry(tag).or_default().push(at);
                }
            }
        }
        for image in by_name.values_mut() {
            for builds in image.tags.values_mut().filter(|builds| builds.len() > 1) {
                *builds = newest(&entries, builds, &LatestOptions::default());
            }
            if !image.tags.contains_key(LATEST) {
                let options = LatestOptions::default().with_release(true);
                let newest = newest(&entries, &image.all, &options);
                if !newest.is_empty() {
                    image.tags.insert(LATEST.to_owned(), newest);
                }
            }
        }
        Self { by_name, entries }
    }

    /// Returns all archives, sorted by path.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the names of the images, sorted.
    pub(crate) fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// Returns the tags of an image, sorted.
    pub(crate) fn tags(&self, name: &str) -> Option<impl Iterator<Item = &str>> {
        Some(self.by_name.get(name)?.tags.keys().map(String::as_str))
    }

    /// Returns the archives of a tag, one for each platform, sorted by path.
    pub(crate) fn tagged(&self, name: &str, tag: &str) -> Vec<&Entry> {
        let image = self.by_name.get(name);
        let found = image.and_then(|image| image.tags.get(tag)).into_iter().flatten();
        found.map(|at| &self.entries[*at]).collect()
    }

    /// Returns a reference that can be pulled, as an example; `None` if there is no tag.
    pub(crate) fn example(&self) -> Option<String> {
        let (name, image) = self.by_name.iter().find(|(_, image)| !image.tags.is_empty())?;
        let newest = self.tagged(name, LATEST).first().copied();
        let tag = match newest.map(|entry| entry.archive.name().to_version().to_tag()) {
            Some(Ok(tag)) => tag,
            _ => image.tags.keys().next_back()?.clone(),
        };
        Some(format!("{name}:{tag}"))
    }

    /// Returns the archives of each tag of an image, for tags with several platforms.
    pub(crate) fn indexed<'a>(&'a self, name: &str) -> impl Iterator<Item = Vec<&'a Entry>> {
        let tags = self.by_name.get(name).into_iter().flat_map(|image| image.tags.values());
        let several = tags.filter(|builds| builds.len() > 1);
        several.map(|builds| builds.iter().map(|at| &self.entries[*at]).collect())
    }

    /// Returns all archives of an image.
    pub(crate) fn of_image(&self, name: &str) -> impl Iterator<Item = &Entry> {
        let all = self.by_name.get(name).into_iter().flat_map(|image| &image.all);
        all.map(|at| &self.entries[*at])
    }

    /// Returns an archive by its path.
    pub(crate) fn archive(&self, path: &ArchivePath) -> Option<&Entry> {
        let found = self.entries.binary_search_by(|entry| entry.archive.cmp(path));
        found.ok().map(|at| &self.entries[at])
    }
}

/// Returns the latest of the given archives for each platform.
fn newest(entries: &[Entry], among: &[usize], options: &LatestOptions) -> Vec<usize> {
    let newest = latest(among.iter().map(|at| &entries[*at]), options);
    let is_newest = |at: &&usize| newest.iter().any(|of| of.archive == entries[**at].archive);
    among.iter().filter(is_newest).copied().collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use sealift_catalog::{Knowledge, KnownImage, Stat};
    use sealift_oci::{Digest, Identity};

    use super::*;

    fn entry(path: &str, platform: &str) -> Entry {
        let archive = ArchivePath::parse(path).unwrap();
        let mut config = [0; 32];
        let id = archive.name().id().to_string();
        for (byte, at) in config.iter_mut().zip((0..12).step_by(2)) {
            *byte = u8::from_str_radix(&id[at..at + 2], 16).unwrap();
        }
        let identity =
            Identity::new(Digest::from_bytes(config), Vec::new(), platform.parse().unwrap());
        let image = KnownImage::new(identity, Digest::of(b""), 0);
        Entry::new(archive, Stat { size: 1, modified: Timestamp::UNIX_EPOCH })
            .with_knowledge(Knowledge::Image(Box::new(image)))
    }

    fn images() -> Images {
        Images::new([
            entry("web_1.0.0.1_aaaaaaaaaaa1.zip", "linux/amd64"),
            entry("web_1.0.0.1_aaaaaaaaaaa2.zip", "linux/arm64"),
            entry("web_1.0.0.0_aaaaaaaaaaa3.zip", "linux/amd64"),
            entry("web_2.0.0.0_aaaaaaaaaaa4.zip", "linux/amd64"),
            entry("team/api_dev_aaaaaaaaaaa5.zip", "linux/amd64"),
            entry("db_latest_aaaaaaaaaaa6.zip", "linux/amd64"),
            entry("db_1.0.0.1_aaaaaaaaaaa7.zip", "linux/amd64"),
        ])
    }

    fn ids(entries: &[&Entry]) -> String {
        let ids = entries.iter().map(|entry| entry.archive.name().id().as_str()[11..].to_owned());
        ids.collect()
    }

    #[test]
    fn a_tag_names_the_archives_of_its_version() {
        let images = images();
        assert_eq!(images.names().collect::<Vec<_>>(), ["db", "team/api", "web"]);
        assert_eq!(images.tags("web").unwrap().collect::<Vec<_>>().len(), 4);
        assert_eq!(ids(&images.tagged("web", "1.0.0.1")), "12");
        assert_eq!(ids(&images.tagged("web", "1.0.0.0")), "3");
        assert_eq!(ids(&images.tagged("web", "7")), "");
        assert_eq!(ids(&images.tagged("api", "dev")), "");
        assert!(images.tags("api").is_none());
    }

    #[test]
    fn latest_is_the_newest_release_unless_an_archive_has_this_version() {
        let images = images();
        assert_eq!(ids(&images.tagged("web", "latest")), "12");
        assert_eq!(ids(&images.tagged("db", "latest")), "6");
        assert_eq!(ids(&images.tagged("team/api", "latest")), "");
    }

    #[test]
    fn unverified_and_misnamed_archives_are_not_served() {
        let known = entry("web_1.0.0.1_aaaaaaaaaaa1.zip", "linux/amd64");
        let mut misnamed = known.clone();
        misnamed.archive = ArchivePath::parse("web_1.0.0.1_bbbbbbbbbbb1.zip").unwrap();
        let unread = Entry::new("web_1.0.0.2_aaaaaaaaaaa2.zip".parse().unwrap(), known.stat);
        let images = Images::new([known, misnamed, unread]);
        assert_eq!(images.entries().len(), 1);
        assert!(images.archive(&"web_1.0.0.1_aaaaaaaaaaa1.zip".parse().unwrap()).is_some());
        assert!(images.archive(&"web_1.0.0.2_aaaaaaaaaaa2.zip".parse().unwrap()).is_none());
    }
}
