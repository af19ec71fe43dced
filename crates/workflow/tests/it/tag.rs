//! Tagging of archives: the same image with another name or version.

use sealift_testing::layouts::{Image, Packing, pack};
use sealift_workflow::archive::{ExamineOptions, examine_file};
use sealift_workflow::catalog::SelectError;
use sealift_workflow::filename::Reference;
use sealift_workflow::{AddOptions, Error, ErrorKind, Run, Tagged, path, tag};

use crate::carried_names::{load_plainly, tags};
use crate::conformance::{PLAIN, ZIP};
use crate::folder::{Folder, query, run};
use crate::stand::Stand;
use crate::suite::suites;

async fn try_tag(folder: &Folder, from: &str, to: &str) -> Result<Tagged, Error> {
    tag(&folder.store, &query(from, None), &Reference::parse(to).unwrap(), &Run::default()).await
}

#[test]
fn the_new_archive_has_the_same_id_and_only_the_new_tag() {
    run(async {
        let image = Image::new("web:1.4.0.7", 7);
        for (entries, compress) in [
            (image.podman(), false),
            (image.podman(), true),
            (image.docker_blobs(), true),
            (image.containerd(Packing::Gzip, true), true),
            (image.oci_only(), false),
        ] {
            let folder = Folder::new();
            let options = AddOptions::default().with_compress(compress);
            let source = folder.try_add(&pack(&entries), &options).await.unwrap().remove(0).file;
            let before = std::fs::read(&source.path).unwrap();
            let tagged = try_tag(&folder, "web:1.4.0.7", "web:1.4.0.8").await.unwrap();
            assert!(tagged.tagged);
            assert_eq!(tagged.from, source.path);
            let file = &tagged.file;
            assert_eq!((file.id, file.digest), (source.id, source.digest));
            assert_eq!(file.format, source.format);
            assert_eq!(folder.archives().len(), 2);
            assert_eq!(std::fs::read(&source.path).unwrap(), before, "the old archive is kept");

            let proof = examine_file(&file.path, &ExamineOptions::default()).unwrap();
            assert_eq!(proof.sha256(), file.sha256);
            let tags = &proof.identity().repo_tags;
            assert!(tags.iter().all(|tag| tag.ends_with("web:1.4.0.8")), "{tags:?}");
            let member =
                (source.format.as_str() == "zip").then(|| file.archive.name().member_name());
            assert_eq!(proof.member_name(), member.as_deref());

            let again = try_tag(&folder, "web:1.4.0.7", "web:1.4.0.8").await.unwrap();
            assert!(!again.tagged && again.file == tagged.file);
        }
    });
}

#[test]
fn a_new_name_and_the_latest_archive_of_an_image() {
    run(async {
        let folder = Folder::new();
        for (version, seed) in [("1.4.0.6", 6), ("1.4.0.7", 7)] {
            folder.add_image(&format!("web:{version}"), seed, "amd64").await;
        }
        let tagged = try_tag(&folder, "web", "localhost:5000/team/web:9").await.unwrap();
        assert!(tagged.from.to_string_lossy().contains("web_1.4.0.7_"), "{tagged:?}");
        assert!(tagged.file.archive.as_str().starts_with("localhost+5000/team/web_9_"));
        // The result does not depend on a record.
        std::fs::remove_dir_all(folder.store.root().join(".sealift")).unwrap();
        assert!(try_tag(&folder, "web:1.4.0.6", "web:1.4.0.5").await.unwrap().tagged);
        assert!(!try_tag(&folder, "web:1.4.0.7", "web:1.4.0.7").await.unwrap().tagged);
    });
}

#[test]
fn a_release_is_not_moved_and_a_dirty_version_is() {
    run(async {
        let folder = Folder::new();
        for (tag, seed) in [("web:1.4.0.7", 7), ("web:1.4.0.8", 8), ("web:dev", 9)] {
            folder.add_image(tag, seed, "amd64").await;
        }
        let before = folder.archives();
        let error = try_tag(&folder, "web:1.4.0.7", "web:1.4.0.8").await.unwrap_err();
        assert!(matches!(&error, Error::Rebuilt { ids, .. } if ids.len() == 1), "{error:?}");
        assert_eq!(folder.archives(), before);

        let moved = try_tag(&folder, "web:1.4.0.7", "web:dev").await.unwrap();
        let dev = path(&folder.store, &query("web:dev", None), &Run::default()).await.unwrap();
        assert_eq!(dev, moved.file.path);
    });
}

#[test]
fn a_failed_tag_changes_nothing() {
    run(async {
        let folder = Folder::new();
        let source = folder.add_image("web:1.4.0.7", 7, "amd64").await;
        let error = try_tag(&folder, "web:2", "web:3").await.unwrap_err();
        assert!(matches!(error, Error::Select(SelectError::NotFound(_))), "{error:?}");

        let path = folder.store.path_of(&source);
        let mut content = std::fs::read(&path).unwrap();
        let middle = content.len() / 2;
        content[middle] ^= 1;
        std::fs::write(&path, content).unwrap();
        let error = try_tag(&folder, "web:1.4.0.7", "web:1.4.0.8").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Damaged, "{error:?}");
        assert_eq!(folder.archives(), [source.to_string()]);
        let others = folder.store.scan_with_others().unwrap().others;
        assert!(others.is_empty(), "no staging file is left: {others:?}");
    });
}

async fn a_load_of_the_new_archive_creates_only_the_new_tag(stand: Stand) {
    for (number, options) in [(1, &PLAIN), (2, &ZIP)] {
        let (old, new) = (format!("1.0.0.{number}"), format!("2.0.0.{number}"));
        stand.build(&old, &old).await;
        let saved = stand.update(&old, options).await;
        let from = query(&format!("{}:{old}", stand.image), None);
        let tagged =
            tag(&stand.store(), &from, &stand.reference(&new), &Run::default()).await.unwrap();
        assert_eq!(tagged.file.id, saved.file.id);
        for tag in tags(&stand).await.into_keys() {
            stand.engine.remove(&tag).await.unwrap();
        }
        load_plainly(&stand, &new).await;
        let names: Vec<String> = tags(&stand).await.into_keys().collect();
        let expected = format!("{}:{new}", stand.image);
        assert!(names.len() == 1 && names[0].ends_with(&expected), "{names:?}");
        stand.engine.remove(&names[0]).await.unwrap();
    }
}

suites! {
    a_load_of_the_new_archive_creates_only_the_new_tag
}
