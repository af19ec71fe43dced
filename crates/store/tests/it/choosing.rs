use sealift_catalog::{By, Entry, LatestOptions, Query, SelectError, latest};
use sealift_filename::{ArchivePath, Repository, Version};
use sealift_oci::Platform;
use sealift_store::{FindError, ReadOptions};

use crate::folder::{Folder, platform, readings};

/// Returns the latest archives, after looking into those that are chosen.
fn latest_in(folder: &Folder) -> Vec<String> {
    let archives = folder.store.scan().unwrap().archives;
    let latest = folder
        .store
        .find_latest(&archives, &LatestOptions::default(), &ReadOptions::default())
        .unwrap();
    latest.entries.iter().map(|entry| entry.archive.to_string()).collect()
}

/// Returns the latest archives by names and records, without opening any archive.
fn latest_recorded_in(folder: &Folder) -> Vec<String> {
    let entries = folder.store.entries(&folder.store.scan().unwrap().archives);
    let latest = latest(&entries, &LatestOptions::default());
    latest.iter().map(|entry| entry.archive.to_string()).collect()
}

#[test]
fn a_file_without_an_image_is_not_the_latest_after_a_look_into_it() {
    let folder = Folder::new();
    let image = folder.put_image("web", "1.0", 1);
    let photo = folder.put("web_3.0_0123456789ab.docker", &[b'x'; 4096]);
    folder.put("web_2.0_0123456789ab.zip", &[b'y'; 4096]);
    assert_eq!(latest_recorded_in(&folder), [photo.as_str()]);
    assert_eq!(latest_in(&folder), [image.as_str()]);
    // The results of the looks are recorded, so no archive has to be opened again.
    assert_eq!(latest_recorded_in(&folder), [image.as_str()]);
}

#[test]
fn a_misnamed_archive_is_recorded_when_it_is_read() {
    let folder = Folder::new();
    let image = folder.put_image("web", "1.0", 1);
    let misnamed = folder.put_misnamed("web", "2.0", 2);
    assert_eq!(latest_in(&folder), [misnamed.as_str()]);
    folder.store.examined_entries(&[misnamed], &ReadOptions::default()).unwrap();
    assert_eq!(latest_recorded_in(&folder), [image.as_str()]);
}

/// Truncates an archive.
fn damage(folder: &Folder, archive: &ArchivePath) {
    let path = folder.store.path_of(archive);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(path, &whole[..2000]).unwrap();
}

#[test]
fn a_damaged_archive_is_found_instead_of_an_older_one() {
    let folder = Folder::new();
    folder.put_image("web", "1.0", 1);
    let damaged = folder.put_image("web", "2.0", 2);
    damage(&folder, &damaged);
    let found = folder.store.find(&query("web", None), &ReadOptions::default()).unwrap();
    assert_eq!(found.entry.archive, damaged);
    assert!(found.entry.is_damaged());
}

#[test]
fn an_intact_archive_is_preferred_to_its_damaged_twin() {
    let folder = Folder::new();
    let docker = folder.put_image("web", "2.0", 2);
    let zip = docker.as_str().replace(".docker", ".zip");
    let bytes = std::fs::read(folder.store.path_of(&docker)).unwrap();
    let zip = folder.put(&zip, &bytes[..2000]);
    for version in [None, Some("2.0")] {
        let found = folder.store.find(&query("web", version), &ReadOptions::default()).unwrap();
        assert_eq!(found.entry.archive, docker);
        assert_eq!(found.passed_over.len(), 1);
        assert_eq!(found.passed_over[0].archive, zip);
    }
}

#[test]
fn a_misnamed_archive_is_not_found() {
    let folder = Folder::new();
    let misnamed = folder.put_misnamed("web", "2.0", 2);
    let message = |version| {
        let error = folder.store.find(&query("web", version), &ReadOptions::default());
        error.unwrap_err().to_string().replace(&folder.root.display().to_string(), "ROOT")
    };
    insta::assert_snapshot!(message(None), @"ROOT/web_2.0_000000000000.docker is misnamed: the image in it has the id 051d26888c31");
    let older = folder.put_image("web", "1.0", 1);
    let found = folder.store.find(&query("web", None), &ReadOptions::default()).unwrap();
    assert_eq!(found.entry.archive, older);
    assert_eq!(found.passed_over[0].archive, misnamed);
    // No other archive has the requested version.
    insta::assert_snapshot!(message(Some("2.0")), @"ROOT/web_2.0_000000000000.docker is misnamed: the image in it has the id 051d26888c31");
    let right = folder.put_image("web", "2.0", 3);
    let found = folder.store.find(&query("web", Some("2.0")), &ReadOptions::default()).unwrap();
    assert_eq!(found.entry.archive, right);
}

#[test]
fn an_unreadable_archive_is_found_only_if_it_is_the_latest() {
    let folder = Folder::new();
    let image = folder.put_image("web", "2.0", 1);
    // The first page of a process is not mapped, so not even root can read it.
    let older: ArchivePath = "web_1.0_0123456789ab.docker".parse().unwrap();
    std::os::unix::fs::symlink("/proc/self/mem", folder.store.path_of(&older)).unwrap();
    let find = |version| folder.store.find(&query("web", version), &ReadOptions::default());
    assert_eq!(find(None).unwrap().entry.archive, image);
    let entries = folder
        .store
        .examined_entries(&folder.store.scan().unwrap().archives, &ReadOptions::default())
        .unwrap();
    let kinds: Vec<bool> = entries.iter().map(Entry::is_unreadable).collect();
    assert_eq!(kinds, [true, false], "an unreadable archive does not affect others");
    assert!(find(Some("1.0")).unwrap().entry.is_unreadable());
    assert_eq!(find(Some("1.0")).unwrap().entry.archive, older);
}

fn query(image: &str, version: Option<&str>) -> Query {
    Query::new(Repository::parse(image).unwrap(), version.map(Version::from))
}

fn for_platform(query: Query, platform: Platform) -> Query {
    query.with_latest(LatestOptions::default().with_platform(platform))
}

fn find(folder: &Folder, query: &Query) -> (Result<ArchivePath, FindError>, usize) {
    let (found, read) = readings(|learn| folder.store.find(query, learn));
    (found.map(|found| found.entry.archive), read)
}

#[test]
fn only_the_requested_archive_is_read_and_only_once() {
    let folder = Folder::new();
    let old = folder.put_image("web", "1.0", 1);
    let new = folder.put_image("web", "1.10", 2);
    folder.put_image("web_admin", "2.0", 3);
    for (version, expected, readings) in
        [(None, &new, 1), (Some("1.0"), &old, 1), (Some("1.10"), &new, 0)]
    {
        let (found, read) = find(&folder, &query("web", version));
        assert_eq!((&found.unwrap(), read), (expected, readings));
    }
    let dirty = folder.put_image("web", "2.0.0.0", 4);
    assert_eq!(find(&folder, &query("web", None)).0.unwrap(), dirty);
    let release = query("web", None).with_latest(LatestOptions::default().with_release(true));
    assert_eq!(find(&folder, &release).0.unwrap(), new);
    let newest = query("web", None).with_latest(LatestOptions::default().with_by(By::Modified));
    crate::folder::age(&folder.store.path_of(&old), 5);
    assert_eq!(find(&folder, &newest).0.unwrap(), old);
}

#[test]
fn two_platforms_of_one_version_are_distinguished_by_reading() {
    let folder = Folder::new();
    folder.put_for("web", "0.9", 1, "s390x");
    let amd64 = folder.put_for("web", "1.0", 1, "amd64");
    let arm64 = folder.put_for("web", "1.0", 1, "arm64");
    let (found, read) = find(&folder, &query("web", None));
    assert_eq!(read, 2);
    let FindError::Select(SelectError::Ambiguous(error)) = found.unwrap_err() else {
        panic!("not ambiguous")
    };
    insta::assert_snapshot!(error, @"`web` exists for several platforms: linux/amd64, linux/arm64");
    let choices: Vec<_> = error.choices.iter().map(|choice| &choice.archive).collect();
    assert_eq!(choices, [&amd64, &arm64]);
    for (text, expected) in [("linux/amd64", &amd64), ("linux/arm64/v8", &arm64)] {
        let query = for_platform(query("web", None), platform(text));
        assert_eq!(&find(&folder, &query).0.unwrap(), expected);
    }
}

#[test]
fn two_builds_of_one_version_are_not_ambiguous() {
    let folder = Folder::new();
    folder.publish("web", "dev", 1);
    let last = folder.publish("web", "dev", 2);
    assert_eq!(find(&folder, &query("web", Some("dev"))).0.unwrap(), last);
}

#[test]
fn older_versions_are_searched_for_a_platform() {
    let folder = Folder::new();
    folder.put_for("web", "2.0", 1, "amd64");
    let arm64 = folder.put_for("web", "1.0", 1, "arm64");
    let asked = for_platform(query("web", None), platform("linux/arm64"));
    let (found, read) = find(&folder, &asked);
    assert_eq!((found.unwrap(), read), (arm64, 2));
}

#[test]
fn a_missing_archive_is_an_error_that_lists_the_available_ones() {
    let folder = Folder::new();
    folder.put_for("web", "1.10", 2, "amd64");
    folder.put_image("web", "1.9", 1);
    folder.put("web_3.0_0123456789ab.zip", &[b'y'; 4096]);
    let refusal = |query: &Query| match find(&folder, query).0.unwrap_err() {
        FindError::Select(SelectError::NotFound(error)) => error,
        error => panic!("{error}"),
    };
    let message = |query: &Query| {
        let error = refusal(query);
        format!("{error} (versions {:?}, images {:?})", error.versions, error.images)
            .replace(&folder.root.display().to_string(), "ROOT")
    };
    insta::assert_snapshot!(message(&query("web", Some("1.0+b"))), @r#"no archive of `web:1.0_b` in ROOT (versions [Version("3.0"), Version("1.10"), Version("1.9")], images [])"#);
    insta::assert_snapshot!(message(&query("api", None)), @r#"no archive of `api` in ROOT (versions [], images [Repository("web")])"#);
    let for_arm = for_platform(query("web", Some("1.10")), platform("linux/arm64"));
    insta::assert_snapshot!(message(&for_arm), @r#"no archive of `web:1.10` for linux/arm64 in ROOT (versions [Version("3.0"), Version("1.10"), Version("1.9")], images [])"#);
    insta::assert_snapshot!(message(&query("api", None).with_latest(LatestOptions::default().with_release(true))), @r#"no archive of a release of `api` in ROOT (versions [], images [Repository("web")])"#);
    assert_eq!(refusal(&for_arm).platforms, [platform("linux/amd64")]);
    assert_eq!(refusal(&query("web", Some("3.0"))).without_image.len(), 1);
}
