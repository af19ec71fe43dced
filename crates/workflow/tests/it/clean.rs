//! Retention in a folder: plans, refusals and removals.

use std::fs;

use sealift_workflow::catalog::{Keep, Retention};
use sealift_workflow::filename::Reference;
use sealift_workflow::store::ErrorKind as StoreErrorKind;
use sealift_workflow::{CleanReport, Error, ErrorKind, Run, clean, plan_clean};

use crate::folder::{Folder, run};

async fn clean_all(folder: &Folder, retention: &Retention) -> Result<CleanReport, Error> {
    let context = Run::default();
    let plan = plan_clean(&folder.store, retention, &context).await?;
    clean(&folder.store, &plan, &context).await
}

fn removed(report: &CleanReport) -> Vec<&str> {
    assert!(report.errors.is_empty(), "{report:?}");
    report.removed.iter().map(|gone| gone.file.archive.as_str()).collect()
}

fn only(image: &str) -> Retention {
    let images = vec![Reference::parse(image).unwrap()];
    Retention::keeping_newest_releases().with_images(images)
}

#[test]
fn platforms_are_counted_and_cleaned_separately() {
    run(async {
        let folder = Folder::new();
        let old = folder.add_image("web:1.0.0.1", 1, "amd64").await.to_string();
        let arm64 = folder.add_image("web:1.0.0.1", 1, "arm64").await.to_string();
        let newer = folder.add_image("web:1.0.0.2", 2, "amd64").await.to_string();
        let newest = Retention::keeping(Keep::newest(1));
        let context = Run::default();
        let plan = plan_clean(&folder.store, &newest, &context).await.unwrap();
        assert_eq!(plan.archives[0].file.archive.as_str(), old);
        assert_eq!(folder.archives().len(), 3, "a plan removes nothing");
        assert_eq!(removed(&clean_all(&folder, &newest).await.unwrap()), [old.as_str()]);

        let platform = Some("linux/arm64/v8".parse().unwrap());
        let by_name = only("web:1.0.0.1").with_platform(platform);
        assert_eq!(removed(&clean_all(&folder, &by_name).await.unwrap()), [arm64.as_str()]);
        assert_eq!(folder.archives(), [newer]);
    });
}

#[test]
fn the_last_intact_archive_is_removed_only_if_that_is_allowed() {
    run(async {
        let folder = Folder::new();
        folder.add_image("web:1.0", 1, "amd64").await;
        let api = folder.add_image("api:1.0", 2, "amd64").await;
        let context = Run::default();
        let plan = plan_clean(&folder.store, &only("web:1.0"), &context).await.unwrap();
        assert!(!plan.takes_last);

        // The other archive is damaged now, and its record is not valid any more.
        let bytes = fs::read(folder.store.path_of(&api)).unwrap();
        fs::write(folder.store.path_of(&api), &bytes[..bytes.len() / 2]).unwrap();
        let mut plan = plan_clean(&folder.store, &only("web:1.0"), &context).await.unwrap();
        assert!(plan.takes_last);
        let error = clean(&folder.store, &plan, &context).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert_eq!(folder.archives().len(), 2);
        plan.may_take_last = true;
        let _ = clean(&folder.store, &plan, &context).await.unwrap();
        assert_eq!(folder.archives(), [api.to_string()]);
    });
}

#[test]
fn a_file_that_changed_after_the_plan_is_kept() {
    run(async {
        let folder = Folder::new();
        let old = folder.add_image("web:1.0", 1, "amd64").await;
        let kept = folder.add_image("web:1.1", 2, "amd64").await;
        let context = Run::default();
        let newest = Retention::keeping(Keep::newest(1));
        let plan = plan_clean(&folder.store, &newest, &context).await.unwrap();
        let another_image = fs::read(folder.store.path_of(&kept)).unwrap();
        for now in [b"photos of last summer".to_vec(), another_image] {
            fs::write(folder.store.path_of(&old), now).unwrap();
            let report = clean(&folder.store, &plan, &context).await.unwrap();
            let [Error::Store(error)] = &report.errors[..] else { panic!("{report:?}") };
            assert_eq!(error.kind(), StoreErrorKind::Changed);
            assert_eq!(folder.archives().len(), 2);
        }
    });
}

#[test]
fn damaged_and_misnamed_archives_are_reported() {
    run(async {
        let folder = Folder::new();
        let damaged = folder.add_image("web:1.0", 1, "amd64").await;
        let path = folder.store.path_of(&damaged);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let kept = folder.add_image("web:1.1", 2, "amd64").await;
        let misnamed = "web_1.2_0123456789ab.docker";
        fs::copy(folder.store.path_of(&kept), folder.store.root().join(misnamed)).unwrap();
        let context = Run::default();
        let newest = Retention::keeping(Keep::newest(1));
        let plan = plan_clean(&folder.store, &newest, &context).await.unwrap();
        assert!(plan.archives.is_empty(), "{plan:?}");
        let skipped: Vec<(&str, &str)> =
            plan.skipped.iter().map(|one| (one.archive.as_str(), one.flaw.verdict())).collect();
        assert_eq!(skipped, [(damaged.as_str(), "damaged"), (misnamed, "misnamed")]);
        assert!(plan.skipped.iter().all(|one| !one.is_named));
        let plan = plan_clean(&folder.store, &only("web:1.0"), &context).await.unwrap();
        assert_eq!(plan.skipped.len(), 1);
        assert!(plan.skipped[0].is_named);
    });
}

#[test]
fn a_missing_image_or_version_is_an_error() {
    run(async {
        let folder = Folder::new();
        folder.add_image("web:1.0", 1, "amd64").await;
        for asked in ["api", "web:1.1"] {
            let error = clean_all(&folder, &only(asked)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound, "{asked}");
        }
    });
}
