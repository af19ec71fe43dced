//! Tests of the archives that a clean-up removes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;
use sealift_archive::Fault;
use sealift_catalog::{Entry, Keep, Knowledge, Retention, retain};
use sealift_filename::{ArchivePath, Reference};

use crate::entries::{entries, entry, identity, platform};

/// Returns an archive of `web`.
fn web(version: &str, seed: u8) -> Entry {
    entry("web", version, &identity(seed, "amd64"), "zip")
}

/// Returns the rules that keep these numbers of releases and dirty builds.
fn keeping(releases: usize, dirty: usize) -> Retention {
    Retention::keeping(Keep { releases, dirty })
}

/// Returns the rules that select all archives except the newest releases.
fn all() -> Retention {
    Retention::keeping_newest_releases()
}

fn named(images: &[&str]) -> Vec<Reference> {
    images.iter().map(|image| Reference::parse(image).unwrap()).collect()
}

/// Returns the versions of the archives that are removed.
fn gone(entries: &[Entry], retention: &Retention) -> Vec<String> {
    let gone = retain(entries, retention);
    gone.iter().map(|archive| archive.name().version().to_owned()).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn rebuilds_of_a_dirty_version_do_not_displace_releases() {
    let mut folder = vec![web("1.0.0.7", 1), web("1.1.0.3", 2), web("1.2.0.1", 3)];
    folder.extend((4..7).map(|seed| web("1.3.0.0", seed)));
    assert_eq!(gone(&folder, &keeping(3, 3)), NOTHING);
    assert_eq!(gone(&folder, &keeping(2, 2)), ["1.0.0.7", "1.3.0.0"]);
    assert_eq!(gone(&folder, &keeping(2, 0)), ["1.0.0.7", "1.3.0.0", "1.3.0.0", "1.3.0.0"]);
}

#[test]
fn all_ids_and_formats_of_a_release_are_one_version() {
    let rebuilt = entry("web", "1.1", &identity(3, "amd64"), "docker");
    let folder = [web("1.0", 1), web("1.1", 2), web("1.1", 3), rebuilt, web("1.2", 4)];
    assert_eq!(gone(&folder, &keeping(2, 2)), ["1.0"]);
    assert_eq!(gone(&folder, &keeping(1, 1)), ["1.0", "1.1", "1.1", "1.1"]);
}

#[test]
fn versions_are_counted_for_each_image_and_platform() {
    let arm64 = entry("web", "1.0", &identity(1, "arm64"), "zip");
    let other = entry("web_admin", "1.0", &identity(1, "amd64"), "zip");
    let folder = [web("1.9", 1), web("1.10", 2), web("1.2", 3), arm64, other];
    assert_eq!(gone(&folder, &keeping(2, 2)), ["1.2"]);
    let only_arm64 = keeping(0, 0).with_platform(Some(platform("linux/arm64/v8")));
    assert_eq!(gone(&folder, &only_arm64), NOTHING, "its newest release stays");
}

#[test]
fn the_newest_release_is_removed_only_by_name() {
    let folder = [web("1.0", 1), web("1.1", 2), web("1.1", 3), web("1.2.0.0", 4)];
    assert_eq!(gone(&folder, &keeping(0, 0)), ["1.0", "1.2.0.0"]);
    assert_eq!(gone(&folder, &all()), ["1.0", "1.2.0.0"]);
    let of_image = all().with_images(named(&["web"]));
    assert_eq!(gone(&folder, &of_image), ["1.0", "1.2.0.0"]);
    let by_name = all().with_images(named(&["web:1.1"]));
    assert_eq!(gone(&folder, &by_name), ["1.1", "1.1"]);
}

#[test]
fn all_rules_must_match() {
    let mut folder = [web("1.0", 1), web("1.1.0.0", 2), web("1.2", 3), web("1.3", 4)];
    let day = |day: u8| format!("2026-05-{day:02}T00:00:00Z").parse::<Timestamp>().unwrap();
    for (entry, saved) in folder.iter_mut().zip(1..) {
        let Some(Knowledge::Image(image)) = &mut entry.knowledge else { unreachable!() };
        image.saved = Some(day(saved));
    }
    let before = |date| all().with_before(Some(day(date)));
    assert_eq!(gone(&folder, &before(3)), ["1.0", "1.1.0.0"], "not what was saved on that day");
    assert_eq!(gone(&folder, &before(9)), ["1.0", "1.1.0.0", "1.2"]);
    assert_eq!(gone(&folder, &before(9).with_only_dirty(true)), ["1.1.0.0"]);
    let keep = Some(Keep { releases: 2, dirty: 1 });
    assert_eq!(gone(&folder, &before(9).with_keep(keep)), ["1.0"]);
    let images = named(&["web:1.2", "web:1.1.0.0"]);
    assert_eq!(gone(&folder, &before(3).with_images(images)), ["1.1.0.0"]);
    let images = named(&["api", "web:1.3"]);
    assert_eq!(
        gone(&folder, &all().with_images(images).with_keep(keep)),
        NOTHING,
        "it is among the two"
    );
}

#[test]
fn an_archive_of_another_program_has_the_age_of_its_file() {
    // The image was created in January, and the file in March.
    let folder = [web("1.0", 1), web("1.1", 2)];
    let before = |text: &str| all().with_before(Some(text.parse().unwrap()));
    assert_eq!(gone(&folder, &before("2026-02-01T00:00:00Z")), NOTHING);
    assert_eq!(gone(&folder, &before("2026-04-01T00:00:00Z")), ["1.0"]);
}

#[test]
fn damaged_and_misnamed_archives_and_links_are_neither_counted_nor_removed() {
    let mut damaged = web("1.3", 4);
    damaged.knowledge = Some(Knowledge::Damaged { fault: Fault::TrailingData { at: 1 } });
    let mut misnamed = web("1.4", 5);
    misnamed.archive = "web_1.4_0123456789ab.zip".parse().unwrap();
    let mut link = web("1.5", 2);
    link.removable = false;
    let mut unread = web("1.6", 6);
    unread.knowledge = None;
    let folder = [web("1.0", 1), web("1.1", 2), damaged, misnamed, link, unread];
    assert_eq!(gone(&folder, &keeping(2, 2)), NOTHING);
    assert_eq!(gone(&folder, &keeping(1, 1)), ["1.0"]);
    let images = named(&["web:1.3", "web:1.4", "web:1.5", "web:1.6"]);
    assert_eq!(gone(&folder, &all().with_images(images)), NOTHING);
}

type Group = (String, String);
type Counted = (BTreeSet<String>, BTreeSet<(String, String)>);

/// Returns the releases and the dirty builds that are counted, by image and platform.
pub(crate) fn versions_and_builds(entries: &[Entry]) -> BTreeMap<Group, Counted> {
    let mut groups: BTreeMap<Group, Counted> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.removable && entry.is_rightly_named()) {
        let name = entry.archive.name();
        let platform = entry.platform().unwrap().to_string();
        let group = groups.entry((entry.archive.image().to_owned(), platform)).or_default();
        match name.is_dirty() {
            true => drop(group.1.insert((name.version().to_owned(), name.id().to_string()))),
            false => drop(group.0.insert(name.version().to_owned())),
        }
    }
    groups
}

/// Generates archives, some of which are misnamed.
fn some_misnamed() -> impl Strategy<Value = Vec<Entry>> {
    (entries(), prop::collection::vec(prop::bool::weighted(0.1), 12)).prop_map(
        |(entries, wrong)| {
            let mut taken = BTreeSet::new();
            let mut entries: Vec<Entry> = entries
                .into_iter()
                .zip(wrong)
                .map(|(mut entry, is_wrong)| {
                    if is_wrong {
                        let id = entry.archive.name().id().to_string();
                        let path = entry.archive.as_str().replace(&id, "0123456789ab");
                        entry.archive = path.parse().unwrap();
                    }
                    entry
                })
                .collect();
            entries.retain(|entry| taken.insert(entry.archive.clone()));
            entries
        },
    )
}

fn retention() -> impl Strategy<Value = Retention> {
    let image = prop::sample::select(vec!["web", "web_admin", "web:1.10", "team/web:dev"]);
    let text = prop::sample::select(vec!["linux/amd64", "linux/arm64"]);
    (
        prop::collection::vec(image, 0..3),
        prop::option::of(text),
        any::<bool>(),
        prop::option::of(0..3_i64),
        prop::option::of((0..4_usize, 0..4_usize)),
    )
        .prop_map(|(images, only, only_dirty, second, keep)| {
            let before =
                second.map(|second| Timestamp::from_second(1_767_000_000 + second).unwrap());
            Retention::keeping_newest_releases()
                .with_images(named(&images))
                .with_platform(only.map(platform))
                .with_only_dirty(only_dirty)
                .with_before(before)
                .with_keep(keep.map(|(releases, dirty)| Keep { releases, dirty }))
        })
}

fn rest(entries: &[Entry], gone: &[ArchivePath]) -> Vec<Entry> {
    entries.iter().filter(|entry| !gone.contains(&entry.archive)).cloned().collect()
}

proptest! {
    #[test]
    fn only_intact_and_correctly_named_regular_files_are_removed(
        entries in some_misnamed(),
        retention in retention(),
    ) {
        for archive in retain(&entries, &retention) {
            let entry = entries.iter().find(|entry| entry.archive == archive).unwrap();
            prop_assert!(entry.removable && entry.is_rightly_named());
        }
    }

    #[test]
    fn the_requested_numbers_of_versions_and_builds_are_kept(
        entries in some_misnamed(),
        retention in retention(),
    ) {
        let Some(keep) = retention.keep else { return Ok(()) };
        let kept = versions_and_builds(&rest(&entries, &retain(&entries, &retention)));
        let none = Counted::default();
        for (group, (releases, dirty)) in versions_and_builds(&entries) {
            let kept = kept.get(&group).unwrap_or(&none);
            prop_assert!(kept.0.len() >= releases.len().min(keep.releases), "{group:?}: {kept:?}");
            prop_assert!(kept.1.len() >= dirty.len().min(keep.dirty), "{group:?}: {kept:?}");
        }
    }

    #[test]
    fn the_newest_release_is_kept_unless_it_is_named(
        entries in some_misnamed(),
        retention in retention(),
    ) {
        let gone = retain(&entries, &retention);
        for (group, (releases, _)) in versions_and_builds(&entries) {
            let newest = releases
                .iter()
                .max_by_key(|version| sealift_filename::Precedence::of(version));
            for archive in gone.iter().filter(|archive| archive.image() == group.0) {
                let entry = entries.iter().find(|entry| entry.archive == *archive).unwrap();
                let is_newest = Some(archive.name().version()) == newest.map(String::as_str)
                    && entry.platform().unwrap().to_string() == group.1;
                let is_named = retention.images.iter().any(|image| {
                    image.version().is_some_and(|named| named.as_str() == archive.name().version())
                });
                prop_assert!(!is_newest || is_named, "{archive}");
            }
        }
    }

    #[test]
    fn the_order_of_the_archives_does_not_matter(
        entries in some_misnamed(),
        retention in retention(),
        turn in 0..12_usize,
    ) {
        let mut turned: Vec<Entry> = entries.iter().rev().cloned().collect();
        turned.rotate_left(turn.min(entries.len()));
        prop_assert_eq!(retain(&entries, &retention), retain(&turned, &retention));
    }

    #[test]
    fn a_second_clean_up_removes_nothing_by_number(
        entries in some_misnamed(),
        retention in retention(),
    ) {
        // Archives that are selected by other rules are removed the first time. A release that
        // becomes the newest one after that is not selected either.
        let rest = rest(&entries, &retain(&entries, &retention));
        prop_assert_eq!(retain(&rest, &retention), []);
    }

    #[test]
    fn each_rule_restricts_the_selection(entries in some_misnamed(), retention in retention()) {
        let all = retain(&entries, &retention.clone().with_keep(None));
        for archive in retain(&entries, &retention) {
            prop_assert!(all.contains(&archive), "{archive}");
        }
        let ever = retain(&entries, &retention.clone().with_before(None));
        for archive in retain(&entries, &retention) {
            prop_assert!(ever.contains(&archive), "{archive}");
        }
    }
}
