use std::fs;
use std::os::unix::fs::symlink;

use sealift_filename::ArchivePath;
use sealift_store::{ErrorKind, NotRemoved, ReadOptions};
use sealift_testing::layouts::{file, pack};

use crate::folder::Folder;

#[test]
fn archives_are_removed_with_their_records_and_others_are_kept() {
    let folder = Folder::new();
    let archive = folder.publish("team/web", "1.0", 1);
    let other = folder.publish("web_admin", "1.0", 1);
    let size = folder.store.stat(&archive).unwrap().size;
    let gone: ArchivePath = "web_1.0_0123456789ab.docker".parse().unwrap();
    let report = folder.store.remove(&[archive.clone(), gone.clone()]).unwrap();
    assert_eq!(report.removed[0].archive, archive);
    assert_eq!(report.bytes(), size);
    assert_eq!(report.missing, [gone]);
    assert!(report.failed.is_empty());
    assert_eq!(folder.files(), [other.as_str()]);
    assert_eq!(folder.records(), [format!("{other}.json")]);
}

#[test]
fn only_regular_files_are_removed_and_no_link_is_followed() {
    let folder = Folder::new();
    let outside = tempfile::tempdir().unwrap();
    let name = "web_1.0_0123456789ab.zip";
    fs::write(outside.path().join(name), b"precious").unwrap();
    symlink(outside.path().join(name), folder.root.join(name)).unwrap();
    symlink(outside.path(), folder.root.join("team")).unwrap();
    fs::create_dir_all(folder.root.join("folder").join(name)).unwrap();
    fs::write(folder.root.join("file"), b"").unwrap();

    let archives: Vec<ArchivePath> = ["", "team/", "folder/", "file/"]
        .map(|front| format!("{front}{name}").parse().unwrap())
        .into();
    let report = folder.store.remove(&archives).unwrap();
    assert!(report.removed.is_empty());
    assert_eq!(report.missing, archives[3..], "there is nothing below a file");
    let failed: Vec<String> = report
        .failed
        .iter()
        .map(|NotRemoved { error, .. }| {
            assert_eq!(error.kind(), ErrorKind::NotAFile);
            error.to_string().replace(&folder.root.display().to_string(), "artifacts")
        })
        .collect();
    insta::assert_snapshot!(failed.join("\n"), @"
    artifacts/web_1.0_0123456789ab.zip is a symbolic link, not a file
    artifacts/team/web_1.0_0123456789ab.zip is below a symbolic link, not a file
    artifacts/folder/web_1.0_0123456789ab.zip is a folder, not a file
    ");
    assert!(outside.path().join(name).exists());
    assert!(folder.root.join(name).is_symlink());
}

#[test]
fn files_that_are_not_known_to_contain_an_image_are_not_removed() {
    let folder = Folder::new();
    let tar = pack(&[file("photo.jpeg", b"photo".to_vec())]);
    let photos = folder.put("web_1.0_0123456789ab.docker", &tar);
    let learned =
        folder.store.examined_entries(std::slice::from_ref(&photos), &ReadOptions::default());
    assert!(learned.unwrap()[0].holds_no_image());
    let whole = folder.put_image("web", "1.1", 1);
    let cut = folder.put_image("web", "1.2", 2);
    let bytes = fs::read(folder.store.path_of(&cut)).unwrap();
    folder.put(cut.as_str(), &bytes[..bytes.len() / 2]);
    let before = folder.files();

    let report = folder.store.remove(&[photos.clone(), cut.clone(), whole.clone()]).unwrap();
    assert_eq!(report.removed.iter().map(|one| &one.archive).collect::<Vec<_>>(), [&whole]);
    let failed: Vec<String> = report
        .failed
        .iter()
        .map(|NotRemoved { error, .. }| {
            assert_eq!(error.kind(), ErrorKind::NotAnImage);
            let message = error.to_string();
            // The reason in parentheses is left out.
            let (front, _) = message.split_once(" (").unwrap();
            front.replace(&folder.root.display().to_string(), "artifacts")
        })
        .collect();
    insta::assert_snapshot!(failed.join("\n"), @"
    cannot remove artifacts/web_1.0_0123456789ab.docker: it is not known to contain an image
    cannot remove artifacts/web_1.2_051d26888c31.docker: it is not known to contain an image
    ");
    let mut left = folder.files();
    left.push(whole.to_string());
    left.sort();
    assert_eq!(left, before);
}
