use proptest::prelude::*;
use sealift_archive::{Digest, Fault};
use sealift_filename::{ArchivePath, Repository, Version};
use sealift_store::{
    By, Depth, Entry, FindError, Knowledge, LatestOptions, LearnOptions, PassedOver, Query,
    is_same_platform, latest, passed_over,
};

use crate::folder::{Folder, entry, identity, platform, readings, unread};

fn chosen(entries: &[Entry], options: &LatestOptions) -> Vec<String> {
    latest(entries, options).iter().map(|entry| entry.archive.to_string()).collect()
}

/// Entries of few images, versions, times and platforms, so that they compete.
pub(crate) fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let version = prop::sample::select(vec!["1.0", "1.9.0.0", "1.10", "1.9.0.7", "dev", "latest"]);
    let image = prop::sample::select(vec!["web", "web_admin", "team/web"]);
    let format = prop::sample::select(vec!["zip", "docker", "rkt"]);
    let what = prop::sample::select(vec![
        "amd64",
        "arm64",
        "unread",
        "none",
        "damaged",
        "unreadable",
        "misnamed",
    ]);
    let one = (
        image,
        version,
        0..4_u8,
        format,
        what,
        0..3_i64,
        prop::option::of(0..3_i64),
        prop::bool::weighted(0.9),
    );
    let one = one.prop_map(|(image, version, seed, format, what, modified, saved, is_regular)| {
        let architecture = if what == "arm64" { "arm64" } else { "amd64" };
        let mut entry = entry(image, version, &identity(seed, architecture), format);
        entry.stat.modified = second(modified);
        entry.is_regular = is_regular;
        match (what, &mut entry.knowledge) {
            ("unread", knowledge) => *knowledge = None,
            ("none", knowledge) => {
                *knowledge = Some(Knowledge::NoImage { reason: "is a photo".to_owned() });
            }
            ("unreadable", knowledge) => {
                *knowledge = Some(Knowledge::Unreadable { reason: "no".to_owned() });
            }
            ("misnamed", Some(Knowledge::Image(image))) => {
                image.identity.config = Digest::of(b"another image");
            }
            ("damaged", knowledge) => {
                let fault = Fault::TrailingData { at: 1 };
                *knowledge = Some(Knowledge::Damaged { fault });
            }
            (_, Some(Knowledge::Image(image))) => image.saved = saved.map(second),
            _ => {}
        }
        entry
    });
    prop::collection::vec(one, 0..12).prop_map(|mut entries| {
        entries.sort_by(|left, right| left.archive.cmp(&right.archive));
        entries.dedup_by(|left, right| left.archive == right.archive);
        entries
    })
}

fn second(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_767_000_000 + second).unwrap()
}

fn options() -> impl Strategy<Value = LatestOptions> {
    let platform = prop::sample::select(vec!["linux/amd64", "linux/arm64/v8"]);
    (any::<bool>(), any::<bool>(), prop::option::of(platform)).prop_map(
        |(modified, release, text)| LatestOptions {
            by: if modified { By::Modified } else { By::Precedence },
            release,
            platform: text.map(crate::folder::platform),
        },
    )
}

proptest! {
    #[test]
    fn the_latest_does_not_depend_on_the_order_of_the_listing(
        (entries, shuffled) in entries().prop_flat_map(|entries| {
            (Just(entries.clone()), Just(entries).prop_shuffle())
        }),
        options in options(),
    ) {
        prop_assert_eq!(chosen(&entries, &options), chosen(&shuffled, &options));
    }

    #[test]
    fn the_latest_of_the_latest_is_the_same(mut entries in entries(), options in options()) {
        // What is unread or damaged competes on the platforms of others, which then aren't there.
        entries.retain(|entry| entry.identity().is_some());
        let latest_ones: Vec<Entry> = latest(&entries, &options).into_iter().cloned().collect();
        prop_assert_eq!(chosen(&latest_ones, &options), chosen(&entries, &options));
    }

    #[test]
    fn another_image_changes_nothing(entries in entries(), options in options()) {
        let of_web: Vec<Entry> =
            entries.iter().filter(|entry| entry.archive.image() == "web").cloned().collect();
        let among_all: Vec<String> = latest(&entries, &options)
            .into_iter()
            .filter(|entry| entry.archive.image() == "web")
            .map(|entry| entry.archive.to_string())
            .collect();
        prop_assert_eq!(chosen(&of_web, &options), among_all);
    }

    #[test]
    fn nothing_that_competes_on_its_platform_has_a_higher_version(
        entries in entries(),
        release in any::<bool>(),
    ) {
        let options = LatestOptions { release, ..LatestOptions::default() };
        let winners = latest(&entries, &options);
        for entry in &entries {
            if entry.holds_no_image()
                || entry.is_misnamed()
                || (release && entry.archive.name().is_dirty())
            {
                continue;
            }
            let is_beaten = winners.iter().any(|winner| {
                winner.archive.image() == entry.archive.image()
                    && winner.archive.name().precedence() >= entry.archive.name().precedence()
                    && match (winner.platform(), entry.platform()) {
                        (Some(winner), Some(entry)) => is_same_platform(&winner, &entry),
                        _ => true,
                    }
            });
            prop_assert!(is_beaten, "{} has no winner above it", entry.archive);
        }
        for winner in winners {
            prop_assert!(!winner.holds_no_image() && !winner.is_misnamed());
            prop_assert!(!(release && winner.archive.name().is_dirty()));
        }
    }
}

#[test]
fn the_highest_version_of_each_platform_is_the_latest() {
    let (amd64, arm64) = (identity(1, "amd64"), identity(1, "arm64"));
    let entries = [
        entry("web", "1.9.0.7", &arm64, "zip"),
        entry("web", "1.10.0.7", &amd64, "zip"),
        entry("web", "1.9.0.9", &amd64, "zip"),
        entry("web", "1.11.0.0", &amd64, "zip"),
    ];
    let versions = |options: &LatestOptions| -> Vec<String> {
        latest(&entries, options)
            .iter()
            .map(|entry| entry.archive.name().version().to_owned())
            .collect()
    };
    assert_eq!(versions(&LatestOptions::default()), ["1.11.0.0", "1.9.0.7"]);
    let release = LatestOptions { release: true, ..LatestOptions::default() };
    assert_eq!(versions(&release), ["1.10.0.7", "1.9.0.7"]);
    let of = |text| LatestOptions { platform: Some(platform(text)), ..LatestOptions::default() };
    assert_eq!(versions(&of("linux/arm64/v8")), ["1.9.0.7"]);
    assert_eq!(versions(&of("linux/s390x")), [""; 0]);
}

#[test]
fn an_unread_archive_competes_on_every_platform() {
    let known = [
        entry("web", "1.9", &identity(1, "arm64"), "zip"),
        entry("web", "1.8", &identity(1, "amd64"), "zip"),
    ];
    let highest = unread("web_1.10_0123456789ab.zip");
    let mut entries = known.to_vec();
    entries.push(highest.clone());
    assert_eq!(chosen(&entries, &LatestOptions::default()), [highest.archive.as_str()]);
    entries[2] = unread("web_1.8.5_0123456789ab.zip");
    assert_eq!(chosen(&entries, &LatestOptions::default()).len(), 2);
}

#[test]
fn of_one_version_the_one_saved_last_is_the_latest_whatever_the_format() {
    let (old, new) = (identity(1, "amd64"), identity(2, "amd64"));
    let saved = |mut entry: Entry, time: &str| {
        if let Some(Knowledge::Image(image)) = &mut entry.knowledge {
            image.saved = Some(time.parse().unwrap());
        }
        entry
    };
    let entries = [
        saved(entry("web", "dev", &old, "zip"), "2026-05-01T00:00:00Z"),
        saved(entry("web", "dev", &new, "docker"), "2026-05-02T00:00:00Z"),
        // Compressed before, though the plain one was saved last.
        saved(entry("web", "dev", &new, "zip"), "2026-04-01T00:00:00Z"),
    ];
    let latest_one = chosen(&entries, &LatestOptions::default());
    assert_eq!(latest_one, [entries[2].archive.as_str()]);
}

#[test]
fn a_zip_is_preferred_to_its_twin_unless_it_is_damaged() {
    let image = identity(1, "amd64");
    let mut entries = ["rkt", "zip", "docker"].map(|format| entry("web", "1.0", &image, format));
    assert!(chosen(&entries, &LatestOptions::default())[0].ends_with(".zip"));
    entries[1].knowledge = Some(Knowledge::Damaged { fault: Fault::TrailingData { at: 1 } });
    assert!(chosen(&entries, &LatestOptions::default())[0].ends_with(".docker"));
}

proptest! {
    #[test]
    fn misnamed_archives_change_nothing(entries in entries(), options in options()) {
        let rightly: Vec<Entry> =
            entries.iter().filter(|entry| !entry.is_misnamed()).cloned().collect();
        prop_assert_eq!(chosen(&entries, &options), chosen(&rightly, &options));
    }

    #[test]
    fn a_broken_archive_is_never_chosen_if_it_is_there_whole(
        entries in entries(),
        options in options(),
    ) {
        for winner in latest(&entries, &options) {
            let is_whole_twin = |entry: &Entry| {
                entry.is_rightly_named()
                    && entry.archive.image() == winner.archive.image()
                    && entry.archive.name().version() == winner.archive.name().version()
                    && entry.archive.name().id() == winner.archive.name().id()
            };
            let is_broken = winner.is_damaged() || winner.is_unreadable();
            prop_assert!(!(is_broken && entries.iter().any(is_whole_twin)));
        }
    }

    #[test]
    fn what_is_passed_over_would_have_been_chosen_without_its_flaw(
        (entries, shuffled) in entries().prop_flat_map(|entries| {
            (Just(entries.clone()), Just(entries).prop_shuffle())
        }),
        options in options(),
    ) {
        let passed = passed_over(&entries, &options);
        prop_assert_eq!(&passed, &passed_over(&shuffled, &options));
        let winners = chosen(&entries, &options);
        for PassedOver { archive, instead, .. } in passed {
            let of_image = |path: &&String| {
                path.parse::<ArchivePath>().unwrap().image() == archive.image()
            };
            prop_assert!(!winners.contains(&archive.to_string()));
            prop_assert_eq!(
                instead.is_some(),
                winners.iter().any(|path| of_image(&path)),
                "{}", archive
            );
        }
    }
}

#[test]
fn a_misnamed_archive_is_passed_over_for_the_right_one() {
    let (right, other) = (identity(1, "amd64"), identity(2, "amd64"));
    let mut misnamed = entry("web", "2.0", &right, "docker");
    misnamed.knowledge = entry("web", "2.0", &other, "docker").knowledge;
    assert!(misnamed.is_misnamed() && !misnamed.is_rightly_named());
    let passed = |entries: &[Entry]| {
        let passed = passed_over(entries, &LatestOptions::default());
        passed.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let alone = [misnamed.clone()];
    assert_eq!(chosen(&alone, &LatestOptions::default()), [""; 0]);
    insta::assert_snapshot!(passed(&alone).join("\n"), @"web_2.0_317c8f756f53.docker is misnamed: the image in it has the id 051d26888c31");
    let older = [misnamed.clone(), entry("web", "1.0", &right, "zip")];
    assert_eq!(chosen(&older, &LatestOptions::default()), [older[1].archive.as_str()]);
    insta::assert_snapshot!(passed(&older).join("\n"), @"web_2.0_317c8f756f53.docker is misnamed: the image in it has the id 051d26888c31; using web_1.0_317c8f756f53.zip");
    let newer = [misnamed, entry("web", "3.0", &right, "zip")];
    assert_eq!(passed(&newer), [""; 0], "it would not have been chosen anyway");
}

#[test]
fn a_damaged_archive_with_a_whole_twin_competes_on_no_platform() {
    let amd64 = identity(1, "amd64");
    let mut entries = [
        entry("web", "2.0", &amd64, "zip"),
        entry("web", "2.0", &amd64, "docker"),
        entry("web", "1.0", &identity(2, "arm64"), "zip"),
    ];
    entries[0].knowledge = Some(Knowledge::Damaged { fault: Fault::TrailingData { at: 1 } });
    let expected = [entries[2].archive.as_str(), entries[1].archive.as_str()];
    assert_eq!(chosen(&entries, &LatestOptions::default()), expected);
    let passed = passed_over(&entries, &LatestOptions::default());
    assert_eq!(passed.len(), 1);
    assert_eq!(passed[0].instead.as_ref(), Some(&entries[1].archive));
}

fn latest_in(folder: &Folder, depth: Depth) -> Vec<String> {
    let archives = folder.store.scan().unwrap().archives;
    let latest = folder
        .store
        .latest(&archives, &LatestOptions::default(), depth, &LearnOptions::default())
        .unwrap();
    latest.entries.iter().map(|entry| entry.archive.to_string()).collect()
}

#[test]
fn a_photo_is_never_the_latest_once_it_was_looked_into() {
    let folder = Folder::new();
    let image = folder.put_image("web", "1.0", 1);
    let photo = folder.put("web_3.0_0123456789ab.docker", &[b'x'; 4096]);
    folder.put("web_2.0_0123456789ab.zip", &[b'y'; 4096]);
    assert_eq!(latest_in(&folder, Depth::Recorded), [photo.as_str()]);
    assert_eq!(latest_in(&folder, Depth::Look), [image.as_str()]);
    // The looks are recorded, so that nothing has to be opened for that again.
    assert_eq!(latest_in(&folder, Depth::Recorded), [image.as_str()]);
}

#[test]
fn names_and_records_alone_show_a_misnamed_archive_once_it_was_read() {
    let folder = Folder::new();
    let image = folder.put_image("web", "1.0", 1);
    let misnamed = folder.put_misnamed("web", "2.0", 2);
    assert_eq!(latest_in(&folder, Depth::Look), [misnamed.as_str()]);
    folder.store.learn(&[misnamed], &LearnOptions::default()).unwrap();
    assert_eq!(latest_in(&folder, Depth::Recorded), [image.as_str()]);
}

/// Cuts an archive off.
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
    let found = folder.store.find(&query("web", None), &LearnOptions::default()).unwrap();
    assert_eq!(found.entry.archive, damaged);
    assert!(found.entry.is_damaged());
}

#[test]
fn a_damaged_archive_gives_way_to_its_whole_twin() {
    let folder = Folder::new();
    let docker = folder.put_image("web", "2.0", 2);
    let zip = docker.as_str().replace(".docker", ".zip");
    let bytes = std::fs::read(folder.store.path_of(&docker)).unwrap();
    let zip = folder.put(&zip, &bytes[..2000]);
    for version in [None, Some("2.0")] {
        let found = folder.store.find(&query("web", version), &LearnOptions::default()).unwrap();
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
        let error = folder.store.find(&query("web", version), &LearnOptions::default());
        error.unwrap_err().to_string().replace(&folder.root.display().to_string(), "ROOT")
    };
    insta::assert_snapshot!(message(None), @"ROOT/web_2.0_000000000000.docker is misnamed: the image in it has the id 051d26888c31");
    let older = folder.put_image("web", "1.0", 1);
    let found = folder.store.find(&query("web", None), &LearnOptions::default()).unwrap();
    assert_eq!(found.entry.archive, older);
    assert_eq!(found.passed_over[0].archive, misnamed);
    // It was asked for by its version, and nothing else has that.
    insta::assert_snapshot!(message(Some("2.0")), @"ROOT/web_2.0_000000000000.docker is misnamed: the image in it has the id 051d26888c31");
    let right = folder.put_image("web", "2.0", 3);
    let found = folder.store.find(&query("web", Some("2.0")), &LearnOptions::default()).unwrap();
    assert_eq!(found.entry.archive, right);
}

#[test]
fn an_archive_that_cannot_be_read_is_found_only_if_it_is_the_one() {
    let folder = Folder::new();
    let image = folder.put_image("web", "2.0", 1);
    // Its first page is mapped in no process, so that not even root can read it.
    let older: ArchivePath = "web_1.0_0123456789ab.docker".parse().unwrap();
    std::os::unix::fs::symlink("/proc/self/mem", folder.store.path_of(&older)).unwrap();
    let find = |version| folder.store.find(&query("web", version), &LearnOptions::default());
    assert_eq!(find(None).unwrap().entry.archive, image);
    let entries = folder
        .store
        .learn(&folder.store.scan().unwrap().archives, &LearnOptions::default())
        .unwrap();
    let kinds: Vec<bool> = entries.iter().map(Entry::is_unreadable).collect();
    assert_eq!(kinds, [true, false], "one that can't be read is no error for the others");
    assert!(find(Some("1.0")).unwrap().entry.is_unreadable());
    assert_eq!(find(Some("1.0")).unwrap().entry.archive, older);
}

fn query(image: &str, version: Option<&str>) -> Query {
    Query::new(Repository::parse(image).unwrap(), version.map(Version::from))
}

fn find(folder: &Folder, query: &Query) -> (Result<ArchivePath, FindError>, usize) {
    let (found, read) = readings(|learn| folder.store.find(query, learn));
    (found.map(|found| found.entry.archive), read)
}

#[test]
fn only_the_archive_that_was_asked_for_is_read_and_only_once() {
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
    let release = Query { release: true, ..query("web", None) };
    assert_eq!(find(&folder, &release).0.unwrap(), new);
    let newest = Query { by: By::Modified, ..query("web", None) };
    crate::folder::age(&folder.store.path_of(&old), 5);
    assert_eq!(find(&folder, &newest).0.unwrap(), old);
}

#[test]
fn two_platforms_of_one_version_are_told_apart_by_reading() {
    let folder = Folder::new();
    folder.put_for("web", "0.9", 1, "s390x");
    let amd64 = folder.put_for("web", "1.0", 1, "amd64");
    let arm64 = folder.put_for("web", "1.0", 1, "arm64");
    let (found, read) = find(&folder, &query("web", None));
    assert_eq!(read, 2);
    let FindError::Ambiguous(error) = found.unwrap_err() else { panic!("not ambiguous") };
    insta::assert_snapshot!(error, @"`web` is there for several platforms: linux/amd64, linux/arm64");
    let choices: Vec<_> = error.choices.iter().map(|choice| &choice.archive).collect();
    assert_eq!(choices, [&amd64, &arm64]);
    for (text, expected) in [("linux/amd64", &amd64), ("linux/arm64/v8", &arm64)] {
        let query = Query { platform: Some(platform(text)), ..query("web", None) };
        assert_eq!(&find(&folder, &query).0.unwrap(), expected);
    }
}

#[test]
fn two_builds_of_one_version_are_no_two_platforms() {
    let folder = Folder::new();
    folder.publish("web", "dev", 1);
    let last = folder.publish("web", "dev", 2);
    assert_eq!(find(&folder, &query("web", Some("dev"))).0.unwrap(), last);
}

#[test]
fn a_platform_is_searched_down_to_older_versions() {
    let folder = Folder::new();
    folder.put_for("web", "2.0", 1, "amd64");
    let arm64 = folder.put_for("web", "1.0", 1, "arm64");
    let asked = Query { platform: Some(platform("linux/arm64")), ..query("web", None) };
    let (found, read) = find(&folder, &asked);
    assert_eq!((found.unwrap(), read), (arm64, 2));
}

#[test]
fn what_is_not_there_is_refused_with_what_is() {
    let folder = Folder::new();
    folder.put_for("web", "1.10", 2, "amd64");
    folder.put_image("web", "1.9", 1);
    folder.put("web_3.0_0123456789ab.zip", &[b'y'; 4096]);
    let refusal = |query: &Query| match find(&folder, query).0.unwrap_err() {
        FindError::NotFound(error) => error,
        error => panic!("{error}"),
    };
    let message = |query: &Query| {
        let error = refusal(query);
        format!("{error} (versions {:?}, images {:?})", error.versions, error.images)
            .replace(&folder.root.display().to_string(), "ROOT")
    };
    insta::assert_snapshot!(message(&query("web", Some("1.0+b"))), @r#"no archive of `web:1.0_b` in ROOT (versions [Version("3.0"), Version("1.10"), Version("1.9")], images [])"#);
    insta::assert_snapshot!(message(&query("api", None)), @r#"no archive of `api` in ROOT (versions [], images [Repository("web")])"#);
    let for_arm = Query { platform: Some(platform("linux/arm64")), ..query("web", Some("1.10")) };
    insta::assert_snapshot!(message(&for_arm), @r#"no archive of `web:1.10` for linux/arm64 in ROOT (versions [Version("3.0"), Version("1.10"), Version("1.9")], images [])"#);
    insta::assert_snapshot!(message(&Query { release: true, ..query("api", None) }), @r#"no archive of a release of `api` in ROOT (versions [], images [Repository("web")])"#);
    assert_eq!(refusal(&for_arm).platforms, [platform("linux/amd64")]);
    assert_eq!(refusal(&query("web", Some("3.0"))).without_image.len(), 1);
}
