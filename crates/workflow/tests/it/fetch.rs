//! Fetching of published archives: only missing bytes are requested, and only archives that match
//! the config are published.

use std::fs;
use std::path::PathBuf;

use sealift_testing::layouts::{Image, file, noise, pack};
use sealift_workflow::archive::BlockIndex;
use sealift_workflow::filename::{ArchivePath, Reference};
use sealift_workflow::oci::Digest;
use sealift_workflow::remote::{Location, Remote};
use sealift_workflow::{
    AddOptions, ConfigOptions, Error, ErrorKind, FetchOptions, FetchReport, FetchTransfer,
    PublishedPlace, Run, config, fetch, plan_fetch,
};

use crate::folder::{Folder, run};

/// The size of the large file in each image.
const LARGE: usize = 3 << 20;

/// A folder whose archives are published next to it.
struct Publisher {
    folder: Folder,
    sequence: u64,
}

impl Publisher {
    fn new() -> Self {
        Self { folder: Folder::new(), sequence: 0 }
    }

    fn path(&self) -> PathBuf {
        self.folder.dir.path().join("published")
    }

    /// Adds a version of an image with a large file and a small one.
    async fn add(&mut self, tag: &str, small: &[u8], compress: bool) -> ArchivePath {
        let mut image = Image::new(tag, 1);
        let files = [file("large", noise(LARGE)), file("small", small.to_vec())];
        image.layers = vec![pack(&files)];
        let options = AddOptions::default().with_compress(compress);
        let tar = pack(&image.podman());
        let archive = self.folder.try_add(&tar, &options).await.unwrap().remove(0).file.archive;
        self.publish().await;
        archive
    }

    /// Publishes the archives of the config, their block indexes, and the config.
    async fn publish(&mut self) {
        self.sequence += 1;
        let store = &self.folder.store;
        let mut config = config(store, &ConfigOptions::default(), &Run::default()).await.unwrap();
        for entry in config.values_mut() {
            entry.sequence = Some(self.sequence);
            let target = self.path().join(entry.path.as_str());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(store.path_of(&entry.path), &target).unwrap();
            let opened = store.open_recorded(&entry.path).unwrap().unwrap();
            if let Some(blocks) = opened.index().blocks() {
                let index = BlockIndex::new(entry.size, entry.sha256, blocks.clone()).unwrap();
                fs::write(self.path().join(format!("{}.blocks", entry.path)), index.to_string())
                    .unwrap();
            }
        }
        let json = serde_json::to_vec(&config).unwrap();
        fs::write(self.path().join("images.json"), json).unwrap();
    }

    fn place(&self) -> PublishedPlace {
        let location: Location = self.path().to_str().unwrap().parse().unwrap();
        let (location, config) = PublishedPlace::split(&location);
        PublishedPlace::new(Remote::open(&location).unwrap(), config)
    }

    async fn fetch(&self, to: &Folder, options: &FetchOptions) -> Result<FetchReport, Error> {
        fetch(&to.store, &self.place(), options, |_| {}, &Run::default()).await
    }

    /// Fetches everything. Returns the transfer of each archive that was fetched.
    async fn fetch_all(&self, to: &Folder) -> Vec<FetchTransfer> {
        let report = self.fetch(to, &FetchOptions::default()).await.unwrap();
        report.images.into_iter().filter_map(|image| image.result.unwrap().transfer).collect()
    }

    /// Fetches one image, which must fail.
    async fn fail(&self, to: &Folder) -> Error {
        let report = self.fetch(to, &FetchOptions::default()).await.unwrap();
        report.images.into_iter().next().unwrap().result.unwrap_err()
    }

    fn assert_fetched(&self, to: &Folder, archive: &ArchivePath) {
        let published = fs::read(self.path().join(archive.as_str())).unwrap();
        assert!(fs::read(to.store.path_of(archive)).unwrap() == published, "{archive}");
    }

    fn size(&self, archive: &ArchivePath) -> u64 {
        fs::metadata(self.path().join(archive.as_str())).unwrap().len()
    }
}

#[test]
fn missing_archives_are_fetched_once() {
    run(async {
        for compress in [true, false] {
            let (mut publisher, edge) = (Publisher::new(), Folder::new());
            let web = publisher.add("team/web:1", b"one", compress).await;
            let all = publisher.fetch_all(&edge).await;
            assert_eq!(all[0].bytes_fetched, publisher.size(&web));
            publisher.assert_fetched(&edge, &web);
            let report = publisher.fetch(&edge, &FetchOptions::default()).await.unwrap();
            assert!(report.config.unchanged && report.config.sequence == 1);
            assert!(!report.images[0].result.as_ref().unwrap().fetched);
            // The config is unchanged, but the archive is missing.
            fs::remove_file(edge.store.path_of(&web)).unwrap();
            assert_eq!(publisher.fetch_all(&edge).await.len(), 1);
            publisher.assert_fetched(&edge, &web);
        }
    });
}

#[test]
fn a_large_tar_is_verified_on_arrival() {
    run(async {
        let (mut publisher, edge) = (Publisher::new(), Folder::new());
        let web = publisher.add("web:1", &noise(17 << 20), false).await;
        let published = publisher.path().join(web.as_str());
        let right = fs::read(&published).unwrap();
        // A flipped bit in the middle, and one in the end that is requested first.
        for at in [right.len() / 2, right.len() - 1] {
            let mut wrong = right.clone();
            wrong[at] ^= 1;
            fs::write(&published, wrong).unwrap();
            let error = publisher.fail(&edge).await;
            assert!(matches!(error, Error::FetchedDiffers { .. }), "{error}");
            assert!(!edge.store.path_of(&web).exists());
        }
        fs::write(&published, right).unwrap();
        let all = publisher.fetch_all(&edge).await;
        assert_eq!(all[0].bytes_fetched, publisher.size(&web));
        publisher.assert_fetched(&edge, &web);
    });
}

#[test]
fn only_new_blocks_of_the_next_version_are_fetched() {
    run(async {
        let (mut publisher, edge) = (Publisher::new(), Folder::new());
        let mut before = publisher.add("web:1", b"one", true).await;
        publisher.fetch_all(&edge).await;
        // The blocks of fetched archives are also recorded.
        for version in ["web:2", "web:3"] {
            let web = publisher.add(version, version.as_bytes(), true).await;
            let options = FetchOptions::default();
            let place = publisher.place();
            let plan = plan_fetch(&edge.store, &place, &options, &Run::default()).await.unwrap();
            let all = publisher.fetch_all(&edge).await;
            let FetchTransfer { bytes_fetched, bytes_copied, .. } = all[0];
            assert_eq!(plan.images[0].to_fetch, Some(bytes_fetched));
            assert_eq!(bytes_fetched + bytes_copied, publisher.size(&web));
            assert!(bytes_fetched < publisher.size(&web) / 20, "{bytes_fetched}");
            assert_eq!(all[0].copied_from, [edge.store.path_of(&before)]);
            publisher.assert_fetched(&edge, &web);
            before = web;
        }
    });
}

#[test]
fn received_bytes_are_not_requested_again() {
    run(async {
        for compress in [true, false] {
            let (mut publisher, edge) = (Publisher::new(), Folder::new());
            let web = publisher.add("web:1", b"one", compress).await;
            let bytes = fs::read(publisher.path().join(web.as_str())).unwrap();
            let mut unfinished = edge.store.unfinished(Digest::of(&bytes)).unwrap();
            unfinished.append(&bytes[..bytes.len() / 2]).unwrap();
            drop(unfinished);
            let all = publisher.fetch_all(&edge).await;
            let FetchTransfer { bytes_fetched, bytes_continued, .. } = all[0];
            assert_eq!(bytes_fetched + bytes_continued, bytes.len() as u64);
            // At most one block is incomplete.
            let half = bytes.len() as u64 / 2;
            assert!(bytes_continued > half - (260 << 10) && bytes_continued <= half);
            publisher.assert_fetched(&edge, &web);
        }
    });
}

#[test]
fn wrong_bytes_of_an_earlier_fetch_are_fetched_again() {
    run(async {
        for compress in [true, false] {
            let (mut publisher, edge) = (Publisher::new(), Folder::new());
            let web = publisher.add("web:1", b"one", compress).await;
            let bytes = fs::read(publisher.path().join(web.as_str())).unwrap();
            for wrong in [vec![7; 9], vec![7; bytes.len()], vec![7; bytes.len() + 9]] {
                let mut unfinished = edge.store.unfinished(Digest::of(&bytes)).unwrap();
                unfinished.append(&wrong).unwrap();
                drop(unfinished);
                publisher.fetch_all(&edge).await;
                publisher.assert_fetched(&edge, &web);
                fs::remove_file(edge.store.path_of(&web)).unwrap();
            }
        }
    });
}

#[test]
fn blocks_of_an_unfinished_archive_are_copied() {
    run(async {
        let (mut publisher, edge) = (Publisher::new(), Folder::new());
        let first = publisher.add("web:1", b"one", true).await;
        let bytes = fs::read(publisher.path().join(first.as_str())).unwrap();
        let blocks = fs::read_to_string(publisher.path().join(format!("{first}.blocks"))).unwrap();
        let mut unfinished = edge.store.unfinished(Digest::of(&bytes)).unwrap();
        unfinished.append(&bytes[..bytes.len() / 2]).unwrap();
        unfinished.note_blocks(&blocks.parse().unwrap());
        drop(unfinished);
        let second = publisher.add("web:2", b"two", true).await;
        let all = publisher.fetch_all(&edge).await;
        assert!(all[0].bytes_copied > bytes.len() as u64 / 3, "{all:?}");
        publisher.assert_fetched(&edge, &second);
    });
}

#[test]
fn wrong_bytes_are_refused_and_nothing_is_published() {
    run(async {
        for (compress, reason) in [(true, "differ from its block index"), (false, "SHA-256 is")] {
            let (mut publisher, edge) = (Publisher::new(), Folder::new());
            let web = publisher.add("web:1", b"one", compress).await;
            let path = publisher.path().join(web.as_str());
            let mut bytes = fs::read(&path).unwrap();
            bytes[LARGE / 2] ^= 1;
            fs::write(&path, &bytes).unwrap();
            let error = publisher.fail(&edge).await;
            assert_eq!(error.kind(), ErrorKind::Damaged);
            let message = error.to_string();
            assert!(
                message.contains(reason) && message.contains(path.to_str().unwrap()),
                "{message}"
            );
            assert!(edge.archives().is_empty());
            // A wrong size is detected before anything is requested.
            fs::write(&path, &bytes[1..]).unwrap();
            assert!(publisher.fail(&edge).await.to_string().contains("bytes, not"));
            fs::remove_file(&path).unwrap();
            let error = publisher.fail(&edge).await;
            assert!(matches!(error, Error::NotPublished { .. }), "{error}");
            assert!(edge.archives().is_empty());
        }
    });
}

#[test]
fn a_wrong_block_index_does_not_affect_the_folder() {
    run(async {
        let (mut publisher, edge) = (Publisher::new(), Folder::new());
        let old = publisher.add("web:1", b"one", true).await;
        publisher.fetch_all(&edge).await;
        let web = publisher.add("web:2", b"two", true).await;
        let blocks = publisher.path().join(format!("{web}.blocks"));
        let index: BlockIndex = fs::read_to_string(&blocks).unwrap().parse().unwrap();
        // An unusable index: the archive is fetched as a whole.
        for text in ["", "{}", "no index"] {
            fs::write(&blocks, text).unwrap();
            assert_eq!(publisher.fetch_all(&edge).await[0].bytes_fetched, publisher.size(&web));
            publisher.assert_fetched(&edge, &web);
            fs::remove_file(edge.store.path_of(&web)).unwrap();
        }
        // The index has the blocks of the old archive instead of the new one.
        let other = edge.store.open_recorded(&old).unwrap().unwrap();
        let table = other.index().blocks().unwrap().clone();
        if let Some(wrong) = BlockIndex::new(index.size(), index.sha256(), table) {
            fs::write(&blocks, wrong.to_string()).unwrap();
            let error = publisher.fail(&edge).await;
            assert_eq!(error.kind(), ErrorKind::Damaged, "{error}");
        }
        assert_eq!(edge.archives(), [old.as_str()]);
    });
}

#[test]
fn a_local_block_that_has_changed_is_fetched() {
    run(async {
        let (mut publisher, edge) = (Publisher::new(), Folder::new());
        let old = publisher.add("web:1", b"one", true).await;
        publisher.fetch_all(&edge).await;
        let path = edge.store.path_of(&old);
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        let mut bytes = fs::read(&path).unwrap();
        bytes[LARGE / 2] ^= 1;
        fs::write(&path, bytes).unwrap();
        // The unchanged time keeps the record valid.
        fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        let web = publisher.add("web:2", b"two", true).await;
        let all = publisher.fetch_all(&edge).await;
        assert!(all[0].bytes_fetched > 100 << 10 && all[0].bytes_copied > 100 << 10, "{all:?}");
        publisher.assert_fetched(&edge, &web);
    });
}

#[test]
fn an_older_config_is_refused_unless_it_is_allowed() {
    run(async {
        let (mut publisher, edge) = (Publisher::new(), Folder::new());
        publisher.add("web:1", b"one", true).await;
        let old = fs::read(publisher.path().join("images.json")).unwrap();
        publisher.add("web:2", b"two", true).await;
        publisher.fetch_all(&edge).await;
        fs::write(publisher.path().join("images.json"), &old).unwrap();
        let error = publisher.fetch(&edge, &FetchOptions::default()).await.unwrap_err();
        let Error::OlderConfig { sequence: 1, seen: 2, .. } = error else { panic!("{error}") };
        assert_eq!(edge.archives().len(), 1);
        let allowing = FetchOptions::default().with_allow_older(true);
        let _ = publisher.fetch(&edge, &allowing).await.unwrap();
        assert_eq!(edge.archives().len(), 2);
        // Now the older config is the remembered one.
        publisher.fetch_all(&edge).await;
    });
}

#[test]
fn images_are_selected_by_name() {
    run(async {
        let (mut publisher, edge) = (Publisher::new(), Folder::new());
        let api = publisher.add("api:1", b"api", true).await;
        publisher.add("web:dev", b"web", true).await;
        let reference = |text: &str| vec![Reference::parse(text).unwrap()];
        let named = |text: &str| FetchOptions::default().with_images(reference(text));
        for missing in ["db", "api:2"] {
            let error = publisher.fetch(&edge, &named(missing)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        }
        let _ = publisher.fetch(&edge, &named("api:1")).await.unwrap();
        assert_eq!(edge.archives(), [api.as_str()]);
        let _ = publisher.fetch(&edge, &FetchOptions::default().with_release(true)).await.unwrap();
        assert_eq!(edge.archives(), [api.as_str()], "the other one is dirty");
        let _ = publisher.fetch(&edge, &named("web:dev").with_release(true)).await.unwrap();
        assert_eq!(edge.archives().len(), 2, "its version was named explicitly");
    });
}

#[test]
fn an_invalid_config_changes_nothing() {
    run(async {
        let (mut publisher, edge) = (Publisher::new(), Folder::new());
        publisher.add("web:1", b"one", true).await;
        let config = publisher.path().join("images.json");
        let good = fs::read_to_string(&config).unwrap();
        for bad in ["", "[]", &good.replace("web_1", "../web_1"), &good.replace("\"1\"", "\"2\"")] {
            fs::write(&config, bad).unwrap();
            let error = publisher.fetch(&edge, &FetchOptions::default()).await.unwrap_err();
            assert!(matches!(error, Error::NotAConfig { .. }), "{error}");
        }
        fs::remove_file(&config).unwrap();
        let error = publisher.fetch(&edge, &FetchOptions::default()).await.unwrap_err();
        assert!(matches!(error, Error::NoConfig { .. }), "{error}");
        assert_eq!(fs::read_dir(edge.store.root()).unwrap().count(), 0);
    });
}

#[test]
fn two_fetches_into_one_folder_do_not_interfere() {
    run(async {
        let (mut publisher, edge) = (Publisher::new(), Folder::new());
        let web = publisher.add("web:1", b"one", true).await;
        let options = FetchOptions::default();
        let (one, other) =
            tokio::join!(publisher.fetch(&edge, &options), publisher.fetch(&edge, &options));
        for report in [one.unwrap(), other.unwrap()] {
            report.images.into_iter().for_each(|image| drop(image.result.unwrap()));
        }
        publisher.assert_fetched(&edge, &web);
        assert_eq!(edge.archives().len(), 1);
        let unfinished = edge.store.root().join(".sealift/unfinished");
        assert_eq!(fs::read_dir(unfinished).unwrap().count(), 0);
    });
}
