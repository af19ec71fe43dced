//! Names of loaded images: an engine has the image under the name of the archive's file, and no
//! other tag is created or moved.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use sealift_testing::layouts::{Entry, Image, Packing, compress, pack};
use sealift_workflow::archive::{Naming, PlainReader, Verifier, VerifyOptions};
use sealift_workflow::catalog::Query;
use sealift_workflow::filename::{Reference, Version};
use sealift_workflow::{AddOptions, ErrorKind, LoadRequest, Run, add, cat, load};

use crate::conformance::{PLAIN, ZIP};
use crate::stand::Stand;
use crate::suite::suite;

/// Adds an archive to the stand's folder under this version of its image, regardless of the tags
/// inside.
async fn add_as(stand: &Stand, version: &str, entries: &[Entry], compress: bool) {
    let file = stand.folder.path().join("elsewhere.tar");
    std::fs::write(&file, pack(entries)).unwrap();
    let name = Some(stand.reference(version));
    let options = AddOptions::default().with_name(name).with_compress(compress);
    let report = add(&stand.store(), &file, &options, &Run::default()).await.unwrap();
    assert!(report.error.is_none());
}

/// Returns all tags of the test's image, and similar tags, with the ids that they point to.
pub(crate) async fn tags(stand: &Stand) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    for image in stand.engine.list().await.unwrap() {
        for tag in image.repo_tags.iter().filter(|tag| tag.contains(&stand.image)) {
            tags.insert(tag.clone(), image.id.to_string());
        }
    }
    tags
}

/// Returns the tag that the engine lists for a version of the test's image.
fn shown(stand: &Stand, tags: &BTreeMap<String, String>, version: &str) -> String {
    let short = format!("{}:{version}", stand.image);
    let long = format!("docker.io/library/{short}");
    if tags.contains_key(&long) { long } else { short }
}

/// Creates one image in layouts with different names, or without a name.
fn foreign(stand: &Stand) -> Vec<(&'static str, Vec<Entry>)> {
    let image = |tags: &[&str], seed| {
        let mut image = Image::new("unused:1", seed);
        image.tags = tags.iter().map(|tag| tag.replace("IMAGE", &stand.image)).collect();
        image
    };
    let mut no_layers = image(&["IMAGE:3"], 8);
    no_layers.layers.clear();
    let mut no_architecture = image(&["IMAGE:3"], 9);
    no_architecture.architecture.clear();
    vec![
        ("no architecture", no_architecture.docker_folders()),
        ("no layers", no_layers.docker_blobs()),
        ("several names", image(&["vendor/IMAGE:9", "IMAGE:latest"], 1).docker_folders()),
        ("podman's", image(&["localhost/IMAGE:3"], 2).podman()),
        ("another name", image(&["quay.io/vendor/IMAGE:3"], 3).docker_blobs()),
        ("no name", image(&[], 4).docker_blobs()),
        ("no manifest.json", image(&["IMAGE:7"], 5).oci_only()),
        ("a short name in the index", image(&["7"], 6).oci_only()),
        ("an attestation", image(&["vendor-IMAGE:7"], 7).containerd(Packing::Gzip, true)),
    ]
}

async fn a_load_creates_only_the_tag_of_the_file_name(stand: Stand) {
    for (at, (layout, entries)) in foreign(&stand).into_iter().enumerate() {
        let version = format!("1.0.0.{at}");
        add_as(&stand, &version, &entries, at % 2 == 0).await;
        let loaded = stand.load_into(&stand.engine, &version).await;
        assert!(loaded.loaded, "{layout}");
        let tags = tags(&stand).await;
        let expected = shown(&stand, &tags, &version);
        assert_eq!(tags.keys().collect::<Vec<_>>(), [&expected], "{layout}");
        assert!(!stand.load_into(&stand.engine, &version).await.loaded, "{layout}: unchanged");
        stand.engine.remove(&expected).await.unwrap();
    }
}

async fn docker_load_of_the_output_of_cat_creates_the_tag(stand: Stand) {
    for (at, (layout, entries)) in foreign(&stand).into_iter().enumerate() {
        let version = format!("1.0.0.{at}");
        add_as(&stand, &version, &entries, at % 2 == 0).await;
        load_plainly(&stand, &version).await;
        let tags = tags(&stand).await;
        let mut names: Vec<&str> = tags.keys().map(String::as_str).collect();
        // Podman adds `localhost/` to a short name in an archive with the older layout.
        names.iter_mut().for_each(|name| *name = name.trim_start_matches("localhost/"));
        let short = format!("{}:{version}", stand.image);
        names.iter_mut().for_each(|name| *name = name.trim_start_matches("docker.io/library/"));
        assert_eq!(names, [short.as_str()], "{layout}");
        for tag in tags.keys() {
            stand.engine.remove(tag).await.unwrap();
        }
    }
}

/// Loads the output of `sealift cat` in the same way as `docker load`.
pub(crate) async fn load_plainly(stand: &Stand, version: &str) {
    let output = Output::default();
    let query = Query::new(stand.repository(), Some(Version::new(version)));
    cat(&stand.store(), &query, output.clone(), &Run::default()).await.unwrap();
    let bytes = std::mem::take(&mut *output.0.lock().unwrap());
    let body = futures_util::stream::iter([Ok::<_, std::io::Error>(bytes.into())]);
    stand.engine.load(body).await.unwrap();
}

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn a_load_moves_no_other_tag(stand: Stand) {
    for (version, seed) in [("1.0", 1), ("2.0", 2)] {
        let mut image = Image::new(&stand.reference(version).to_string(), seed);
        image.tags.push(stand.reference("latest").to_string());
        add_as(&stand, version, &image.docker_folders(), false).await;
    }
    stand.load_into(&stand.engine, "2.0").await;
    let reference = stand.reference("2.0").to_string();
    stand.engine.tag(&reference, &stand.image, "latest").await.unwrap();
    let before = tags(&stand).await;
    stand.load_into(&stand.engine, "1.0").await;

    let mut after = tags(&stand).await;
    let added = shown(&stand, &after, "1.0");
    assert!(after.remove(&added).is_some_and(|id| !before.values().any(|other| *other == id)));
    assert_eq!(after, before);
}

async fn a_file_outside_of_the_folder_is_loaded_under_one_name(stand: Stand) {
    let mut image = Image::new("unused:1", 9);
    image.tags = vec![format!("localhost/{}:1.0", stand.image)];
    let file = stand.folder.path().join("web.tar.gz");
    std::fs::write(&file, compress(&pack(&image.podman()), Packing::Gzip)).unwrap();
    let (engines, context) = ([stand.engine.clone()], Run::default());
    let load_as = async |name: Option<Reference>| {
        let request = LoadRequest::default().with_files([file.clone()]).with_name(name);
        let loads = Box::pin(load(&engines, &request, |_| {}, &context)).await;
        loads.unwrap().remove(0).result
    };
    let loaded = load_as(None).await.unwrap();
    assert!(loaded.loaded && loaded.tag == stand.reference("1.0"), "{loaded:?}");
    assert_eq!(tags(&stand).await.len(), 1);
    assert!(!load_as(None).await.unwrap().loaded, "unchanged");
    assert!(load_as(Some(stand.reference("2.0"))).await.unwrap().loaded);
    let tags = tags(&stand).await;
    let expected = [shown(&stand, &tags, "1.0"), shown(&stand, &tags, "2.0")];
    assert_eq!(tags.keys().collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());

    image.tags.push(stand.reference("3.0").to_string());
    std::fs::write(&file, pack(&image.podman())).unwrap();
    assert_eq!(load_as(None).await.unwrap_err().kind(), ErrorKind::Usage);
}

async fn a_save_contains_only_the_name_of_its_archive(stand: Stand) {
    stand.build("1.0+beta", "one").await;
    for options in [PLAIN.clone(), ZIP.clone()] {
        let saved = stand.update("1.0+beta", &options).await;
        assert!(carries(&stand, saved.file.archive.as_str(), &stand.reference("1.0+beta")));
        assert!(!carries(&stand, saved.file.archive.as_str(), &stand.reference("2.0")));
    }
}

fn carries(stand: &Stand, archive: &str, name: &Reference) -> bool {
    let mut reader = PlainReader::open(stand.store().root().join(archive)).unwrap();
    let mut verifier = Verifier::new(VerifyOptions::default());
    let mut tar = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut tar).unwrap();
    verifier.push(&tar).unwrap();
    let naming = Naming::new(name.repository(), name.version().unwrap()).unwrap();
    verifier.finish().unwrap().carries(&naming)
}

macro_rules! on_every_engine {
    ($($engine:ident $name:literal),*) => {
        $(suite!($engine, $name:
            a_load_creates_only_the_tag_of_the_file_name
            docker_load_of_the_output_of_cat_creates_the_tag
            a_load_moves_no_other_tag
            a_file_outside_of_the_folder_is_loaded_under_one_name
            a_save_contains_only_the_name_of_its_archive
        );)*
    };
}

on_every_engine!(
    docker "docker",
    podman "podman",
    moby_classic "moby-classic",
    moby_containerd "moby-containerd",
    trixie_containerd "trixie-containerd"
);
