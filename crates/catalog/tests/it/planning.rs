use sealift_archive::Fault;
use sealift_catalog::{
    Action, Entry, Keep, Knowledge, PlanItem, PlanOptions, Removal, Settled, Snapshot, Wanted,
    plan, reconcile,
};
use sealift_filename::{ArchiveFormat, ArchivePath};
use sealift_oci::{Digest, Identity};

use crate::entries::{entry, identity, unread, vague, wanted};

pub(crate) fn options(compress: bool, clean: bool) -> PlanOptions {
    PlanOptions::default().with_compress(compress).with_clean(clean)
}

pub(crate) fn paths(removals: &[Removal]) -> Vec<ArchivePath> {
    removals.iter().map(|removal| removal.archive.clone()).collect()
}

fn dry_run(entries: &[Entry], images: &[Wanted], options: &PlanOptions) -> String {
    let plan = plan(&Snapshot::new(entries.to_vec()), images, options);
    let item = |item: &PlanItem| serde_json::to_string(item).unwrap();
    let removal = |removal: &Removal| {
        let newer = if removal.newer { ", which is newer" } else { "" };
        format!("remove {}{newer}", removal.archive)
    };
    let lines = plan.items.iter().map(item).chain(plan.remove.iter().map(removal));
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the entries of a folder with two versions of `web` and other archives that must not be
/// removed.
fn folder() -> Vec<Entry> {
    let old = identity(1, "amd64");
    let mut damaged = entry("web", "0.8", &identity(9, "amd64"), "zip");
    damaged.knowledge = Some(Knowledge::Damaged { fault: Fault::TrailingData { at: 1 } });
    let mut photos = unread("web_0.7_0123456789ab.zip");
    photos.knowledge = Some(Knowledge::NoImage { reason: "is a photo".to_owned() });
    let mut link = entry("web", "0.6", &identity(6, "amd64"), "zip");
    link.removable = false;
    vec![
        entry("web", "1.0", &old, "docker"),
        entry("web", "1.1", &identity(2, "amd64"), "docker"),
        entry("web", "0.9", &identity(9, "arm64"), "zip"),
        entry("web_admin", "1.0", &old, "docker"),
        entry("team/web", "1.0", &old, "docker"),
        damaged,
        photos,
        link,
        unread("web_0.5_0123456789ab.zip"),
    ]
}

#[test]
fn an_existing_archive_is_kept() {
    let images = [wanted("web", "1.0", &identity(1, "amd64"))];
    insta::assert_snapshot!(dry_run(&folder(), &images, &options(false, false)), @r#"{"image":"web","version":"1.0","platform":"linux/amd64","action":"keep","archive":"web_1.0_317c8f756f53.docker"}"#);
}

#[test]
fn an_existing_archive_is_compressed_and_others_are_cleaned() {
    let images = [wanted("web", "1.0", &identity(1, "amd64"))];
    insta::assert_snapshot!(dry_run(&folder(), &images, &options(true, true)), @r#"
    {"image":"web","version":"1.0","platform":"linux/amd64","action":"compress","from":"web_1.0_317c8f756f53.docker","to":"web_1.0_317c8f756f53.zip"}
    remove web_1.0_317c8f756f53.docker
    remove web_1.1_051d26888c31.docker, which is newer
    "#);
}

#[test]
fn a_missing_image_is_saved_and_only_its_own_archives_are_cleaned() {
    let images = [wanted("web", "1.2", &identity(3, "amd64"))];
    insta::assert_snapshot!(dry_run(&folder(), &images, &options(false, true)), @r#"
    {"image":"web","version":"1.2","platform":"linux/amd64","action":"save","format":"docker","id":"c9dff14d689d"}
    remove web_1.0_317c8f756f53.docker
    remove web_1.1_051d26888c31.docker
    "#);
}

#[test]
fn without_a_config_the_id_is_unknown_and_possible_matches_are_kept() {
    let images = [vague("web", "1.1", &identity(2, "amd64"))];
    insta::assert_snapshot!(dry_run(&folder(), &images, &options(true, true)), @r#"
    {"image":"web","version":"1.1","platform":"linux/amd64","action":"save","format":"zip","id":null}
    remove web_1.0_317c8f756f53.docker
    "#);
}

#[test]
fn a_plain_archive_is_removed_only_with_compress() {
    let image = identity(1, "amd64");
    let twins = ["zip", "docker"].map(|format| entry("web", "1.0", &image, format));
    let snapshot = Snapshot::new(twins.to_vec());
    let asked = [wanted("web", "1.0", &image)];
    for clean in [false, true] {
        let keep = Action::Keep { archive: twins[0].archive.clone() };
        let plain = plan(&snapshot, &asked, &options(false, clean));
        assert_eq!((&plain.items[0].action, &plain.remove), (&keep, &Vec::new()));
        let zipped = plan(&snapshot, &asked, &options(true, clean));
        let gone = vec![twins[1].archive.clone()];
        assert_eq!((&zipped.items[0].action, &paths(&zipped.remove)), (&keep, &gone));
    }
}

#[test]
fn newer_versions_are_marked() {
    let entries = [("1.0", 1), ("1.1", 2), ("1.2", 3), ("dev", 4)]
        .map(|(version, seed)| entry("web", version, &identity(seed, "amd64"), "zip"));
    let marked = |versions: &[(&str, u8)]| -> Vec<(String, bool)> {
        let images: Vec<Wanted> = versions
            .iter()
            .map(|(version, seed)| wanted("web", version, &identity(*seed, "amd64")))
            .collect();
        let plan = plan(&Snapshot::new(entries.to_vec()), &images, &options(false, true));
        let mark = |removal: &Removal| (removal.archive.name().version().to_owned(), removal.newer);
        plan.remove.iter().map(mark).collect()
    };
    let expected = |marks: &[(&str, bool)]| -> Vec<(String, bool)> {
        marks.iter().map(|(version, newer)| ((*version).to_owned(), *newer)).collect()
    };
    assert_eq!(marked(&[("1.1", 2)]), expected(&[("1.0", false), ("1.2", true), ("dev", false)]));
    assert_eq!(marked(&[("1.0", 1), ("1.2", 3)]), expected(&[("1.1", false), ("dev", false)]));
}

#[test]
fn keep_counts_the_images_of_the_call() {
    let entries = [("1.0", 1), ("1.1", 2), ("1.2", 3), ("1.3.0.0", 4), ("dev", 5), ("dev", 6)]
        .map(|(version, seed)| entry("web", version, &identity(seed, "amd64"), "zip"));
    let removed = |version: &str, releases, dirty| -> Vec<String> {
        let images = [wanted("web", version, &identity(9, "amd64"))];
        let keep = Some(Keep { releases, dirty });
        let options = options(false, true).with_keep(keep);
        let plan = plan(&Snapshot::new(entries.to_vec()), &images, &options);
        paths(&plan.remove).iter().map(|path| path.name().version().to_owned()).collect()
    };
    assert_eq!(removed("1.3", 2, 3), ["1.0", "1.1"], "1.3 and 1.2 stay");
    assert_eq!(removed("1.3", 1, 1), ["1.0", "1.1", "1.2", "dev", "dev"]);
    assert_eq!(removed("dev", 3, 2), ["dev", "dev"], "the new build and 1.3.0.0 stay");
    assert_eq!(
        removed("0.9", 3, 3),
        Vec::<String>::new(),
        "the version of the call is kept in addition"
    );
}

#[test]
fn several_images_do_not_clean_each_other() {
    let images =
        [wanted("web", "1.0", &identity(1, "amd64")), wanted("web", "1.1", &identity(2, "amd64"))];
    let plan = plan(&Snapshot::new(folder()), &images, &options(false, true));
    assert_eq!(plan.remove, []);
}

#[test]
fn nothing_is_cleaned_of_a_failed_image() {
    let images = [wanted("web", "1.2", &identity(3, "amd64"))];
    let spare = options(false, true).with_keep_all_of(vec![images[0].repository.clone()]);
    assert_eq!(plan(&Snapshot::new(folder()), &images, &spare).remove, []);
}

#[test]
fn an_unsupported_format_is_refused_only_for_its_image_and_version() {
    let image = identity(1, "amd64");
    let rkt = |version| {
        let archive = format!("web_{version}_{}.rkt", image.config.short());
        unread(&archive).with_knowledge(Knowledge::NoImage { reason: "is no tar".to_owned() })
    };
    let asked = [wanted("web", "1.0", &image)];
    insta::assert_snapshot!(dry_run(&[rkt("1.0")], &asked, &options(false, true)), @r#"{"image":"web","version":"1.0","platform":"linux/amd64","action":"unsupported_format","archive":"web_1.0_317c8f756f53.rkt"}"#);
    let elsewhere = plan(&Snapshot::new(vec![rkt("1.1")]), &asked, &options(false, true));
    assert!(matches!(elsewhere.items[0].action, Action::Save { .. }));
    let settled = reconcile(
        &Snapshot::new(vec![rkt("1.0")]),
        &vague("web", "1.0", &image),
        &image,
        &options(false, true),
    );
    assert!(matches!(settled, Ok(Settled::UnsupportedFormat { .. })), "{settled:?}");
}

#[test]
fn a_common_manifest_identifies_the_image_and_a_common_index_does_not() {
    let digest = |text: &str| Digest::of(text.as_bytes());
    let mut inside = identity(1, "amd64");
    inside.manifests = vec![digest("manifest")];
    inside.indexes = vec![digest("index")];
    let snapshot = Snapshot::new(vec![entry("web", "1.0", &inside, "zip")]);
    let by = |manifests: Vec<Digest>| {
        let asked = vague("web", "1.0", &inside).with_manifests(manifests);
        plan(&snapshot, &[asked], &options(false, false)).items.remove(0).action
    };
    assert!(matches!(by(vec![digest("other"), digest("manifest")]), Action::Keep { .. }));
    assert!(matches!(by(vec![digest("index")]), Action::Save { id: None, .. }));
    assert!(matches!(by(Vec::new()), Action::Save { id: None, .. }));
    // Different layers exclude an archive, even if other digests match.
    let other_layers = wanted("web", "1.0", &inside).with_diff_ids(vec![digest("layer")]);
    let action = plan(&snapshot, &[other_layers], &options(false, false)).items.remove(0).action;
    assert!(matches!(action, Action::Save { .. }));
}

#[test]
fn an_unread_or_damaged_archive_under_the_right_name_is_not_the_image() {
    let image = identity(1, "amd64");
    let mut there = entry("web", "1.0", &image, "docker");
    for knowledge in [None, Some(Knowledge::Damaged { fault: Fault::TrailingData { at: 1 } })] {
        there.knowledge = knowledge;
        let snapshot = Snapshot::new(vec![there.clone()]);
        let plan = plan(&snapshot, &[wanted("web", "1.0", &image)], &options(false, true));
        assert!(matches!(plan.items[0].action, Action::Save { .. }));
        assert_eq!(plan.remove, []);
        let settled =
            reconcile(&snapshot, &wanted("web", "1.0", &image), &image, &options(false, true));
        assert_eq!(settled, Ok(Settled::Publish { archive: there.archive.clone() }));
    }
}

#[test]
fn a_damaged_zip_is_replaced_by_a_zip() {
    let image = identity(1, "amd64");
    let mut zip = entry("web", "1.0", &image, "zip");
    let docker = entry("web", "1.0", &image, "docker");
    let action = |entries: &[&Entry], wanted: Wanted| {
        let snapshot = Snapshot::new(entries.iter().map(|&entry| entry.clone()).collect());
        plan(&snapshot, &[wanted], &options(false, false)).items.remove(0).action
    };
    let saves_zip =
        |action: Action| matches!(action, Action::Save { format: ArchiveFormat::Zip, .. });
    zip.knowledge = Some(Knowledge::Damaged { fault: Fault::TrailingData { at: 1 } });
    assert!(saves_zip(action(&[&zip], wanted("web", "1.0", &image))));
    assert!(saves_zip(action(&[&zip], vague("web", "1.0", &image))), "the id is not known");
    assert_eq!(
        action(&[&zip, &docker], wanted("web", "1.0", &image)),
        Action::Compress { from: docker.archive.clone(), to: zip.archive.clone() }
    );
    assert!(!saves_zip(action(&[&zip], wanted("web", "1.0", &identity(2, "amd64")))));
    assert!(!saves_zip(action(&[&zip], wanted("web", "1.1", &image))));
    // Another copy of it would not be supported either.
    let fault = Fault::SeveralImages { count: 2, tags: Vec::new() };
    zip.knowledge = Some(Knowledge::Damaged { fault });
    assert!(!saves_zip(action(&[&zip], wanted("web", "1.0", &image))));
}

#[test]
fn a_save_is_discarded_or_gets_its_name() {
    let image = identity(1, "amd64");
    let docker = entry("web", "1.0", &image, "docker");
    let snapshot = Snapshot::new(vec![docker.clone()]);
    let settle = |image: &Identity, compress| {
        reconcile(&snapshot, &vague("web", "1.0", image), image, &options(compress, true)).unwrap()
    };
    assert_eq!(settle(&image, false), Settled::AlreadyThere { archive: docker.archive.clone() });
    let zip = entry("web", "1.0", &image, "zip").archive;
    assert_eq!(settle(&image, true), Settled::Publish { archive: zip });
    let other = identity(2, "amd64");
    let named = entry("web", "1.0", &other, "docker").archive;
    assert_eq!(settle(&other, false), Settled::Publish { archive: named });
}

#[test]
fn a_name_by_a_manifest_is_kept_by_its_zip() {
    let manifest = Digest::of(b"manifest");
    let mut image = identity(1, "amd64");
    image.manifests = vec![manifest];
    let mut docker = entry("web", "1.0", &image, "docker");
    docker.archive = format!("web_1.0_{}.docker", manifest.short()).parse().unwrap();
    let snapshot = Snapshot::new(vec![docker.clone()]);
    let plan = plan(&snapshot, &[wanted("web", "1.0", &image)], &options(true, false));
    let to: ArchivePath = format!("web_1.0_{}.zip", manifest.short()).parse().unwrap();
    assert_eq!(plan.items[0].action, Action::Compress { from: docker.archive.clone(), to });
    assert_eq!(
        paths(&plan.remove),
        [docker.archive],
        "the plain archive is removed, with or without --clean"
    );
}

#[test]
fn an_archive_under_the_name_of_another_image_is_not_the_images_archive() {
    let image = identity(1, "amd64");
    let mut wrong = entry("web", "1.0", &image, "docker");
    wrong.archive = entry("web", "1.0", &identity(2, "amd64"), "docker").archive;
    let snapshot = Snapshot::new(vec![wrong.clone()]);
    let asked = wanted("web", "1.0", &image);
    let plan = plan(&snapshot, std::slice::from_ref(&asked), &options(false, true));
    assert!(matches!(plan.items[0].action, Action::Save { .. }));
    assert_eq!(plan.remove, [], "a misnamed archive can be the only one of another image");
    let settled = reconcile(&snapshot, &asked, &image, &options(false, true)).unwrap();
    let archive = entry("web", "1.0", &image, "docker").archive;
    assert_eq!(settled, Settled::Publish { archive });
}

#[test]
fn a_version_that_is_not_valid_in_a_name_is_detected_before_the_save() {
    let image = wanted("web", "my_ver", &identity(1, "amd64"));
    let error = image.check_name().unwrap_err();
    assert_eq!(
        error,
        reconcile(&Snapshot::default(), &image, &identity(1, "amd64"), &options(false, false))
            .unwrap_err(),
    );
    assert!(wanted("web", "1.0", &identity(1, "amd64")).check_name().is_ok());
}
