//! Benchmarks of folders with many archives.
//!
//! `cargo bench -p sealift-store`

use divan::Bencher;
use divan::counter::ItemsCount;
use sealift_catalog::LatestOptions;
use sealift_store::{ReadOptions, Store};
use tempfile::TempDir;

fn main() {
    divan::main();
}

const NAMES: usize = 10_000;

/// Creates a folder with archive names of 100 images. The files are empty.
fn folder() -> (TempDir, Store) {
    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    for number in 0..NAMES {
        let (image, version) = (number % 100, number / 100);
        let name = format!("image-{image}_1.{version}.0.1_{number:012x}.docker");
        std::fs::write(folder.path().join(name), []).expect("the folder can be written");
    }
    let store = Store::open(folder.path()).expect("the folder is there");
    (folder, store)
}

#[divan::bench]
fn scan(bencher: Bencher<'_, '_>) {
    let (_folder, store) = folder();
    bencher.counter(ItemsCount::new(NAMES)).bench(|| store.scan().expect("it can be read"));
}

#[divan::bench]
fn latest(bencher: Bencher<'_, '_>) {
    let (_folder, store) = folder();
    let options = LatestOptions::default();
    bencher.counter(ItemsCount::new(NAMES)).bench(|| {
        let archives = store.scan().expect("it can be read").archives;
        store.find_latest(&archives, &options, &ReadOptions::default()).expect("it can be read")
    });
}
