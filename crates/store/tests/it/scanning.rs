use std::fs;
use std::os::unix::fs::symlink;

use sealift_filename::Repository;

use crate::folder::Folder;

const ID: &str = "0123456789ab";

fn names(folder: &Folder) -> Vec<String> {
    folder.store.scan().unwrap().archives.iter().map(ToString::to_string).collect()
}

#[test]
fn the_list_depends_on_names_only_and_is_sorted() {
    let folder = Folder::new();
    for name in ["web_1.0", "team/web_1.0", "api_2.0", "localhost+5000/web_1.0"] {
        folder.put(&format!("{name}_{ID}.zip"), b"");
    }
    folder.put("web__0123456789ab.", b"");
    insta::assert_snapshot!(names(&folder).join("\n"), @r"
    api_2.0_0123456789ab.zip
    localhost+5000/web_1.0_0123456789ab.zip
    team/web_1.0_0123456789ab.zip
    web_1.0_0123456789ab.zip
    web__0123456789ab.
    ");
    let bare = folder.store.scan().unwrap();
    assert!(bare.others.is_empty(), "others are collected only on request");
}

#[test]
fn everything_else_is_ignored_with_a_reason() {
    let folder = Folder::new();
    let root = &folder.root;
    folder.put(&format!("web_1.0_{ID}.zip"), b"");
    fs::write(root.join("notes.txt"), b"").unwrap();
    fs::write(root.join(format!("web_dev_{ID}.zip.tmp")), b"").unwrap();
    fs::write(root.join("web_1.0_0123456789AB.zip"), b"").unwrap();
    fs::write(root.join(".sealift-0123456789abcdef.part"), b"").unwrap();
    fs::create_dir_all(root.join("Team/x")).unwrap();
    fs::create_dir_all(root.join(".git/x")).unwrap();
    fs::create_dir_all(root.join(format!("Web_1.0_{ID}.zip"))).unwrap();
    fs::create_dir_all(root.join("other/.sealift")).unwrap();
    fs::write(root.join(format!("other/web_1.0_{ID}.zip")), b"").unwrap();
    symlink("team", root.join("linked")).unwrap();
    symlink("nowhere", root.join(format!("broken_1.0_{ID}.zip"))).unwrap();
    fs::create_dir(root.join("team")).unwrap();
    std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();

    let scan = folder.store.scan_with_others().unwrap();
    assert_eq!(scan.archives.len(), 1);
    let others: Vec<String> = scan
        .others
        .iter()
        .map(|other| format!("{} {}", other.path.display(), other.reason))
        .collect();
    insta::assert_snapshot!(others.join("\n"), @"
    .git is a folder whose name cannot be part of an image name
    .sealift-0123456789abcdef.part is being written, or was left behind by a writer
    Web_1.0_0123456789ab.zip is a folder with an archive name
    broken_1.0_0123456789ab.zip is a broken symbolic link
    linked is a symbolic link to a folder
    notes.txt is not an archive: it has no `_` and image id before its last `.`
    other is another store
    socket is neither a file nor a folder
    web_1.0_0123456789AB.zip is not an archive: `0123456789AB` is not an image id: it contains the uppercase letter `A`
    web_dev_0123456789ab.zip.tmp is not an archive: `0123456789ab.zip` is not an image id: it has 16 characters, not 12 lowercase hex digits
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf8_is_ignored() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    fs::write(folder.root.join(OsStr::from_bytes(b"web_\xff_0123456789ab.zip")), b"").unwrap();
    let scan = folder.store.scan_with_others().unwrap();
    assert!(scan.archives.is_empty());
    assert_eq!(scan.others[0].reason, sealift_store::OtherReason::NotUtf8);
}

#[test]
fn a_link_to_a_file_is_an_archive() {
    let folder = Folder::new();
    let archive = folder.put_image("web", "1.0", 1);
    let link = format!("team/{}", archive.name());
    fs::create_dir(folder.root.join("team")).unwrap();
    symlink(folder.store.path_of(&archive), folder.root.join(&link)).unwrap();
    assert_eq!(names(&folder), [link.as_str(), archive.as_str()]);
    let entry = folder.store.entry(&link.parse().unwrap()).unwrap();
    assert!(!entry.removable);
    assert_eq!(entry.stat, folder.store.stat(&archive).unwrap());
}

#[test]
fn the_archives_of_one_image_equal_those_of_a_scan() {
    let folder = Folder::new();
    for name in ["web_1.0", "web_2.0", "web_admin_1.0", "team/web_1.0", "localhost+5000/web_1.0"] {
        folder.put(&format!("{name}_{ID}.zip"), b"");
    }
    for front in
        ["library", "docker.io", "docker.io/library", "index.docker.io/library", "docker.io/team"]
    {
        folder.put(&format!("{front}/web_1.0_{ID}.zip"), b"");
    }
    fs::create_dir_all(folder.root.join("other/.sealift")).unwrap();
    folder.put(&format!("other/web_1.0_{ID}.zip"), b"");
    let all = folder.store.scan().unwrap().archives;
    for image in ["web", "web_admin", "team/web", "localhost:5000/web", "other/web", "none/web"] {
        let repository = Repository::parse(image).unwrap();
        let expected: Vec<_> = all
            .iter()
            .filter(|archive| archive.repository().as_ref() == Some(&repository))
            .cloned()
            .collect();
        assert_eq!(folder.store.archives_of(&repository).unwrap(), expected, "{image}");
    }
    let web = folder.store.archives_of(&Repository::parse("docker.io/web").unwrap()).unwrap();
    assert_eq!(web.len(), 6, "{web:?}");
}
