use proptest::prelude::*;
use sealift_archive::Fault;
use sealift_filename::{ArchivePath, Repository, Version};
use sealift_store::{
    By, Depth, Entry, FindError, Knowledge, LatestOptions, LearnOptions, Query, is_same_platform,
    latest,
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
    let what = prop::sample::select(vec!["amd64", "arm64", "unread", "none", "damaged"]);
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
            if entry.holds_no_image() || (release && entry.archive.name().is_dirty()) {
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
            prop_assert!(!winner.holds_no_image());
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

fn latest_in(folder: &Folder, depth: Depth) -> (Vec<String>, usize) {
    let archives = folder.store.scan().unwrap().archives;
    let (entries, read) = readings(|learn| {
        folder.store.latest(&archives, &LatestOptions::default(), depth, learn).unwrap()
    });
    (entries.iter().map(|entry| entry.archive.to_string()).collect(), read)
}

#[test]
fn a_photo_is_never_the_latest_once_it_was_looked_into() {
    let folder = Folder::new();
    let image = folder.put_image("web", "1.0", 1);
    let photo = folder.put("web_3.0_0123456789ab.docker", &[b'x'; 4096]);
    folder.put("web_2.0_0123456789ab.zip", &[b'y'; 4096]);
    assert_eq!(latest_in(&folder, Depth::Recorded), (vec![photo.to_string()], 0));
    assert_eq!(latest_in(&folder, Depth::Look), (vec![image.to_string()], 0));
    // The looks are recorded, so that nothing has to be opened for that again.
    assert_eq!(latest_in(&folder, Depth::Recorded), (vec![image.to_string()], 0));
    assert_eq!(latest_in(&folder, Depth::Chosen), (vec![image.to_string()], 1));
    assert_eq!(latest_in(&folder, Depth::Chosen), (vec![image.to_string()], 0));
}

#[test]
fn only_what_is_chosen_is_read_unless_all_is_asked_for() {
    let folder = Folder::new();
    let new = folder.put_for("web", "2.0", 2, "amd64");
    let other = folder.put_for("web", "1.0", 1, "arm64");
    assert_eq!(latest_in(&folder, Depth::Chosen), (vec![new.to_string()], 1));
    assert_eq!(latest_in(&folder, Depth::All), (vec![other.to_string(), new.to_string()], 1));
}

#[test]
fn a_damaged_archive_is_not_passed_over_in_silence() {
    let folder = Folder::new();
    folder.put_image("web", "1.0", 1);
    let damaged = folder.put_image("web", "2.0", 2);
    let path = folder.store.path_of(&damaged);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(path, &whole[..2000]).unwrap();
    let latest_ones = folder
        .store
        .latest(
            &folder.store.scan().unwrap().archives,
            &LatestOptions::default(),
            Depth::Chosen,
            &LearnOptions::default(),
        )
        .unwrap();
    assert_eq!(latest_ones[0].archive, damaged);
    assert!(latest_ones[0].is_damaged());
}

fn query(image: &str, version: Option<&str>) -> Query {
    Query::new(Repository::parse(image).unwrap(), version.map(Version::from))
}

fn find(folder: &Folder, query: &Query) -> (Result<ArchivePath, FindError>, usize) {
    let (found, read) = readings(|learn| folder.store.find(query, learn));
    (found.map(|entry| entry.archive), read)
}

#[test]
fn the_archive_that_was_asked_for_is_found_without_reading_it() {
    let folder = Folder::new();
    let old = folder.put_image("web", "1.0", 1);
    let new = folder.put_image("web", "1.10", 2);
    folder.put_image("web_admin", "2.0", 3);
    for (version, expected) in [(None, &new), (Some("1.0"), &old), (Some("1.10"), &new)] {
        let (found, read) = find(&folder, &query("web", version));
        assert_eq!((&found.unwrap(), read), (expected, 0));
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
