use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::Barrier;
use std::time::Duration;

use sealift_archive::{ExamineOptions, Form, VerifyOptions};
use sealift_filename::{ArchivePath, Repository};
use sealift_store::{ErrorKind, Staged, Store};

use crate::folder::{Folder, id, identity, picture, plain, publish, readings, stage, tar, written};

const LEFTOVER: &str = ".sealift-0123456789abcdef.part";

/// Writes the archive of an image with this seed.
fn staged(folder: &Folder, seed: u8) -> Staged {
    stage(&folder.store, "web", "1.0", &tar(&picture(seed, "amd64"))).finish().unwrap()
}

/// Returns the right name of that archive.
fn archive(seed: u8) -> ArchivePath {
    format!("web_1.0_{}.docker", id(&picture(seed, "amd64"))).parse().unwrap()
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn an_archive_is_invisible_until_it_is_published() {
    let folder = Folder::new();
    let repository = Repository::parse("localhost:5000/team/web").unwrap();
    let form = plain("localhost:5000/team/web", "1.0");
    let mut staging = folder.store.stage(&repository, form).unwrap();
    let content = picture(1, "amd64");
    let bytes = tar(&content);
    staging.write_all(&bytes).unwrap();
    let path = folder.staging_file();
    assert_eq!(path.parent().unwrap(), folder.root.join("localhost+5000/team"));
    assert_eq!(mode(&path), 0o600);
    assert!(folder.store.scan().unwrap().archives.is_empty());

    let staged = staging.finish().unwrap();
    assert_eq!(mode(&path), 0o600);
    assert!(folder.store.scan().unwrap().archives.is_empty());
    let size = fs::metadata(&path).unwrap().len();
    assert_eq!(staged.proof().size(), size);

    let archive: ArchivePath =
        format!("localhost+5000/team/web_1.0_{}.docker", id(&content)).parse().unwrap();
    let published = staged.publish(&archive, None).unwrap();
    assert_eq!(published.size, size);
    assert!(!published.replaced);
    assert_eq!(folder.files(), [archive.as_str()]);
    let usual = folder.root.join("usual");
    File::create(&usual).unwrap();
    assert_eq!(mode(&folder.store.path_of(&archive)), mode(&usual));
}

#[test]
fn a_published_archive_is_recorded_at_once() {
    let folder = Folder::new();
    let archive = folder.publish("web", "1.0", 1);
    let other = Store::open(&folder.root).unwrap();
    let (entries, read) =
        readings(|learn| other.examined_entries(std::slice::from_ref(&archive), learn).unwrap());
    assert_eq!(read, 0);
    let image = entries[0].image().unwrap();
    assert_eq!(image.identity, identity(1, "amd64"));
    // The record has the same content as a new examination.
    let mut known = image.clone();
    other.examine(&archive, &ExamineOptions::default()).unwrap();
    let entry = other.entry(&archive).unwrap();
    known.identity.clone_from(&entry.image().unwrap().identity);
    assert_eq!(entry.image().unwrap(), &known);
}

#[test]
fn an_unpublished_archive_leaves_no_files() {
    let folder = Folder::new();
    folder.put_image("other", "1.0", 1);
    let before = folder.files();
    let repository = Repository::parse("team/deep/web").unwrap();
    let mut staging = folder.store.stage(&repository, plain("team/deep/web", "1.0")).unwrap();
    staging.write_all(b"half an archive").unwrap();
    drop(staging);
    assert_eq!(folder.files(), before);
    assert!(!folder.root.join("team").exists(), "the folders created for it are removed");
}

#[test]
fn an_existing_file_with_the_name_is_replaced() {
    let folder = Folder::new();
    let archive = folder.put_image("web", "1.0", 1);
    fs::write(folder.store.path_of(&archive), b"broken").unwrap();
    assert_eq!(folder.publish("web", "1.0", 1), archive);
    assert_eq!(fs::read(folder.store.path_of(&archive)).unwrap(), written(&picture(1, "amd64")));
    assert_eq!(folder.files(), [archive.as_str()]);
}

#[test]
fn an_archive_that_another_writer_has_published_is_kept() {
    let folder = Folder::new();
    let content = written(&picture(1, "amd64"));
    let slower = stage(&folder.store, "web", "1.0", &content).finish().unwrap();
    let archive = folder.publish("web", "1.0", 1);
    let there = fs::metadata(folder.store.path_of(&archive)).unwrap().modified().unwrap();
    let published = slower.publish(&archive, None).unwrap();
    assert!(published.was_there && !published.replaced);
    assert_eq!(published.size, content.len() as u64);
    let now = fs::metadata(folder.store.path_of(&archive)).unwrap().modified().unwrap();
    assert_eq!(there, now);
    assert_eq!(folder.files(), [archive.as_str()]);
}

#[test]
fn a_removed_staging_file_is_reported() {
    let folder = Folder::new();
    let staged = staged(&folder, 1);
    fs::remove_file(folder.staging_file()).unwrap();
    let error = staged.publish(&archive(1), None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Vanished);
    assert!(
        error
            .to_string()
            .ends_with("no longer exists: it or a folder above it was removed or moved")
    );
}

#[test]
fn a_folder_with_the_name_is_not_replaced() {
    let folder = Folder::new();
    fs::create_dir(folder.store.path_of(&archive(1))).unwrap();
    let error = staged(&folder, 1).publish(&archive(1), None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAFile);
    assert_eq!(folder.files(), [""; 0]);
}

#[test]
fn abandoned_staging_files_are_swept_and_those_in_use_are_kept() {
    let folder = Folder::new();
    fs::create_dir(folder.root.join("team")).unwrap();
    fs::write(folder.root.join("team").join(LEFTOVER), b"12345").unwrap();
    fs::write(folder.root.join(".sealift-notes.part"), b"").unwrap();
    let staging = stage(&folder.store, "web", "1.0", b"");
    let report = Store::open(&folder.root).unwrap().sweep().unwrap();
    let document = format!(r#"{{"removed":[{{"path":"team/{LEFTOVER}","size":5}}],"failed":[]}}"#);
    assert_eq!(serde_json::to_string(&report).unwrap(), document);
    assert!(folder.staging_file().exists());
    drop(staging);
    assert_eq!(folder.files(), [".sealift-notes.part"]);
}

#[test]
fn sweeping_never_follows_a_link() {
    let folder = Folder::new();
    let precious = folder.root.join("precious");
    fs::write(&precious, b"").unwrap();
    std::os::unix::fs::symlink(&precious, folder.root.join(LEFTOVER)).unwrap();
    folder.store.sweep().unwrap();
    assert!(precious.exists());
    // A named pipe must not block the sweep.
    fs::remove_file(folder.root.join(LEFTOVER)).unwrap();
    let status = std::process::Command::new("mkfifo").arg(folder.root.join(LEFTOVER)).status();
    assert!(status.unwrap().success());
    assert!(folder.store.sweep().unwrap().removed.is_empty());
}

#[test]
fn records_of_removed_archives_are_swept_with_their_folders() {
    let folder = Folder::new();
    let gone = folder.publish("team/deep/web", "1.0", 1);
    let here = folder.publish("team/web", "1.0", 1);
    fs::remove_dir_all(folder.root.join("team/deep")).unwrap();
    let records = folder.root.join(".sealift/records");
    let draft = fs::File::create(records.join("team/draft-0123456789abcdef")).unwrap();
    draft.lock().unwrap();
    fs::write(records.join("team/draft-fedcba9876543210"), b"this is never written").unwrap();
    assert!(folder.records().contains(&format!("{gone}.json")));
    folder.store.sweep().unwrap();
    assert_eq!(folder.records(), ["team/draft-0123456789abcdef", &format!("{here}.json")]);
    assert!(!records.join("team/deep").exists());
}

#[test]
fn a_sweep_of_a_folder_without_records_creates_no_folder() {
    let folder = Folder::new();
    folder.put_image("web", "1.0", 1);
    folder.store.sweep().unwrap();
    assert!(!folder.root.join(".sealift").exists());
}

#[test]
fn concurrent_writers_do_not_interfere() {
    let folder = Folder::new();
    let start = Barrier::new(4);
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let (root, start) = (&folder.root, &start);
            scope.spawn(move || {
                let store = Store::open(root).unwrap();
                start.wait();
                for round in 0..4 {
                    let old = publish(&store, "team/web", &format!("{round}.{writer}"), round);
                    // All writers publish this one.
                    publish(&store, "api", "1.0", 9);
                    store.sweep().unwrap();
                    let removed = store.remove(&[old]).unwrap();
                    assert_eq!(removed.removed.len(), 1);
                }
            });
        }
    });
    let archives = folder.store.scan().unwrap().archives;
    assert_eq!(archives.len(), 1);
    let mut expected = identity(9, "amd64");
    expected.repo_tags = vec!["api:1.0".to_owned()];
    let (entries, read) =
        readings(|learn| folder.store.examined_entries(&archives, learn).unwrap());
    assert_eq!((entries[0].identity(), read), (Some(&expected), 0));
    assert_eq!(folder.files(), [archives[0].as_str()]);
}

#[test]
fn staging_is_repeated_if_another_writer_removes_the_folder() {
    let folder = Folder::new();
    let repository = Repository::parse("team/deep/web").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..300 {
                    drop(folder.store.stage(&repository, plain("team/deep/web", "1.0")).unwrap());
                }
            });
        }
    });
    assert_eq!(folder.files(), [""; 0]);
}

/// Holds the lock like another process, with a description of the holder.
fn lock(folder: &Folder) -> File {
    fs::create_dir_all(folder.root.join(".sealift")).unwrap();
    let mut file = File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .open(folder.root.join(".sealift/lock"))
        .unwrap();
    file.lock().unwrap();
    writeln!(file, "process 4711 on build7 since 2026-05-01T12:00:00Z").unwrap();
    file
}

#[test]
fn the_error_for_a_locked_folder_names_the_holder_and_the_staging_file_is_removed() {
    let folder = Folder::new();
    let _lock = lock(&folder);
    let store = folder.store.clone().with_lock_timeout(Duration::from_millis(50));
    let staged = stage(&store, "web", "1.0", &tar(&picture(1, "amd64"))).finish().unwrap();
    let archive = archive(1);
    let error = staged.publish(&archive, None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
    let message = error.to_string().replace(&folder.root.display().to_string(), "artifacts");
    insta::assert_snapshot!(message, @"artifacts is locked by process 4711 on build7 since 2026-05-01T12:00:00Z; waited 0.05 s");
    assert_eq!(folder.files(), [""; 0]);
    assert_eq!(store.remove(&[archive]).unwrap_err().kind(), ErrorKind::Locked);
}

#[test]
fn readers_do_not_wait_for_the_lock() {
    let folder = Folder::new();
    let archive = folder.put_image("web", "1.0", 1);
    let _lock = lock(&folder);
    let store = folder.store.clone().with_lock_timeout(Duration::ZERO);
    assert_eq!(
        readings(|learn| store.examined_entries(std::slice::from_ref(&archive), learn).unwrap()).1,
        1
    );
    assert_eq!(readings(|learn| store.examined_entries(&[archive], learn).unwrap()).1, 0);
}

#[test]
fn a_lock_that_is_released_in_time_is_taken() {
    let folder = Folder::new();
    let held = lock(&folder);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| folder.publish("web", "1.0", 1));
        while !folder.files().iter().any(|file| file.ends_with(".part")) {
            std::thread::yield_now();
        }
        drop(held);
        writer.join().unwrap();
    });
    assert_eq!(folder.store.scan().unwrap().archives.len(), 1);
}

#[test]
fn nothing_is_written_below_a_symbolic_link() {
    let folder = Folder::new();
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.root.join("team")).unwrap();
    let repository = Repository::parse("team/web").unwrap();
    let error = folder.store.stage(&repository, plain("team/web", "1.0")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotADirectory);
    assert!(fs::read_dir(outside.path()).unwrap().next().is_none());
}

/// Only the verified file gets the name, and nothing outside is changed, even if a file or folder
/// is replaced in the meantime.
#[test]
fn replacing_files_before_an_archive_is_published_changes_nothing_outside() {
    let content = picture(1, "amd64");
    let archive: ArchivePath = format!("team/web_1.0_{}.docker", id(&content)).parse().unwrap();
    let bytes = tar(&content);
    let ways = [
        "a link as the archive",
        "a link as the folder",
        "a link as the file",
        "a file as the file",
    ];
    for way in ways {
        let folder = Folder::new();
        let outside = tempfile::tempdir().unwrap();
        let precious = outside.path().join(archive.name().as_str());
        fs::write(&precious, b"precious").unwrap();
        let staged = stage(&folder.store, "team/web", "1.0", &bytes).finish().unwrap();
        let (path, team) = (folder.staging_file(), folder.root.join("team"));
        let written = fs::read(&path).unwrap();
        match way {
            "a link as the archive" => symlink(&precious, folder.store.path_of(&archive)).unwrap(),
            "a link as the folder" => {
                fs::copy(&precious, outside.path().join(path.file_name().unwrap())).unwrap();
                fs::rename(&team, folder.root.join("moved")).unwrap();
                symlink(outside.path(), &team).unwrap();
            }
            way => {
                fs::remove_file(&path).unwrap();
                match way {
                    "a link as the file" => symlink(&precious, &path).unwrap(),
                    _ => fs::write(&path, b"mine").unwrap(),
                }
            }
        }
        let elsewhere = fs::read_dir(outside.path()).unwrap().count();
        match (way, staged.publish(&archive, None)) {
            ("a link as the archive", published) => {
                assert!(published.unwrap().replaced);
                assert_eq!(fs::read(folder.store.path_of(&archive)).unwrap(), written);
            }
            (_, published) => {
                assert_eq!(published.unwrap_err().kind(), ErrorKind::Vanished, "{way}");
                assert!(folder.store.scan().unwrap().archives.is_empty(), "{way}");
            }
        }
        assert_eq!(fs::read(&precious).unwrap(), b"precious", "{way}");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), elsewhere, "{way}");
    }
}

#[test]
fn an_archive_is_published_only_under_its_own_name() {
    let folder = Folder::new();
    let id = id(&picture(1, "amd64"));
    let refusals: Vec<String> = [
        "web_1.0_0123456789ab.docker".to_owned(),
        format!("api_1.0_{id}.docker"),
        format!("team/web_1.0_{id}.docker"),
        format!("web_1.1_{id}.docker"),
        format!("web_1.0_{id}.zip"),
        format!("web_1.0_{id}.img"),
    ]
    .iter()
    .map(|name| {
        let error = staged(&folder, 1).publish(&name.parse().unwrap(), None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OtherName, "{name}");
        error
            .to_string()
            .replace(&folder.root.display().to_string(), "artifacts")
            .replace(&id, "ID")
    })
    .collect();
    insta::assert_snapshot!(refusals.join("\n"), @r"
    cannot publish artifacts/web_1.0_0123456789ab.docker: the image in it has the id ID
    cannot publish artifacts/api_1.0_ID.docker: the only name in it must be api:1.0
    cannot publish artifacts/team/web_1.0_ID.docker: the only name in it must be team/web:1.0
    cannot publish artifacts/web_1.1_ID.docker: the only name in it must be web:1.1
    cannot publish artifacts/web_1.0_ID.zip: it is a tar
    cannot publish artifacts/web_1.0_ID.img: its format is not docker or zip
    ");
    assert_eq!(folder.files(), [""; 0]);
    staged(&folder, 1).publish(&archive(1), None).unwrap();
}

#[test]
fn an_incomplete_image_is_never_staged() {
    let folder = Folder::new();
    let bytes = tar(&picture(1, "amd64"));
    for forms in [plain("web", "1.0"), Form::AsIs(VerifyOptions::default())] {
        let mut staging = folder.store.stage(&Repository::parse("web").unwrap(), forms).unwrap();
        staging.write_all(&bytes[..bytes.len() / 2]).unwrap();
        let error = staging.finish().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Archive);
        assert_eq!(folder.files(), [""; 0]);
    }
}
