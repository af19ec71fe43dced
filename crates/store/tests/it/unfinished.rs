use std::fs::{self, File};
use std::ops::ControlFlow;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use sealift_archive::{BlockIndex, BlockTable};
use sealift_filename::ArchivePath;
use sealift_oci::Digest;
use sealift_store::{Error, ErrorKind, Store, Unfinished};

use crate::folder::Folder;
use crate::opening::publish_zip;

fn go_on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Creates a zip in another folder, and returns it with its blocks.
fn zip() -> (ArchivePath, Vec<u8>, BlockTable) {
    let other = Folder::new();
    let archive = publish_zip(&other);
    let bytes = fs::read(other.store.path_of(&archive)).unwrap();
    let opened = other.store.open_recorded(&archive).unwrap().unwrap();
    (archive, bytes, opened.index().blocks().unwrap().clone())
}

fn begin(store: &Store, bytes: &[u8]) -> Unfinished {
    store.unfinished(Digest::of(bytes)).unwrap()
}

/// Returns the files of unfinished archives and block indexes.
fn files(store: &Store) -> Vec<PathBuf> {
    let folder = store.root().join(".sealift/unfinished");
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn an_archive_is_continued_after_its_last_byte() {
    let folder = Folder::new();
    let (archive, bytes, blocks) = zip();
    let (first, rest) = bytes.split_at(bytes.len() / 3);
    let mut unfinished = begin(&folder.store, &bytes);
    assert_eq!(unfinished.size(), 0);
    unfinished.append(first).unwrap();
    assert_eq!(fs::metadata(unfinished.path()).unwrap().permissions().mode() & 0o777, 0o600);
    drop(unfinished);
    assert!(folder.files().is_empty(), "it is not an archive");

    let mut unfinished = begin(&folder.store, &bytes);
    assert_eq!(unfinished.size(), first.len() as u64);
    let mut read = vec![0; first.len()];
    unfinished.read_exact_at(&mut read, 0).unwrap();
    assert_eq!(read, first);
    unfinished.truncate(5).unwrap();
    unfinished.append(&first[5..]).unwrap();
    unfinished.append(rest).unwrap();
    let staged = unfinished.finish(Some(blocks.clone()), &go_on).unwrap();
    let published = staged.publish(&archive, None).unwrap();
    assert_eq!(published.sha256, Digest::of(&bytes));
    assert_eq!(fs::read(folder.store.path_of(&archive)).unwrap(), bytes);
    assert!(files(&folder.store).is_empty());
    // The checked blocks are recorded.
    let opened = Store::open(&folder.root).unwrap().open_recorded(&archive).unwrap().unwrap();
    assert_eq!(opened.index().blocks(), Some(&blocks));
}

#[test]
fn only_the_expected_bytes_of_a_complete_image_are_published() {
    let folder = Folder::new();
    let (_, bytes, _) = zip();
    for (end, last) in [(bytes.len() - 1, 0), (bytes.len(), 1)] {
        let mut wrong = bytes.clone();
        *wrong.last_mut().unwrap() ^= last;
        let mut unfinished = begin(&folder.store, &bytes);
        unfinished.append(&wrong[..end]).unwrap();
        let error = unfinished.finish(None, &go_on).unwrap_err();
        assert!(matches!(error, Error::OtherContent { .. }), "{error}");
        assert!(files(&folder.store).is_empty(), "it cannot be used");
    }
    // The bytes have the expected SHA-256, but they are not an image.
    let mut unfinished = begin(&folder.store, b"no image");
    unfinished.append(b"no image").unwrap();
    let error = unfinished.finish(None, &go_on).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Archive);
    assert!(!matches!(error, Error::OtherContent { .. }), "{error}");
}

#[test]
fn an_archive_whose_verification_is_cancelled_stays_unfinished() {
    let folder = Folder::new();
    let (_, bytes, _) = zip();
    let mut unfinished = begin(&folder.store, &bytes);
    unfinished.append(&bytes).unwrap();
    let error = unfinished.finish(None, &|_| ControlFlow::Break(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(begin(&folder.store, &bytes).size(), bytes.len() as u64);
}

#[test]
fn two_writers_of_one_archive_use_different_files() {
    let folder = Folder::new();
    let other = Store::open(&folder.root).unwrap();
    let mut one = begin(&folder.store, b"x");
    one.append(b"long").unwrap();
    let mut two = begin(&other, b"x");
    assert_eq!(two.size(), 0);
    two.append(b"s").unwrap();
    drop((one, two));
    assert_eq!(begin(&other, b"x").size(), 4, "the larger one is continued");
    assert_eq!(begin(&other, b"y").size(), 0);
}

#[test]
fn empty_and_discarded_archives_leave_no_files() {
    let folder = Folder::new();
    drop(begin(&folder.store, b"x"));
    let mut unfinished = begin(&folder.store, b"x");
    unfinished.append(b"y").unwrap();
    unfinished.discard();
    assert!(files(&folder.store).is_empty());
}

#[test]
fn the_block_index_of_an_unfinished_archive_is_stored() {
    let folder = Folder::new();
    let (_, bytes, blocks) = zip();
    let index = BlockIndex::new(bytes.len() as u64, Digest::of(&bytes), blocks).unwrap();
    let mut unfinished = begin(&folder.store, &bytes);
    unfinished.note_blocks(&index);
    assert_eq!(folder.store.noted_blocks(&index.sha256()).as_ref(), Some(&index));
    assert!(folder.store.unfinished_blocks().is_empty(), "the file is still empty");
    unfinished.append(&bytes[..9]).unwrap();
    let found = folder.store.unfinished_blocks();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].size, &found[0].index), (9, &index));
    assert_eq!(fs::read(&found[0].path).unwrap(), bytes[..9]);
    // The block index of another archive is not stored.
    let other = begin(&folder.store, b"other");
    other.note_blocks(&index);
    assert_eq!(folder.store.noted_blocks(&Digest::of(b"other")), None);
}

#[test]
fn a_sweep_removes_archives_that_were_not_continued_for_a_week() {
    let folder = Folder::new();
    let (_, bytes, blocks) = zip();
    let index = BlockIndex::new(bytes.len() as u64, Digest::of(&bytes), blocks).unwrap();
    let age = |unfinished: &Unfinished| {
        let file = File::options().write(true).open(unfinished.path()).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(8 * 24 * 3600)).unwrap();
    };
    let mut old = begin(&folder.store, &bytes);
    old.append(b"old").unwrap();
    old.note_blocks(&index);
    age(&old);
    folder.store.sweep().unwrap();
    assert_eq!(files(&folder.store).len(), 2, "a file in use is kept");
    let mut new = begin(&folder.store, b"new");
    new.append(b"new").unwrap();
    drop((old, new));
    folder.store.sweep().unwrap();
    let left = files(&folder.store);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(fs::read(&left[0]).unwrap(), b"new");
}

#[test]
fn a_link_is_not_followed() {
    let folder = Folder::new();
    let outside = folder.root.join("outside");
    fs::create_dir(&outside).unwrap();
    fs::create_dir(folder.root.join(".sealift")).unwrap();
    symlink(&outside, folder.root.join(".sealift/unfinished")).unwrap();
    symlink(&outside, folder.root.join(".sealift/remembered")).unwrap();
    folder.store.unfinished(Digest::of(b"")).unwrap_err();
    folder.store.remember("topic", b"text").unwrap_err();
    assert_eq!(folder.store.recall("topic"), None);
    assert_eq!(fs::read_dir(outside).unwrap().count(), 0);
}

#[test]
fn the_last_document_of_a_topic_is_remembered() {
    let folder = Folder::new();
    folder.store.remember("a", b"1").unwrap();
    folder.store.remember("b", b"2").unwrap();
    folder.store.remember("a", b"3").unwrap();
    let other = Store::open(&folder.root).unwrap();
    let recall = |topic: &str| other.recall(topic);
    assert_eq!(recall("a").as_deref(), Some(&b"3"[..]));
    assert_eq!(recall("b").as_deref(), Some(&b"2"[..]));
    assert_eq!(recall("c"), None);
}
