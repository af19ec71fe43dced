use std::fs;
use std::os::unix::fs::symlink;

use sealift_filename::ArchivePath;
use sealift_store::{ErrorKind, LearnOptions, retain};

use crate::folder::Folder;

#[test]
fn archives_go_with_their_records_and_others_stay() {
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
fn only_regular_files_go_and_no_link_is_followed() {
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
        .map(|(_, error)| {
            assert_eq!(error.kind(), ErrorKind::NotAFile);
            error.to_string().replace(&folder.root.display().to_string(), "artifacts")
        })
        .collect();
    insta::assert_snapshot!(failed.join("\n"), @"
    artifacts/web_1.0_0123456789ab.zip is a symbolic link, not a file
    artifacts/team/web_1.0_0123456789ab.zip is behind a symbolic link, not a file
    artifacts/folder/web_1.0_0123456789ab.zip is a folder, not a file
    ");
    assert!(outside.path().join(name).exists());
    assert!(folder.root.join(name).is_symlink());
}

#[test]
fn retention_counts_per_image_and_platform_and_twins_once() {
    let folder = Folder::new();
    for (version, seed) in [("1.9", 1), ("1.10", 2), ("1.2", 3)] {
        folder.put_for("web", version, seed, "amd64");
        folder.put_image("web_admin", version, seed);
    }
    let arm64 = folder.put_for("web", "1.0", 1, "arm64");
    let highest = folder.put_image("web", "1.10", 2);
    let twin = highest.with_name(highest.name().to_zip()).unwrap();
    fs::copy(folder.store.path_of(&highest), folder.store.path_of(&twin)).unwrap();
    let archives = folder.store.scan().unwrap().archives;
    let entries = folder.store.learn(&archives, &LearnOptions::default()).unwrap();
    let versions = |keep| -> Vec<String> {
        let gone = retain(entries.iter().filter(|entry| entry.archive.image() == "web"), keep);
        assert!(!gone.contains(&arm64) || keep == 0);
        gone.iter().map(|archive| archive.name().version().to_owned()).collect()
    };
    assert_eq!(versions(2), ["1.2"]);
    assert_eq!(versions(1), ["1.2", "1.9"]);
    assert_eq!(versions(0).len(), 5);
}
