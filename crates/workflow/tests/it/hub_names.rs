//! Names on Docker Hub: all spellings of a name stand for the same image.

use sealift_workflow::filename::Version;
use sealift_workflow::{
    ConfigOptions, ListOptions, Run, UpdateOptions, config, list, path, update,
};

use crate::folder::{Folder, query, run};
use crate::stand::Stand;
use crate::suite::suite;

#[test]
fn archives_in_folders_with_longer_names_belong_to_the_same_image() {
    run(async {
        let folder = Folder::new();
        let older = folder.add_image("web:1.0", 1, "amd64").await;
        let newer = folder.add_image("web:2.0", 2, "amd64").await;
        // Earlier versions of sealift used these folders if the longer names were requested.
        let root = folder.store.root();
        std::fs::create_dir_all(root.join("docker.io/library")).unwrap();
        let moved = format!("docker.io/library/{newer}");
        std::fs::rename(root.join(newer.as_str()), root.join(&moved)).unwrap();

        for (asked, expected) in [
            ("web", &*moved),
            ("library/web:2.0", &moved),
            ("docker.io/web", &moved),
            ("docker.io/library/web:2.0", &moved),
            ("index.docker.io/library/web:1.0", older.as_str()),
        ] {
            let found = path(&folder.store, &query(asked, None), &Run::default()).await;
            assert_eq!(found.unwrap(), root.join(expected), "{asked}");
        }
        let options = ListOptions::default().with_images(["library/web".parse().unwrap()]);
        let listing = list(&folder.store, &options, &Run::default()).await.unwrap();
        let listed: Vec<(String, Version, bool)> = listing
            .archives
            .iter()
            .map(|archive| (archive.file.image(), archive.file.version(), archive.latest))
            .collect();
        let listed: Vec<_> = listed
            .iter()
            .map(|(image, version, latest)| (image.as_str(), version.as_str(), *latest))
            .collect();
        assert_eq!(listed, [("web", "2.0", true), ("web", "1.0", false)]);
        let config =
            config(&folder.store, &ConfigOptions::default(), &Run::default()).await.unwrap();
        let entries: Vec<_> = config.iter().map(|(image, it)| (&**image, &*it.url)).collect();
        assert_eq!(entries, [("web", &*moved)]);
    });
}

/// All spellings result in one archive, even if it is in the folder of a longer name.
async fn an_update_with_every_spelling_creates_one_archive(stand: Stand) {
    stand.build("1", "hub").await;
    let image = &stand.image;
    let references: Vec<_> = ["", "docker.io/library/", "index.docker.io/", "library/"]
        .iter()
        .map(|front| format!("{front}{image}:1").parse().unwrap())
        .collect();
    let update = || async {
        let (options, context) = (UpdateOptions::default(), Run::default());
        let report =
            update(&stand.engine, &stand.store(), &references, &options, |_| {}, &context).await;
        let images = report.unwrap().images;
        images.into_iter().map(|image| image.result.unwrap()).collect::<Vec<_>>()
    };
    let saved = update().await;
    assert_eq!(saved.len(), 1, "{saved:?}");
    assert!(saved[0].saved && saved[0].file.image.as_str() == image);
    assert_eq!(stand.files(), [saved[0].file.archive.as_str()]);

    let root = stand.folder.path().join("artifacts");
    std::fs::create_dir_all(root.join("docker.io/library")).unwrap();
    let moved = format!("docker.io/library/{}", saved[0].file.archive);
    std::fs::rename(root.join(saved[0].file.archive.as_str()), root.join(&moved)).unwrap();
    let kept = update().await;
    assert!(!kept[0].saved, "{kept:?}");
    assert_eq!(stand.files(), [moved]);
}

suite! { docker, "docker": an_update_with_every_spelling_creates_one_archive }
suite! { podman, "podman": an_update_with_every_spelling_creates_one_archive }
suite! { moby_classic, "moby-classic": an_update_with_every_spelling_creates_one_archive }
suite! { moby_containerd, "moby-containerd": an_update_with_every_spelling_creates_one_archive }
suite! { trixie_containerd, "trixie-containerd": an_update_with_every_spelling_creates_one_archive }
