//! A folder for tests without an engine, with archives created by code.

use std::path::PathBuf;

use sealift_testing::layouts::{Entry, Image, pack};
use sealift_workflow::catalog::{LatestOptions, Query};
use sealift_workflow::filename::{ArchivePath, Reference};
use sealift_workflow::oci::Platform;
use sealift_workflow::store::Store;
use sealift_workflow::{AddOptions, Added, Error, Run, add};
use tempfile::TempDir;

pub(crate) struct Folder {
    pub(crate) dir: TempDir,
    pub(crate) store: Store,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create(dir.path().join("artifacts")).unwrap();
        Self { dir, store }
    }

    /// Writes a file next to the store.
    pub(crate) fn put(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) async fn try_add(
        &self,
        content: &[u8],
        options: &AddOptions,
    ) -> Result<Vec<Added>, Error> {
        let file = self.put("elsewhere", content);
        let report = add(&self.store, &file, options, &Run::default()).await?;
        report.error.map_or(Ok(report.added), Err)
    }

    /// Adds an image for a platform, in the layout of Podman.
    pub(crate) async fn add_image(&self, tag: &str, seed: u8, architecture: &str) -> ArchivePath {
        let mut image = Image::new(tag, seed);
        image.architecture = architecture.to_owned();
        self.add_entries(&image.podman()).await
    }

    pub(crate) async fn add_entries(&self, entries: &[Entry]) -> ArchivePath {
        let added = self.try_add(&pack(entries), &AddOptions::default()).await.unwrap();
        added.into_iter().next().unwrap().file.archive
    }

    /// Returns the paths of all archives.
    pub(crate) fn archives(&self) -> Vec<String> {
        self.store.scan().unwrap().archives.iter().map(ToString::to_string).collect()
    }
}

/// Creates a query from a reference as users write it.
pub(crate) fn query(text: &str, platform: Option<&str>) -> Query {
    let reference = Reference::parse(text).unwrap();
    let platform = platform.map(|text| text.parse::<Platform>().unwrap());
    Query::new(reference.repository().clone(), reference.version().cloned())
        .with_latest(LatestOptions::default().with_platform(platform))
}

/// Runs an asynchronous test.
pub(crate) fn run(test: impl Future<Output = ()>) {
    block_on(test);
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future)
}
