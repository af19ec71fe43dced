//! Archives made elsewhere come into the folder under their right names, whoever wrote them.

use std::io::Write as _;

use sealift_testing::layouts::{Entry, Image, Packing, compress, file, pack};
use sealift_workflow::archive::{ExamineOptions, examine};
use sealift_workflow::{AddOptions, ErrorKind};

use crate::folder::{Folder, run};

fn image(tag: &str) -> Image {
    Image::new(tag, 7)
}

fn id(image: &Image) -> String {
    image.id()[7..19].to_owned()
}

#[test]
fn every_layout_gets_the_name_of_its_tag_and_config() {
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
            examine(folder.store.path_of(&path), &ExamineOptions::default()).unwrap();
            let again = folder.try_add(&pack(&entries), &AddOptions::default()).await.unwrap();
            assert!(!again[0].added, "{layout}");
        }
    });
}

#[test]
fn a_compressed_file_becomes_a_normal_zip() {
    run(async {
        let tar = pack(&image("web:1").podman());
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bzip2.write_all(&tar).unwrap();
        let compressed =
            [compress(&tar, Packing::Gzip), compress(&tar, Packing::Zstd), bzip2.finish().unwrap()];
        for content in compressed {
            let folder = Folder::new();
            let added = folder.try_add(&content, &AddOptions::default()).await.unwrap();
            let path = folder.store.path_of(&added[0].archive);
            assert!(added[0].archive.as_str().ends_with(".zip"));
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
fn several_tags_need_a_choice_and_none_needs_a_name() {
    run(async {
        let folder = Folder::new();
        let mut several = image("web:1");
        several.tags.push("web:2".to_owned());
        let tar = pack(&several.podman());
        let error = folder.try_add(&tar, &AddOptions::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(
            error.to_string().ends_with(
                "has several tags, web:1, web:2; choose one with --name, or add it under each with --every"
            ),
            "{error}"
        );
        let every = AddOptions { every: true, ..AddOptions::default() };
        assert_eq!(folder.try_add(&tar, &every).await.unwrap().len(), 2);

        let folder = Folder::new();
        let mut nameless = image("web:1");
        nameless.tags.clear();
        let tar = pack(&nameless.podman());
        let error = folder.try_add(&tar, &AddOptions::default()).await.unwrap_err();
        assert!(
            error.to_string().ends_with("contains no tag; pass --name IMAGE:VERSION"),
            "{error}"
        );
        assert!(folder.archives().is_empty());
        let name = Some("team/api:2.0".parse().unwrap());
        let named = AddOptions { name, ..AddOptions::default() };
        let added = folder.try_add(&tar, &named).await.unwrap();
        assert!(added[0].archive.as_str().starts_with("team/api_2.0_"));
    });
}

#[test]
fn a_bare_tag_of_an_oci_index_names_no_image() {
    run(async {
        for tag in ["1.0", "latest", "v1.4.0-rc.1"] {
            let folder = Folder::new();
            let mut image = image("web:1");
            image.tags = vec![tag.to_owned()];
            let tar = pack(&image.oci_only());
            let error = folder.try_add(&tar, &AddOptions::default()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            let message = format!("its only name is the tag `{tag}`; pass --name IMAGE:VERSION");
            assert!(error.to_string().ends_with(&message), "{error}");
            assert!(folder.archives().is_empty());
            let name = Some("web:1".parse().unwrap());
            let named = AddOptions { name, ..AddOptions::default() };
            assert_eq!(folder.try_add(&tar, &named).await.unwrap().len(), 1);
        }
    });
}

#[test]
fn what_is_no_whole_image_is_refused_and_nothing_changes() {
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
            ("garbage behind", [tar.clone(), b"garbage".to_vec()].concat(), ErrorKind::Damaged),
            ("plain folder", pack(&[file("a.txt", b"a".to_vec())]), ErrorKind::UnsupportedFormat),
            ("empty", Vec::new(), ErrorKind::Damaged),
        ];
        for (case, content, kind) in cases {
            let error = folder.try_add(&content, &AddOptions::default()).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{case}: {error:?}");
            assert!(folder.archives().is_empty(), "{case}");
        }
        let others = folder.store.scan_with_others().unwrap().others;
        assert!(others.is_empty(), "no staging is left: {others:?}");
    });
}
