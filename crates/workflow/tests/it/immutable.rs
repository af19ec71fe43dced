//! Immutable releases: another build of the same release is reported, or refused if releases are
//! immutable.

use sealift_testing::layouts::{Image, pack};
use sealift_workflow::{AddOptions, Error, ErrorKind, Run, UpdateOptions, plan_update};

use crate::folder::{Folder, run};
use crate::stand::Stand;
use crate::suite::suite;

fn image(tag: &str, seed: u8, architecture: &str) -> Vec<u8> {
    let mut image = Image::new(tag, seed);
    image.architecture = architecture.to_owned();
    pack(&image.podman())
}

#[test]
fn another_build_of_a_release_is_reported_and_refused() {
    run(async {
        let folder = Folder::new();
        let options = AddOptions::default();
        let immutable = AddOptions::default().with_immutable(true);
        let first = folder.try_add(&image("web:1.0.0.7", 1, "amd64"), &immutable).await.unwrap();
        assert!(first[0].replaces.is_empty());

        let before = folder.archives();
        let error =
            folder.try_add(&image("web:1.0.0.7", 2, "amd64"), &immutable).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Failed);
        let Error::Rebuilt { image: name, ids, .. } = &error else { panic!("{error:?}") };
        assert_eq!((name.to_string().as_str(), &ids[..]), ("web:1.0.0.7", &[first[0].file.id][..]));
        assert_eq!(folder.archives(), before);

        let second = folder.try_add(&image("web:1.0.0.7", 2, "amd64"), &options).await.unwrap();
        assert_eq!(second[0].replaces, [first[0].file.id]);
        let again = folder.try_add(&image("web:1.0.0.7", 2, "amd64"), &immutable).await.unwrap();
        assert!(!again[0].added && again[0].replaces.is_empty(), "the existing archive is kept");
    });
}

#[test]
fn dirty_versions_other_platforms_and_other_versions_do_not_count_as_builds() {
    run(async {
        let folder = Folder::new();
        let immutable = AddOptions::default().with_immutable(true);
        for (tag, seed, architecture) in [
            ("web:1.0.0.7", 1, "amd64"),
            ("web:1.0.0.7", 1, "arm64"),
            ("web:1.0.0.8", 2, "amd64"),
            ("web:1.0.0.0", 1, "amd64"),
            ("web:1.0.0.0", 2, "amd64"),
            ("team/web:1.0.0.7", 2, "amd64"),
        ] {
            let added = folder.try_add(&image(tag, seed, architecture), &immutable).await.unwrap();
            assert!(added[0].added && added[0].replaces.is_empty(), "{tag} {architecture}");
        }
    });
}

#[test]
fn a_damaged_archive_of_a_release_counts_by_its_id() {
    run(async {
        let folder = Folder::new();
        let immutable = AddOptions::default().with_immutable(true);
        let first = folder.try_add(&image("web:1.0.0.7", 1, "amd64"), &immutable).await.unwrap();
        let path = folder.store.path_of(&first[0].file.archive);
        let mut content = std::fs::read(&path).unwrap();
        content[2000] ^= 1;
        std::fs::write(&path, content).unwrap();
        let error = folder.try_add(&image("web:1.0.0.7", 2, "amd64"), &immutable).await;
        assert!(matches!(error, Err(Error::Rebuilt { .. })), "{error:?}");
        // The same build replaces the damaged archive.
        folder.try_add(&image("web:1.0.0.7", 1, "amd64"), &immutable).await.unwrap();
    });
}

async fn updates_report_or_refuse_another_build(stand: Stand) {
    let options = UpdateOptions::default();
    let immutable = UpdateOptions::default().with_immutable(true);
    let context = Run::default();
    stand.build("1.0.0.7", "one").await;
    let first = stand.update("1.0.0.7", &immutable).await;
    assert!(first.saved && first.replaces.is_empty());
    assert!(!stand.update("1.0.0.7", &immutable).await.saved);

    stand.build("1.0.0.7", "two").await;
    let before = stand.files();
    let refused = stand.try_update("1.0.0.7", &immutable, &context).await.result;
    let Err(Error::Rebuilt { ids, .. }) = &refused else { panic!("{refused:?}") };
    assert_eq!(ids[..], [first.file.id]);
    assert_eq!(stand.files(), before);

    let planned = async |options: &UpdateOptions| {
        let references = ["nope", "1.0.0.7"].map(|version| stand.reference(version));
        let store = stand.store();
        let plan = plan_update(&stand.engine, Some(&store), &references, options, &context);
        Box::pin(plan).await.unwrap()
    };
    let plan = planned(&options).await;
    assert!(matches!(plan.images[0].result, Err(Error::ImageNotFound { .. })), "{plan:?}");
    assert_eq!(plan.images[1].result.as_ref().unwrap().replaces, [first.file.id]);
    assert_eq!(plan.plan.items.len(), 1);
    let plan = planned(&immutable).await;
    assert!(matches!(plan.images[1].result, Err(Error::Rebuilt { .. })), "{plan:?}");

    let second = stand.update("1.0.0.7", &options).await;
    assert_eq!(second.replaces, [first.file.id]);
    assert!(!stand.update("1.0.0.7", &immutable).await.saved, "the existing archive is kept");
}

suite! { docker, "docker": updates_report_or_refuse_another_build }
suite! { podman, "podman": updates_report_or_refuse_another_build }
suite! { moby_classic, "moby-classic": updates_report_or_refuse_another_build }
suite! { moby_containerd, "moby-containerd": updates_report_or_refuse_another_build }
suite! { trixie_containerd, "trixie-containerd": updates_report_or_refuse_another_build }
