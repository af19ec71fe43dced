use std::fs;
use std::io::{Read as _, Write as _};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use sealift_archive::{Archive, ExamineOptions};
use sealift_filename::{ArchivePath, Repository};
use sealift_oci::Digest;
use sealift_store::{ErrorKind, Store};

use crate::folder::{Folder, age, id, picture, tar, zip};

/// Publishes a zip, like `update --compress`.
pub(crate) fn publish_zip(folder: &Folder) -> ArchivePath {
    let content = picture(1, "amd64");
    let archive = format!("web_1.0_{}.zip", id(&content)).parse().unwrap();
    let repository = Repository::parse("web").unwrap();
    let mut staging = folder.store.stage(&repository, zip("web", "1.0")).unwrap();
    staging.write_all(&tar(&content)).unwrap();
    staging.finish().unwrap().publish(&archive, None).unwrap().archive
}

/// Opens an archive and reads a layer. Also returns whether the archive was examined.
fn open(store: &Store, archive: &ArchivePath) -> (Archive, bool) {
    let examined = AtomicBool::new(false);
    let note = |_| {
        examined.store(true, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    let opened = store.open_archive(archive, &ExamineOptions::new().with_on_bytes(&note)).unwrap();
    let layer = Digest::of(&picture(1, "amd64").layers[0]);
    let mut content = Vec::new();
    opened.layer(&layer).unwrap().read_to_end(&mut content).unwrap();
    assert_eq!(content, picture(1, "amd64").layers[0]);
    (opened, examined.into_inner())
}

fn record(folder: &Folder, archive: &ArchivePath) -> PathBuf {
    folder.root.join(format!(".sealift/records/{archive}.json"))
}

#[test]
fn a_published_archive_is_opened_without_reading_it() {
    let folder = Folder::new();
    let archives = [folder.publish("web", "1.0", 1), publish_zip(&folder)];
    for archive in archives {
        let (opened, examined) = open(&folder.store, &archive);
        assert!(!examined);
        assert_eq!(opened.layers().len(), 2);
    }
}

#[test]
fn the_blocks_of_a_zip_stay_recorded_when_it_is_read_again() {
    let folder = Folder::new();
    let archive = publish_zip(&folder);
    let published = fs::read_to_string(record(&folder, &archive)).unwrap();
    let blocks = published.split_once(r#""blocks":"#).unwrap().1;
    let is_recorded = || fs::read_to_string(record(&folder, &archive)).unwrap().ends_with(blocks);
    folder.store.examine(&archive, &ExamineOptions::default()).unwrap();
    assert!(is_recorded());
    // A copy with another time but the same bytes.
    age(&folder.store.path_of(&archive), 1800);
    assert!(open(&folder.store, &archive).1);
    assert!(is_recorded());
    assert!(!open(&folder.store, &archive).1);
}

#[test]
fn an_archive_without_a_record_is_examined_once_and_the_blocks_of_a_zip_are_recorded() {
    let folder = Folder::new();
    for archive in [folder.put_image("web", "1.0", 1), publish_zip(&folder)] {
        let published = fs::read(record(&folder, &archive)).ok();
        let _ = fs::remove_file(record(&folder, &archive));
        assert!(open(&folder.store, &archive).1);
        let written = fs::read_to_string(record(&folder, &archive)).unwrap();
        if let Some(published) = published {
            let published = String::from_utf8(published).unwrap();
            assert_eq!(published.lines().nth(1), written.lines().nth(1));
        }
        assert!(!open(&Store::open(&folder.root).unwrap(), &archive).1);
        assert_eq!(fs::read_to_string(record(&folder, &archive)).unwrap(), written);
    }
}

#[test]
fn the_blocks_of_a_zip_are_recorded_after_an_examination_without_them() {
    let folder = Folder::new();
    let archive = publish_zip(&folder);
    fs::remove_file(record(&folder, &archive)).unwrap();
    folder.store.examine(&archive, &ExamineOptions::default()).unwrap();
    let text = || fs::read_to_string(record(&folder, &archive)).unwrap();
    assert!(!text().contains(r#""blocks""#));
    // Neither of these searches for blocks.
    let recorded = folder.store.open_recorded(&archive).unwrap().unwrap();
    let options = ExamineOptions::default();
    let forward = folder.store.open_for_one_pass(&archive, &options).unwrap();
    assert!(recorded.index().blocks().is_none() && forward.index().blocks().is_none());
    assert!(!text().contains(r#""blocks""#));
    // The search can be cancelled.
    let stop = |_| ControlFlow::Break(());
    let stopped = folder.store.open_archive(&archive, &ExamineOptions::new().with_on_bytes(&stop));
    assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Cancelled);
    let opened = folder.store.open_archive(&archive, &options).unwrap();
    assert!(opened.index().blocks().is_some());
    assert!(text().contains(r#""blocks""#));
}

#[test]
fn a_record_without_an_index_or_for_other_content_is_ignored() {
    let folder = Folder::new();
    let archive = folder.publish("web", "1.0", 1);
    let path = record(&folder, &archive);
    let whole = fs::read_to_string(&path).unwrap();
    let without_index = whole.lines().next().unwrap().replace("\"form\":2", "\"form\":1");
    let of_another = whole.replace("\"plain_size\":", "\"plain_size\":1");
    for changed in [without_index, of_another] {
        assert_ne!(changed, whole);
        fs::write(&path, changed).unwrap();
        assert!(open(&folder.store, &archive).1);
        assert!(!open(&folder.store, &archive).1);
    }
}

#[test]
fn an_index_stays_in_memory_if_the_folder_cannot_be_written() {
    let folder = Folder::new();
    let archive = folder.put_image("web", "1.0", 1);
    // A file blocks the folder, because permissions do not restrict root.
    fs::write(folder.root.join(".sealift"), b"").unwrap();
    assert!(open(&folder.store, &archive).1);
    assert!(!open(&folder.store, &archive).1);
}

#[test]
fn a_file_without_a_complete_image_is_not_opened() {
    let folder = Folder::new();
    let content = tar(&picture(1, "amd64"));
    let damaged = folder.put("web_1.0_0123456789ab.docker", &content[..content.len() / 2]);
    let other = folder.put("api_1.0_0123456789ab.docker", &[b'x'; 4096]);
    let missing = "gone_1.0_0123456789ab.zip".parse().unwrap();
    let failure = |archive| {
        let opened = folder.store.open_archive(archive, &ExamineOptions::default());
        let error = opened.unwrap_err();
        let mut text = error.to_string().replace(&*folder.root.to_string_lossy(), "ROOT");
        if let Some(source) = std::error::Error::source(&error) {
            text += &format!(": {source}");
        }
        (error.kind(), text)
    };
    let (kind, text) = failure(&damaged);
    assert_eq!(kind, ErrorKind::Archive);
    insta::assert_snapshot!(text, @"ROOT/web_1.0_0123456789ab.docker is damaged: the archive ends after 8448 bytes, 256 bytes before the end of entry `3ef3bd6c80bd7c673acc76fde924749be5cb8c7553fd17c2c3979f37a754f75b/layer.tar`");
    for _ in 0..2 {
        let (kind, text) = failure(&other);
        assert_eq!(kind, ErrorKind::Archive);
        insta::allow_duplicates!(
            insta::assert_snapshot!(text, @"ROOT/api_1.0_0123456789ab.docker contains no image: the archive contains no image: its content is not a tar")
        );
    }
    let (kind, text) = failure(&missing);
    assert_eq!(kind, ErrorKind::NotFound);
    insta::assert_snapshot!(text, @"there is no archive ROOT/gone_1.0_0123456789ab.zip");
}
