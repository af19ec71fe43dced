//! Imports of archives that other tools wrote.

use std::io::Write as _;

use sealift_testing::layouts::{Entry, Image, Packing, compress, file, pack};
use sealift_workflow::archive::{ExamineOptions, Fault, Level, examine_file};
use sealift_workflow::filename::Reference;
use sealift_workflow::{AddOptions, Error, ErrorKind, Run, add};

use crate::folder::{Folder, run};

fn image(tag: &str) -> Image {
    Image::new(tag, 7)
}

fn id(image: &Image) -> String {
    image.id()[7..19].to_owned()
}

#[test]
fn every_layout_is_named_by_its_tag_and_config() {
    run(async {
        let image = image("web:1.4.0.7");
        let layouts: [(&str, Vec<Entry>); 7] = [
            ("docker folders", image.docker_folders()),
            ("docker blobs", image.docker_blobs()),
            ("containerd", image.containerd(Packing::Gzip, true)),
            ("podman", image.podman()),
            ("crane", image.crane()),
            ("zstd", image.containerd(Packing::Zstd, false)),
            ("oci only", image.oci_only()),
        ];
        for (layout, entries) in layouts {
            let folder = Folder::new();
            let path = folder.add_entries(&entries).await;
            assert_eq!(path.as_str(), format!("web_1.4.0.7_{}.docker", id(&image)), "{layout}");
            examine_file(folder.store.path_of(&path), &ExamineOptions::default()).unwrap();
            let again = folder.try_add(&pack(&entries), &AddOptions::default()).await.unwrap();
            assert!(!again[0].added, "{layout}");
        }
    });
}

#[test]
fn a_compressed_file_becomes_a_zip() {
    run(async {
        let tar = pack(&image("web:1").podman());
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bzip2.write_all(&tar).unwrap();
        let compressed =
            [compress(&tar, Packing::Gzip), compress(&tar, Packing::Zstd), bzip2.finish().unwrap()];
        for content in compressed {
            let folder = Folder::new();
            let added = folder.try_add(&content, &AddOptions::default()).await.unwrap();
            let path = folder.store.path_of(&added[0].file.archive);
            assert!(added[0].file.archive.as_str().ends_with(".zip"));
            assert_eq!(&std::fs::read(path).unwrap()[..4], b"PK\x03\x04");
        }
    });
}

#[test]
fn names_are_shortened_as_engines_do() {
    run(async {
        for (tag, expected) in [
            ("docker.io/library/web:1", "web_1_"),
            ("docker.io/team/web:1", "team/web_1_"),
            ("localhost/web:1", "web_1_"),
            ("localhost:5000/web:1", "localhost+5000/web_1_"),
            ("web:1.0_beta", "web_1.0+beta_"),
        ] {
            let folder = Folder::new();
            let path = folder.add_entries(&image(tag).podman()).await;
            assert!(path.as_str().starts_with(expected), "{tag}: {path}");
        }
    });
}

#[test]
fn several_tags_need_a_choice_and_an_archive_without_tags_needs_a_name() {
    run(async {
        let folder = Folder::new();
        let mut several = image("web:1");
        several.tags.push("web:2".to_owned());
        let tar = pack(&several.podman());
        let error = folder.try_add(&tar, &AddOptions::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(error.to_string().ends_with("has several tags: web:1, web:2"), "{error}");
        let every = AddOptions::default().with_every(true);
        assert_eq!(folder.try_add(&tar, &every).await.unwrap().len(), 2);

        let folder = Folder::new();
        let mut nameless = image("web:1");
        nameless.tags.clear();
        let tar = pack(&nameless.podman());
        let error = folder.try_add(&tar, &AddOptions::default()).await.unwrap_err();
        assert!(
            error.to_string().ends_with("contains no image name: it contains no tag"),
            "{error}"
        );
        assert!(folder.archives().is_empty());
        let name = Some("team/api:2.0".parse().unwrap());
        let named = AddOptions::default().with_name(name);
        let added = folder.try_add(&tar, &named).await.unwrap();
        assert!(added[0].file.archive.as_str().starts_with("team/api_2.0_"));
    });
}

#[test]
fn a_bare_tag_of_an_oci_index_is_not_an_image_name() {
    run(async {
        for tag in ["1.0", "latest", "v1.4.0-rc.1"] {
            let folder = Folder::new();
            let mut image = image("web:1");
            image.tags = vec![tag.to_owned()];
            let tar = pack(&image.oci_only());
            let error = folder.try_add(&tar, &AddOptions::default()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            let message = format!("its only name is the tag `{tag}`");
            assert!(error.to_string().ends_with(&message), "{error}");
            assert!(folder.archives().is_empty());
            let name = Some("web:1".parse().unwrap());
            let named = AddOptions::default().with_name(name);
            assert_eq!(folder.try_add(&tar, &named).await.unwrap().len(), 1);
        }
    });
}

#[test]
fn an_incomplete_image_is_refused_and_nothing_changes() {
    run(async {
        let folder = Folder::new();
        let tar = pack(&image("web:1").podman());
        let flipped = {
            let mut tar = tar.clone();
            tar[2000] ^= 1;
            tar
        };
        let cases: [(&str, Vec<u8>, ErrorKind); 5] = [
            ("truncated", tar[..tar.len() / 2].to_vec(), ErrorKind::Damaged),
            ("flipped", flipped, ErrorKind::Damaged),
            ("garbage at the end", [tar.clone(), b"garbage".to_vec()].concat(), ErrorKind::Damaged),
            ("plain folder", pack(&[file("a.txt", b"a".to_vec())]), ErrorKind::UnsupportedFormat),
            ("empty", Vec::new(), ErrorKind::Damaged),
        ];
        for (case, content, kind) in cases {
            let error = folder.try_add(&content, &AddOptions::default()).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{case}: {error:?}");
            assert!(folder.archives().is_empty(), "{case}");
        }
        let others = folder.store.scan_with_others().unwrap().others;
        assert!(others.is_empty(), "no staging file is left: {others:?}");
    });
}

#[test]
fn a_pipe_is_read_like_a_file() {
    run(async {
        let folder = Folder::new();
        let pipe = folder.dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let (tar, to) = (pack(&image("web:1").podman()), pipe.clone());
        let writer = std::thread::spawn(move || std::fs::write(to, tar).unwrap());
        let options = AddOptions::default();
        let added = add(&folder.store, &pipe, &options, &Run::default()).await.unwrap().added;
        writer.join().unwrap();
        assert!(added[0].added);
        assert_eq!(folder.archives(), [added[0].file.archive.to_string()]);

        let (tar, to) = (b"no tar".to_vec(), pipe.clone());
        let writer = std::thread::spawn(move || std::fs::write(to, tar).unwrap());
        let refused = add(&folder.store, &pipe, &options, &Run::default()).await.unwrap_err();
        writer.join().unwrap();
        assert!(refused.to_string().starts_with(&pipe.display().to_string()), "{refused}");
        let left = std::fs::read_dir(folder.store.root()).unwrap().count();
        assert_eq!(left, 2, "only the archive and `.sealift` are left");
    });
}

#[test]
fn one_platform_of_several_is_added_under_its_own_id() {
    run(async {
        let (intel, mut arm) = (image("web:1"), Image::new("web:1", 8));
        arm.architecture = "arm64".to_owned();
        let tar = pack(&sealift_testing::layouts::joined(intel.podman(), arm.podman()));
        let folder = Folder::new();
        let error = folder.try_add(&tar, &AddOptions::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedFormat);
        let Error::Archive(error) = error else { panic!("{error:?}") };
        assert!(matches!(error.as_fault(), Some(Fault::SeveralPlatforms { .. })), "{error:?}");

        for image in [&intel, &arm] {
            let platform = Some(format!("linux/{}", image.architecture).parse().unwrap());
            let options = AddOptions::default().with_platform(platform);
            let added = folder.try_add(&tar, &options).await.unwrap();
            assert_eq!(*added[0].file.id.as_str(), *id(image));
            let path = folder.store.path_of(&added[0].file.archive);
            let found = examine_file(path, &ExamineOptions::default()).unwrap();
            assert_eq!(found.identity().config.to_string(), image.id());
        }
        assert_eq!(folder.archives().len(), 2);
    });
}

#[test]
fn a_file_in_the_right_form_keeps_its_bytes() {
    run(async {
        let folder = Folder::new();
        let zip = AddOptions::default().with_compress(true);
        let tar = pack(&image("web:1").containerd(Packing::Gzip, true));
        for options in [AddOptions::default(), zip] {
            let first = folder.try_add(&tar, &options).await.unwrap().remove(0);
            let bytes = std::fs::read(folder.store.path_of(&first.file.archive)).unwrap();
            let other = Folder::new();
            // Compressing again at another level would result in other bytes.
            let options = options.with_level(Level::Best);
            let again = other.try_add(&bytes, &options).await.unwrap().remove(0);
            assert!(again.added);
            assert_eq!(again.file.archive, first.file.archive);
            assert!(std::fs::read(other.store.path_of(&again.file.archive)).unwrap() == bytes);
        }
    });
}

#[test]
fn a_zip_with_another_name_inside_is_rewritten() {
    run(async {
        let folder = Folder::new();
        let zip = AddOptions::default().with_compress(true);
        let tar = pack(&image("web:1").docker_blobs());
        let first = folder.try_add(&tar, &zip).await.unwrap().remove(0);
        let bytes = std::fs::read(folder.store.path_of(&first.file.archive)).unwrap();
        let options = zip.with_name(Reference::parse("api:2.0").unwrap());
        let renamed = folder.try_add(&bytes, &options).await.unwrap().remove(0);
        let path = folder.store.path_of(&renamed.file.archive);
        let found = examine_file(path, &ExamineOptions::default()).unwrap();
        assert_eq!(found.identity().repo_tags, ["api:2.0"]);
        assert_eq!(renamed.file.id, first.file.id);
    });
}

#[test]
fn a_plain_archive_beside_a_new_zip_is_reported() {
    run(async {
        let folder = Folder::new();
        let tar = pack(&image("web:1").podman());
        let plain = folder.try_add(&tar, &AddOptions::default()).await.unwrap().remove(0);
        assert_eq!(plain.beside, None);
        let zip = AddOptions::default().with_compress(true);
        let zip = folder.try_add(&tar, &zip).await.unwrap().remove(0);
        assert_eq!(zip.beside, Some(plain.file.path));
    });
}
