//! Error messages.

use std::error::Error as _;
use std::fs;

use sealift_filename::Repository;
use sealift_store::{Error, ErrorKind, Store};

use crate::folder::{Folder, id, picture, plain, stage, tar};

fn told(error: &Error, folder: &Folder) -> String {
    let parent = folder.root.parent().unwrap().display().to_string();
    let cause = error.source().map(|cause| format!("\n  caused by: {cause}")).unwrap_or_default();
    format!("{:?}: {error}{cause}", error.kind()).replace(&format!("{parent}/"), "")
}

#[test]
fn the_error_for_a_missing_folder_or_a_file_names_the_path() {
    let folder = Folder::new();
    let missing = folder.root.join("missing");
    let file = folder.root.join("file");
    fs::write(&file, b"").unwrap();
    let errors = [
        Store::open(&missing).unwrap_err(),
        Store::open(&file).unwrap_err(),
        Store::open(file.join("below")).unwrap_err(),
        Store::create(&file).unwrap_err(),
        Store::create(file.join("below")).unwrap_err(),
    ];
    let told: Vec<String> = errors.iter().map(|error| told(error, &folder)).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    NotFound: there is no folder artifacts/missing
    NotADirectory: artifacts/file is not a folder
    NotADirectory: artifacts/file/below is not a folder
    NotADirectory: artifacts/file is not a folder
    NotADirectory: artifacts/file/below is not a folder
    ");
    let document = serde_json::to_string(&errors[0]).unwrap();
    let document = document.replace(&folder.root.display().to_string(), "artifacts");
    insta::assert_snapshot!(document, @r#"{"code":"not_found","message":"there is no folder artifacts/missing","causes":[]}"#);
    assert!(!missing.exists());
    assert!(Store::create(folder.root.join("a/b")).is_ok());
}

#[test]
fn the_error_for_an_obstacle_names_its_path() {
    let folder = Folder::new();
    let web = Repository::parse("team/web").unwrap();
    fs::write(folder.root.join("team"), b"").unwrap();
    let staging = folder.store.stage(&web, plain("team/web", "1.0")).unwrap_err();
    fs::write(folder.root.join(".sealift"), b"").unwrap();
    let content = picture(1, "amd64");
    let staged = stage(&folder.store, "web", "1.0", &tar(&content)).finish().unwrap();
    let own = format!("web_1.0_{}.docker", id(&content)).parse().unwrap();
    let publishing = staged.publish(&own, None);
    let archive = "web_1.0_0123456789ab.docker".parse().unwrap();
    let gone = folder.store.stat(&archive).unwrap_err();
    let told: Vec<String> =
        [staging, publishing.unwrap_err(), gone].iter().map(|error| told(error, &folder)).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    NotADirectory: artifacts/team is not a folder
    NotADirectory: artifacts/.sealift is not a folder
    NotFound: there is no archive artifacts/web_1.0_0123456789ab.docker
    ");
    assert_eq!(folder.files(), [".sealift", "team"]);
}

#[test]
fn the_error_for_a_removed_folder_names_its_path() {
    let folder = Folder::new();
    fs::remove_dir(&folder.root).unwrap();
    let scan = folder.store.scan().unwrap_err();
    let web = Repository::parse("web").unwrap();
    let stage = folder.store.stage(&web, plain("web", "1.0")).unwrap_err();
    let told: Vec<String> = [scan, stage].iter().map(|error| told(error, &folder)).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    NotFound: cannot read the folder artifacts
      caused by: No such file or directory (os error 2)
    NotFound: cannot write in artifacts
      caused by: No such file or directory (os error 2)
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_has_its_own_kind_of_error() {
    use std::io::Write as _;
    let mut full = fs::File::options().write(true).open("/dev/full").unwrap();
    let source = full.write_all(b"x").unwrap_err();
    let folder = Folder::new();
    let error = folder.store.scratch().unwrap().write_error(source);
    assert_eq!(error.kind(), ErrorKind::NoSpace);
    insta::assert_snapshot!(told(&error, &folder), @"
    NoSpace: cannot write a staging file in artifacts
      caused by: No space left on device (os error 28)
    ");
}
