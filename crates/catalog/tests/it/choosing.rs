use proptest::prelude::*;
use sealift_archive::Fault;
use sealift_catalog::{By, Entry, Knowledge, LatestOptions, PassedOver, latest, passed_over};
use sealift_filename::ArchivePath;

use crate::entries::{entries, entry, identity, platform, unread};

fn chosen(entries: &[Entry], options: &LatestOptions) -> Vec<String> {
    latest(entries, options).iter().map(|entry| entry.archive.to_string()).collect()
}

fn options() -> impl Strategy<Value = LatestOptions> {
    let platform = prop::sample::select(vec!["linux/amd64", "linux/arm64/v8"]);
    (any::<bool>(), any::<bool>(), prop::option::of(platform)).prop_map(
        |(modified, release, text)| {
            LatestOptions::default()
                .with_by(if modified { By::Modified } else { By::Precedence })
                .with_release(release)
                .with_platform(text.map(|text| text.parse().unwrap()))
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
        // Unread and damaged archives are candidates for the platforms of other archives, which
        // may not be among the latest ones.
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
    fn the_latest_has_the_highest_version_of_its_platform(
        entries in entries(),
        release in any::<bool>(),
    ) {
        let options = LatestOptions::default().with_release(release);
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
                        (Some(winner), Some(entry)) => winner.matches(&entry),
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
    let release = LatestOptions::default().with_release(true);
    assert_eq!(versions(&release), ["1.10.0.7", "1.9.0.7"]);
    let of = |text| LatestOptions::default().with_platform(Some(platform(text)));
    assert_eq!(versions(&of("linux/arm64/v8")), ["1.9.0.7"]);
    assert_eq!(versions(&of("linux/s390x")), [""; 0]);
}

#[test]
fn an_unread_archive_is_a_candidate_for_every_platform() {
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
fn the_archive_of_a_version_that_was_saved_last_is_the_latest_in_any_format() {
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
        // The zip was written before the plain archive, which was saved last.
        saved(entry("web", "dev", &new, "zip"), "2026-04-01T00:00:00Z"),
    ];
    let latest_one = chosen(&entries, &LatestOptions::default());
    assert_eq!(latest_one, [entries[2].archive.as_str()]);
}

#[test]
fn a_zip_is_preferred_to_other_formats_unless_it_is_damaged() {
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
    fn a_broken_archive_is_never_chosen_if_an_intact_one_exists(
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
    fn passed_over_archives_would_be_chosen_without_their_flaws(
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
fn a_damaged_archive_with_an_intact_twin_is_not_a_candidate() {
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
