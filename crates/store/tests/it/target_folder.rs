//! Folders of other programs: files become visible only when they are complete, and files of others
//! are not changed.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use sealift_store::{ErrorKind, TargetFolder};

fn names(folder: &TargetFolder) -> Vec<String> {
    folder.files().unwrap().into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_file_becomes_visible_with_its_content_time_and_permissions() {
    let dir = tempfile::tempdir().unwrap();
    for (mode, expected) in [(0o755, 0o644), (0o700, 0o600), (0o777, 0o644)] {
        let path = dir.path().join(format!("{mode:o}"));
        let folder = TargetFolder::create(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let mut file = folder.stage().unwrap();
        file.write_all(b"content").unwrap();
        assert!(names(&folder).is_empty(), "a file without its name is not listed");
        let time = "2026-01-02T03:04:05.5Z".parse().unwrap();
        let stat = file.publish("web.tar", None, Some(time)).unwrap();
        assert_eq!((stat.size, stat.modified), (7, time));
        assert_eq!(folder.stat("web.tar").unwrap(), Some(stat));
        let metadata = fs::metadata(path.join("web.tar")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, expected);
    }
}

#[test]
fn dropped_files_are_removed_and_abandoned_ones_are_swept() {
    let dir = tempfile::tempdir().unwrap();
    let folder = TargetFolder::open(dir.path()).unwrap();
    let written = folder.stage().unwrap();
    let left = dir.path().join(".sealift-0123456789abcdef.part");
    fs::write(&left, b"half").unwrap();
    fs::write(dir.path().join(".sealift-foreign.part"), b"").unwrap();
    folder.sweep().unwrap();
    assert!(!left.exists());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "the file in use is kept");
    drop(written);
    assert_eq!(names(&folder), [".sealift-foreign.part"]);
}

#[test]
fn only_regular_files_are_replaced_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    let folder = TargetFolder::open(dir.path()).unwrap();
    fs::create_dir(dir.path().join("folder")).unwrap();
    fs::write(dir.path().join("file"), b"content").unwrap();
    symlink("file", dir.path().join("link")).unwrap();
    assert_eq!(names(&folder), ["file"]);
    let stat = folder.stat("file").unwrap().unwrap();
    for name in ["folder", "link"] {
        let error = folder.stage().unwrap().publish(name, None, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotAFile, "{name}");
        assert_eq!(folder.remove(name, stat).unwrap_err().kind(), ErrorKind::NotAFile, "{name}");
    }
    folder.stage().unwrap().publish("../file", None, None).unwrap_err();
    let published = folder.stage().unwrap().publish("file", Some(stat), None).unwrap();
    let error = folder.remove("file", stat).unwrap_err();
    insta::assert_snapshot!(
        error.to_string().replace(&dir.path().display().to_string(), "DIR"),
        @"DIR/file was changed by another process"
    );
    assert!(folder.remove("file", published).unwrap());
    assert!(!folder.remove("file", published).unwrap());
    assert!(dir.path().join("link").is_symlink());
}

#[test]
fn a_file_that_the_caller_has_not_seen_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let folder = TargetFolder::open(dir.path()).unwrap();
    let path = dir.path().join("file");
    let refused = |seen| {
        let error = folder.stage().unwrap().publish("file", seen, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Changed);
    };
    fs::write(&path, b"theirs").unwrap();
    let seen = folder.stat("file").unwrap();
    refused(None);
    fs::write(&path, b"theirs, changed").unwrap();
    refused(seen);
    assert_eq!(fs::read(&path).unwrap(), b"theirs, changed");
    assert_eq!(names(&folder), ["file"]);
    fs::remove_file(&path).unwrap();
    folder.stage().unwrap().publish("file", seen, None).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
}

/// Both writers check that the name is free before one of them renames its file.
#[test]
fn only_one_of_two_concurrent_writers_gets_the_name() {
    let dir = tempfile::tempdir().unwrap();
    let folder = TargetFolder::open(dir.path()).unwrap();
    for round in 0..50 {
        let name = round.to_string();
        let files = [folder.stage().unwrap(), folder.stage().unwrap()];
        let barrier = std::sync::Barrier::new(files.len());
        let published = std::thread::scope(|scope| {
            let publish = |file: sealift_store::TargetFile| {
                let (barrier, name) = (&barrier, &name);
                scope.spawn(move || {
                    barrier.wait();
                    file.publish(name, None, None).is_ok()
                })
            };
            files.map(publish).map(|writer| writer.join().unwrap())
        });
        assert_eq!(published.iter().filter(|is_published| **is_published).count(), 1);
    }
}

#[test]
fn the_time_of_a_file_is_the_same_for_all_functions() {
    let dir = tempfile::tempdir().unwrap();
    let folder = TargetFolder::open(dir.path()).unwrap();
    for time in ["1969-12-31T23:59:59.25Z", "1970-01-01T00:00:00Z", "2026-01-02T03:04:05.000001Z"] {
        let time = time.parse().unwrap();
        let stat = folder.stage().unwrap().publish("file", None, Some(time)).unwrap();
        assert_eq!(stat.modified, time);
        assert!(folder.remove("file", stat).unwrap());
    }
}
