use std::fs::{self, File};
use std::ops::ControlFlow;
use std::sync::Once;
use std::time::{Duration, SystemTime};

use sealift_archive::ExamineOptions;
use sealift_catalog::{Entry, Knowledge, LatestOptions, Stat};
use sealift_filename::ArchivePath;
use sealift_oci::Digest;
use sealift_store::{ErrorKind, ReadOptions, Store};

use crate::folder::{Folder, age, identity, picture, readings, tar};

fn learn(store: &Store, archive: &ArchivePath) -> (Entry, usize) {
    let (mut entries, read) =
        readings(|options| store.examined_entries(std::slice::from_ref(archive), options).unwrap());
    (entries.remove(0), read)
}

#[test]
fn an_archive_is_read_only_once() {
    let folder = Folder::new();
    let archive = folder.put_image("web", "1.0", 1);
    assert_eq!(folder.store.entry(&archive).unwrap().knowledge, None);
    let (entry, read) = learn(&folder.store, &archive);
    assert_eq!(read, 1);
    let image = entry.image().unwrap();
    assert_eq!(image.identity, identity(1, "amd64"));
    assert_eq!(image.sha256, Digest::of(&fs::read(folder.store.path_of(&archive)).unwrap()));

    let another = Store::open(&folder.root).unwrap();
    assert_eq!(learn(&another, &archive), (entry, 0));
    assert_eq!(folder.records(), [format!("{archive}.json")]);
}

#[test]
fn a_record_can_be_read_by_people() {
    let folder = Folder::new();
    let archive = folder.put("web_1.0_0123456789ab.zip", &[b'x'; 4096]);
    folder.store.examine(&archive, &ExamineOptions::default()).unwrap();
    let path = folder.root.join(".sealift/records/web_1.0_0123456789ab.zip.json");
    insta::with_settings!({filters => vec![(r"\d{4}-[-:.TZ\d]+", "TIME")]}, {
        insta::assert_snapshot!(fs::read_to_string(path).unwrap(), @r#"{"form":1,"size":4096,"modified":"TIME","recorded":"TIME","content":{"no_image":{"reason":"its content is not a tar"}}}"#);
    });
}

#[test]
fn an_archive_that_was_written_again_is_read_again() {
    let folder = Folder::new();
    let archive = folder.put_image("web", "1.0", 1);
    learn(&folder.store, &archive);
    let path = folder.store.path_of(&archive);

    // The same size with another time, as after copying a file.
    fs::write(&path, tar(&picture(2, "amd64"))).unwrap();
    age(&path, 1800);
    let (entry, read) = learn(&folder.store, &archive);
    assert_eq!((entry.identity().unwrap(), read), (&identity(2, "amd64"), 1));

    // Another size with the same time.
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    assert_eq!(learn(&folder.store, &archive).1, 0);
    fs::write(&path, b"short").unwrap();
    File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    assert_eq!(learn(&folder.store, &archive).1, 1);
}

#[test]
fn the_time_of_saving_survives_a_copy_without_times() {
    let folder = Folder::new();
    let archive = folder.publish("web", "1.0", 1);
    let saved = folder.store.entry(&archive).unwrap().image().unwrap().saved;
    assert!(saved.is_some());
    age(&folder.store.path_of(&archive), 60);
    let (entry, read) = learn(&folder.store, &archive);
    assert_eq!((entry.image().unwrap().saved, read), (saved, 1));

    // The time of saving does not apply to another image with the same name.
    fs::write(folder.store.path_of(&archive), tar(&picture(2, "amd64"))).unwrap();
    age(&folder.store.path_of(&archive), 30);
    assert_eq!(learn(&folder.store, &archive).0.image().unwrap().saved, None);
}

#[test]
fn the_record_of_an_archive_from_the_future_is_never_valid() {
    let folder = Folder::new();
    let archive = folder.put_image("web", "1.0", 1);
    let file = File::options().write(true).open(folder.store.path_of(&archive)).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(3600)).unwrap();
    assert_eq!(learn(&folder.store, &archive).1, 1);
    assert_eq!(learn(&folder.store, &archive).1, 1);
}

#[test]
fn the_record_of_a_new_archive_is_valid_at_once() {
    let folder = Folder::new();
    let archive = folder.put_image("web", "1.0", 1);
    let path = folder.store.path_of(&archive);
    fs::write(&path, tar(&picture(1, "amd64"))).unwrap();
    assert_eq!(learn(&folder.store, &archive).1, 1);
    assert_eq!(learn(&folder.store, &archive).1, 0);
}

#[test]
fn a_damaged_record_is_ignored() {
    let folder = Folder::new();
    let archive = folder.put_image("web", "1.0", 1);
    learn(&folder.store, &archive);
    let path = folder.root.join(format!(".sealift/records/{archive}.json"));
    let whole = fs::read_to_string(&path).unwrap();
    let another_form = whole.replace("\"form\":2", "\"form\":3");
    assert_ne!(whole, another_form);
    // The index is on a second line.
    let half = whole.lines().next().map(|line| &line[..line.len() / 2]).unwrap();
    for damaged in [half, "", "[]", &another_form] {
        fs::write(&path, damaged).unwrap();
        assert_eq!(folder.store.entry(&archive).unwrap().knowledge, None, "{damaged}");
    }
    assert_eq!(learn(&folder.store, &archive).1, 1);
    assert_eq!(learn(&folder.store, &archive).1, 0);
}

#[test]
fn damage_is_detected_but_never_recorded() {
    let folder = Folder::new();
    let archive = folder.put_image("web", "1.0", 1);
    learn(&folder.store, &archive);
    let path = folder.store.path_of(&archive);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    for _ in 0..2 {
        let (entry, read) = learn(&folder.store, &archive);
        assert!(entry.is_damaged(), "{entry:?}");
        assert_eq!(read, 1);
    }
    fs::write(&path, &whole).unwrap();
    assert!(learn(&folder.store, &archive).0.image().is_some());

    let unknown = folder.put("api_1.0_0123456789ab.docker", &whole[..whole.len() / 2]);
    assert!(learn(&folder.store, &unknown).0.is_damaged());
    assert_eq!(folder.records(), [format!("{archive}.json")]);
}

#[test]
fn damage_does_not_affect_the_record_of_a_file_published_during_the_read() {
    let folder = Folder::new();
    let archive = folder.publish("web", "1.0", 1);
    let path = folder.store.path_of(&archive);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    age(&path, 60);
    let healed = Once::new();
    let heal = |_| {
        healed.call_once(|| {
            folder.publish("web", "1.0", 1);
        });
        ControlFlow::Continue(())
    };
    let options = ExamineOptions::new().with_on_bytes(&heal);
    let found = folder.store.examine(&archive, &options).unwrap();
    assert!(healed.is_completed() && matches!(found, Knowledge::Damaged { .. }), "{found:?}");
    let knowledge = folder.store.entry(&archive).unwrap().knowledge;
    assert!(knowledge.is_some_and(|known| known.image().is_some()), "its record is valid");
}

#[test]
fn a_recorded_image_with_other_content_is_reported_as_damaged_each_time() {
    let folder = Folder::new();
    let archive = folder.put_image("web", "1.0", 1);
    learn(&folder.store, &archive);
    let path = folder.store.path_of(&archive);
    for content in [b"hello ".repeat(400), b"PK\x05\x06".iter().copied().chain([0; 18]).collect()] {
        fs::write(&path, content).unwrap();
        for _ in 0..2 {
            let (entry, _) = learn(&folder.store, &archive);
            assert!(entry.is_damaged(), "{entry:?}");
            let looked = folder
                .store
                .find_latest(
                    std::slice::from_ref(&archive),
                    &LatestOptions::default(),
                    &ReadOptions::default(),
                )
                .unwrap();
            assert!(looked.entries[0].is_damaged(), "{looked:?}");
        }
        assert!(folder.store.recorded_image(&archive).is_some());
    }
    let Some(Knowledge::Damaged { fault }) = learn(&folder.store, &archive).0.knowledge else {
        panic!("it is damaged")
    };
    insta::assert_snapshot!(fault.reason(), @"is no longer the image that was recorded: the zip has no members instead of one");
}

#[test]
fn a_doubtful_record_is_not_valid_until_the_archive_is_read_again() {
    let folder = Folder::new();
    let archive = folder.put_image("web", "1.0", 1);
    let stat = learn(&folder.store, &archive).0.stat;
    folder.store.doubt(&archive, Stat { size: stat.size + 1, ..stat });
    assert!(
        folder.store.entry(&archive).unwrap().knowledge.is_some(),
        "the record of another file is not changed"
    );
    folder.store.doubt(&archive, stat);
    assert_eq!(folder.store.entry(&archive).unwrap().knowledge, None);
    assert!(folder.store.recorded_image(&archive).is_some());
    assert_eq!(learn(&folder.store, &archive).1, 1);
    assert_eq!(learn(&folder.store, &archive).1, 0);
}

#[test]
fn the_first_checksum_is_kept_until_a_change_is_accepted() {
    let folder = Folder::new();
    let archive = folder.put_image("web", "1.0", 1);
    let first = learn(&folder.store, &archive).0.image().unwrap().clone();
    assert_eq!(first.changed_from, None);
    let path = folder.store.path_of(&archive);
    let whole = fs::read(&path).unwrap();
    let change = |content: &[u8], seconds| {
        fs::write(&path, content).unwrap();
        age(&path, seconds);
        learn(&folder.store, &archive).0.image().unwrap().changed_from
    };
    assert_eq!(change(&whole, 60), None, "a copy with the same bytes");
    let longer = [whole.clone(), vec![0; 512]].concat();
    assert_eq!(change(&longer, 50), Some(first.sha256));
    assert_eq!(change(&[longer.clone(), vec![0; 512]].concat(), 40), Some(first.sha256));
    assert_eq!(change(&whole, 30), None, "the first content again");
    assert_eq!(change(&longer, 20), Some(first.sha256));
    let another = Store::open(&folder.root).unwrap();
    let known = another.entry(&archive).unwrap().knowledge.unwrap();
    assert_eq!(known.image().unwrap().changed_from, Some(first.sha256));
    let accepted = another.examine(&archive, &ExamineOptions::default()).unwrap();
    assert_eq!(accepted.image().unwrap().changed_from, None);
}

#[test]
fn records_stay_in_memory_if_the_folder_cannot_be_written() {
    // A file blocks the folder, because permissions do not restrict root.
    for obstacle in [".sealift", ".sealift/records"] {
        let folder = Folder::new();
        let archive = folder.put_image("web", "1.0", 1);
        let obstacle = folder.root.join(obstacle);
        fs::create_dir_all(obstacle.parent().unwrap()).unwrap();
        fs::write(&obstacle, b"").unwrap();
        assert_eq!(learn(&folder.store, &archive).1, 1);
        assert_eq!(learn(&folder.store.clone(), &archive).1, 0);
        assert_eq!(learn(&Store::open(&folder.root).unwrap(), &archive).1, 1);
    }
}

#[test]
fn reading_a_part_of_a_store_does_not_separate_it() {
    let folder = Folder::new();
    folder.publish("team/web", "1.0", 1);
    let part = Store::open(folder.root.join("team")).unwrap();
    let inner = folder.put_image("team/web", "2.0", 2);
    let archive: ArchivePath = inner.name().as_str().parse().unwrap();
    assert_eq!(learn(&part, &archive).1, 1);
    assert_eq!(learn(&part, &archive).1, 0);
    assert_eq!(folder.store.scan().unwrap().archives.len(), 2);
}

#[test]
fn a_link_is_read_like_its_target() {
    let folder = Folder::new();
    let archive = folder.put_image("web", "1.0", 1);
    let link = format!("web_2.0_{}.docker", archive.name().id());
    std::os::unix::fs::symlink(folder.store.path_of(&archive), folder.root.join(&link)).unwrap();
    let (entry, _) = learn(&folder.store, &link.parse().unwrap());
    assert_eq!(entry.identity(), Some(&identity(1, "amd64")));
}

#[test]
fn several_archives_are_read_in_parallel_and_all_are_reported() {
    let folder = Folder::new();
    let archives: Vec<_> = (0..9).map(|seed| folder.put_image("web", "1.0", seed)).collect();
    let (entries, read) =
        readings(|options| folder.store.examined_entries(&archives, options).unwrap());
    assert_eq!(read, 9);
    for (seed, entry) in entries.iter().enumerate() {
        assert_eq!(entry.identity(), Some(&identity(u8::try_from(seed).unwrap(), "amd64")));
    }
    // A missing archive is left out.
    let gone = "gone_1.0_0123456789ab.zip".parse().unwrap();
    let asked = [archives[0].clone(), gone];
    assert_eq!(folder.store.examined_entries(&asked, &ReadOptions::default()).unwrap().len(), 1);
}

#[test]
fn reading_can_be_cancelled() {
    let folder = Folder::new();
    let archive = folder.put_image("web", "1.0", 1);
    let cancel = true.into();
    let options = ReadOptions::default().with_cancel(&cancel);
    let error = folder.store.examined_entries(&[archive], &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(folder.records(), [""; 0]);
}

#[test]
fn a_file_without_an_image_is_also_recorded() {
    let folder = Folder::new();
    let archive = folder.put("web_1.0_0123456789ab.docker", &[b'x'; 4096]);
    let (entry, read) = learn(&folder.store, &archive);
    assert!(matches!(entry.knowledge, Some(Knowledge::NoImage { .. })), "{entry:?}");
    assert_eq!(read, 1);
    assert_eq!(learn(&folder.store, &archive), (entry, 0));
}
