//! Folders for the tests, and archives in them.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use sealift_archive::{Form, Level, Naming, Renamer, VerifyOptions};
use sealift_filename::{ArchivePath, Repository, Version};
use sealift_oci::{Digest, Identity, Platform};
use sealift_store::{ReadOptions, Staging, Store};
use sealift_testing::layouts::{Image, pack};
use tempfile::TempDir;

/// A temporary folder, which is deleted with this value.
pub(crate) struct Folder {
    _parent: TempDir,
    pub(crate) root: PathBuf,
    pub(crate) store: Store,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("artifacts");
        let store = Store::create(&root).unwrap();
        Self { _parent: parent, root, store }
    }

    /// Creates a file that was last written an hour ago.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> ArchivePath {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        age(&path, 3600);
        name.parse().unwrap()
    }

    /// Creates an archive under its right name.
    pub(crate) fn put_image(&self, image: &str, version: &str, seed: u8) -> ArchivePath {
        self.put_for(image, version, seed, "amd64")
    }

    pub(crate) fn put_for(
        &self,
        image: &str,
        version: &str,
        seed: u8,
        architecture: &str,
    ) -> ArchivePath {
        let content = picture(seed, architecture);
        self.put(&format!("{image}_{version}_{}.docker", id(&content)), &tar(&content))
    }

    /// Creates an archive under an id that belongs to no image.
    pub(crate) fn put_misnamed(&self, image: &str, version: &str, seed: u8) -> ArchivePath {
        let content = tar(&picture(seed, "amd64"));
        self.put(&format!("{image}_{version}_000000000000.docker"), &content)
    }

    /// Publishes an archive through the store.
    pub(crate) fn publish(&self, image: &str, version: &str, seed: u8) -> ArchivePath {
        publish(&self.store, image, version, seed)
    }

    /// Returns all files in the folder, except those in `.sealift`.
    pub(crate) fn files(&self) -> Vec<String> {
        files_below(&self.root).into_iter().filter(|file| !file.starts_with(".sealift/")).collect()
    }

    /// Returns the path of the only staging file.
    pub(crate) fn staging_file(&self) -> PathBuf {
        let is_staging = |file: &String| {
            let name = file.rsplit('/').next().unwrap_or_default();
            let digits = name.strip_prefix(".sealift-").and_then(|name| name.strip_suffix(".part"));
            digits.is_some_and(|digits| digits.len() == 16)
        };
        let files: Vec<String> = self.files().into_iter().filter(is_staging).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        self.root.join(&files[0])
    }

    pub(crate) fn records(&self) -> Vec<String> {
        files_below(&self.root.join(".sealift/records"))
    }
}

pub(crate) fn publish(store: &Store, image: &str, version: &str, seed: u8) -> ArchivePath {
    let content = picture(seed, "amd64");
    let archive =
        format!("{image}_{version}_{}.docker", id(&content)).replace(':', "+").parse().unwrap();
    let staged = stage(store, image, version, &tar(&content)).finish().unwrap();
    staged.publish(&archive, None).unwrap().archive
}

/// Creates a staging file and writes some bytes to it.
pub(crate) fn stage(store: &Store, image: &str, version: &str, bytes: &[u8]) -> Staging {
    let mut staging =
        store.stage(&Repository::parse(image).unwrap(), plain(image, version)).unwrap();
    staging.write_all(bytes).unwrap();
    staging
}

/// Returns the form of a plain tar with this name.
pub(crate) fn plain(image: &str, version: &str) -> Form {
    Form::Plain(renamer(image, version))
}

/// Returns the form of a zip with this name.
pub(crate) fn zip(image: &str, version: &str) -> Form {
    Form::Zip { renamer: renamer(image, version), level: Level::Fast, id: None }
}

fn renamer(image: &str, version: &str) -> Renamer {
    let repository = Repository::parse(image).unwrap();
    let naming = Naming::new(&repository, &Version::new(version)).unwrap();
    Renamer::new(naming, VerifyOptions::default())
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else {
                files.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

/// Sets the modification time of a file to this number of seconds ago.
pub(crate) fn age(path: &Path, seconds: u64) {
    let time = SystemTime::now() - Duration::from_secs(seconds);
    File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

pub(crate) fn picture(seed: u8, architecture: &str) -> Image {
    Image { architecture: architecture.to_owned(), ..Image::new("web:1.0", seed) }
}

pub(crate) fn tar(image: &Image) -> Vec<u8> {
    pack(&image.docker_folders())
}

/// Returns the same archive as a writer publishes it under its own name.
pub(crate) fn written(image: &Image) -> Vec<u8> {
    let (mut renamer, mut output) = (renamer("web", "1.0"), Vec::new());
    renamer.push(&tar(image), &mut output).unwrap();
    renamer.finish(&mut output).unwrap();
    output
}

/// Returns the first 12 digits of the config's digest.
pub(crate) fn id(image: &Image) -> String {
    image.id()["sha256:".len()..][..12].to_owned()
}

/// Returns the identity of the image with this seed.
pub(crate) fn identity(seed: u8, architecture: &str) -> Identity {
    let image = picture(seed, architecture);
    let diff_ids = image.layers.iter().map(|layer| Digest::of(layer)).collect();
    let platform = platform(&format!("linux/{architecture}"));
    let mut identity = Identity::new(image.id().parse().unwrap(), diff_ids, platform);
    identity.created = Some("2026-01-02T03:04:05.6Z".to_owned());
    identity.repo_tags = vec!["web:1.0".to_owned()];
    identity
}

pub(crate) fn platform(text: &str) -> Platform {
    text.parse().unwrap()
}

/// Counts the archives that are read.
pub(crate) fn readings<T>(work: impl FnOnce(&ReadOptions<'_>) -> T) -> (T, usize) {
    let read = AtomicUsize::new(0);
    let count = |reading: sealift_store::Reading| {
        read.fetch_add(reading.archives, Ordering::Relaxed);
    };
    let options = ReadOptions::default().with_on_start(&count);
    let result = work(&options);
    (result, read.into_inner())
}
