use proptest::prelude::*;
use sealift_catalog::{
    Action, Keep, Outcome, PlanOptions, Settled, Snapshot, Wanted, plan, reconcile, removals,
};
use sealift_filename::{ArchiveFormat, ArchivePath};
use sealift_oci::Identity;

use crate::entries::{entries, entry, identity, vague, wanted};
use crate::planning::{options, paths};
use crate::retaining::versions_and_builds;

fn images() -> impl Strategy<Value = Vec<Wanted>> {
    let name = prop::sample::select(vec!["web", "web_admin", "team/web"]);
    let version = prop::sample::select(vec!["1.0", "1.10", "dev"]);
    let architecture = prop::sample::select(vec!["amd64", "arm64"]);
    let one = (name, version, 0..4_u8, architecture, any::<bool>()).prop_map(
        |(name, version, seed, architecture, is_vague)| {
            let identity = identity(seed, architecture);
            let make = if is_vague { vague } else { wanted };
            make(name, version, &identity)
        },
    );
    prop::collection::vec(one, 0..4)
}

fn plan_options() -> impl Strategy<Value = PlanOptions> {
    let keep = prop::option::of((0..3_usize, 0..3_usize));
    (any::<bool>(), any::<bool>(), keep).prop_map(|(compress, clean, keep)| {
        options(compress, clean).with_keep(keep.map(|(releases, dirty)| Keep { releases, dirty }))
    })
}

/// Applies a plan to a snapshot. Each save results in the wanted image.
fn apply(snapshot: &Snapshot, images: &[Wanted], options: &PlanOptions) -> Snapshot {
    let plan = plan(snapshot, images, options);
    let mut entries = snapshot.entries().to_vec();
    let mut done: Vec<(&Wanted, Identity, ArchivePath)> = Vec::new();
    let mut failed = Vec::new();
    for (wanted, item) in images.iter().zip(&plan.items) {
        let brought = brought(wanted);
        let (identity, archive) = match &item.action {
            Action::Keep { archive } => {
                (snapshot.identity(archive).unwrap().clone(), archive.clone())
            }
            Action::Compress { from, to } => (snapshot.identity(from).unwrap().clone(), to.clone()),
            Action::Save { format, .. } => {
                let saved = options.clone().with_compress(*format == ArchiveFormat::Zip);
                match reconcile(snapshot, wanted, &brought, &saved).unwrap() {
                    Settled::Publish { archive } | Settled::AlreadyThere { archive } => {
                        (brought, archive)
                    }
                    Settled::UnsupportedFormat { .. } => {
                        failed.push(&wanted.repository);
                        continue;
                    }
                }
            }
            Action::UnsupportedFormat { .. } => {
                failed.push(&wanted.repository);
                continue;
            }
        };
        let mut published = entry("x", "1", &identity, "zip");
        published.archive = archive.clone();
        entries.retain(|entry| entry.archive != archive || entry.is_rightly_named());
        if entries.iter().all(|entry| entry.archive != archive) {
            entries.push(published);
        }
        done.push((wanted, identity, archive));
    }
    let mut outcomes: Vec<Outcome<'_>> = done
        .iter()
        .map(|(wanted, identity, archive)| Outcome::Done { wanted, identity, archive })
        .collect();
    outcomes.extend(failed.into_iter().map(|repository| Outcome::Failed { repository }));
    let gone = paths(&removals(snapshot, &outcomes, options));
    entries.retain(|entry| !gone.contains(&entry.archive));
    Snapshot::new(entries)
}

/// Returns the image that an engine would save.
fn brought(wanted: &Wanted) -> Identity {
    (0..4)
        .map(|seed| identity(seed, &wanted.platform.architecture))
        .find(|identity| identity.diff_ids == wanted.diff_ids)
        .unwrap()
}

proptest! {
    #[test]
    fn applying_a_plan_twice_keeps_everything(
        entries in entries(),
        images in images(),
        options in plan_options(),
    ) {
        let after = apply(&Snapshot::new(entries), &images, &options);
        let exact: Vec<Wanted> = images
            .iter()
            .map(|image| image.clone().with_config(Some(brought(image).config)))
            .collect();
        let again = plan(&after, &exact, &options);
        for item in &again.items {
            let is_settled =
                matches!(item.action, Action::Keep { .. } | Action::UnsupportedFormat { .. });
            prop_assert!(is_settled, "{item:?}");
        }
        prop_assert_eq!(&again.remove, &[]);
        prop_assert_eq!(apply(&after, &exact, &options), after);
    }

    #[test]
    fn cleaning_removes_only_what_is_allowed(
        entries in entries(),
        images in images(),
        options in plan_options(),
    ) {
        let before = Snapshot::new(entries);
        let after = apply(&before, &images, &options);
        for entry in before.entries() {
            if after.entry(&entry.archive).is_some() {
                continue;
            }
            let repository = entry.archive.repository().unwrap();
            prop_assert!(entry.removable && entry.identity().is_some());
            let on_platform = images.iter().any(|image| {
                image.repository == repository && Some(&image.platform) == entry.platform().as_ref()
            });
            prop_assert!(on_platform, "{} is not on a platform of the call", entry.archive);
            prop_assert!(options.clean || options.compress);
        }
        if let Some(keep) = options.keep {
            let kept = versions_and_builds(after.entries());
            for (group, (releases, dirty)) in versions_and_builds(before.entries()) {
                let (kept_releases, kept_dirty) = &kept[&group];
                prop_assert!(kept_releases.len() >= releases.len().min(keep.releases.max(1)));
                prop_assert!(kept_dirty.len() >= dirty.len().min(keep.dirty));
            }
        }
        for image in &images {
            let mut named = after.entries().iter().filter(|entry| {
                entry.archive.repository().as_ref() == Some(&image.repository)
                    && entry.archive.name().version() == image.version.as_str()
                    && (entry.identity() == Some(&brought(image))
                        || entry.archive.name().format().as_str() == "rkt")
            });
            prop_assert!(named.next().is_some(), "{image:?} is gone");
        }
    }

    #[test]
    fn predicted_removals_happen(
        entries in entries(),
        images in images(),
        options in plan_options(),
    ) {
        let before = Snapshot::new(entries);
        let foretold = plan(&before, &images, &options);
        let after = apply(&before, &images, &options);
        let refused = |archive: &ArchivePath| foretold.items.iter().zip(&images).any(|(item, image)| {
            matches!(item.action, Action::Save { id: None, .. })
                && archive.repository().as_ref() == Some(&image.repository)
        });
        for archive in &paths(&foretold.remove) {
            // Only a save that is refused keeps predicted removals from happening.
            prop_assert!(after.entry(archive).is_none() || refused(archive), "{archive}");
        }
    }
}
