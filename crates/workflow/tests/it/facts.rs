//! The facts in docs/facts.md about engines and archives, shown on real engines with one test each.

use std::collections::BTreeSet;
use std::io::Read as _;

use bytes::Bytes;
use futures_util::stream;
use sealift_testing::layouts::{Image, Packing, compress, digest, noise};
use sealift_workflow::docker::{Engine, EngineImage, IdKind};
use sealift_workflow::store::Store;
use sealift_workflow::{AddOptions, Run, add};
use serde_json::Value;

use crate::conformance::travels;
use crate::stand::{Stand, connect, remove_all};
use crate::suite::suite;

const FACTS: &str = include_str!("../../../../docs/facts.md");

/// An entry in an engine's archive.
struct Found {
    name: String,
    kind: tar::EntryType,
    modified: u64,
    content: Vec<u8>,
}

fn entries_of(archive: &[u8]) -> Vec<Found> {
    let mut tar = tar::Archive::new(archive);
    let read = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        Found {
            name: entry.path().unwrap().to_string_lossy().into_owned(),
            kind: entry.header().entry_type(),
            modified: entry.header().mtime().unwrap(),
            content,
        }
    };
    tar.entries().unwrap().map(read).collect()
}

fn find<'a>(entries: &'a [Found], name: &str) -> &'a Found {
    let found = entries.iter().find(|entry| entry.name == name);
    found.unwrap_or_else(|| panic!("{name} is not among {:?}", names(entries)))
}

fn names(entries: &[Found]) -> Vec<&str> {
    entries.iter().map(|entry| entry.name.as_str()).collect()
}

fn json(entries: &[Found], name: &str) -> Value {
    serde_json::from_slice(&find(entries, name).content).unwrap()
}

/// Returns the layers in an archive's `manifest.json`.
fn layers(entries: &[Found]) -> Vec<String> {
    let manifest = json(entries, "manifest.json");
    let names = manifest[0]["Layers"].as_array().unwrap();
    names.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// Returns the digest of the config in an archive's `manifest.json`.
fn config(entries: &[Found]) -> String {
    let manifest = json(entries, "manifest.json");
    digest(&find(entries, manifest[0]["Config"].as_str().unwrap()).content)
}

impl Stand {
    async fn tar_of(&self, reference: &str) -> Vec<u8> {
        let mut stream = self.engine.save(reference, None).await.unwrap();
        let mut archive = Vec::new();
        while let Some(bytes) = stream.next_chunk().await.unwrap() {
            archive.extend_from_slice(&bytes);
        }
        archive
    }

    async fn save_entries(&self) -> Vec<Found> {
        entries_of(&self.tar_of(&self.tag()).await)
    }

    fn tag(&self) -> String {
        self.reference("1.0.0.1").to_string()
    }

    async fn shown(&self) -> EngineImage {
        self.engine.inspect(&self.tag()).await.unwrap().unwrap()
    }
}

async fn docker_up_to_24_writes_a_folder_a_layer(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let entries = stand.save_entries().await;
    let [layer] = &layers(&entries)[..] else { panic!("{:?}", names(&entries)) };
    let folder = layer.strip_suffix("/layer.tar").unwrap();
    for part in ["VERSION", "json"] {
        find(&entries, &format!("{folder}/{part}"));
    }
    find(&entries, "repositories");
    find(&entries, &format!("{}.json", &config(&entries)["sha256:".len()..]));
    assert_eq!(digest(&find(&entries, layer).content), stand.shown().await.diff_ids[0].to_string());
}

async fn docker_from_25_writes_blobs_and_plain_layers(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let entries = stand.save_entries().await;
    for name in ["index.json", "oci-layout", "repositories"] {
        find(&entries, name);
    }
    assert!(json(&entries, "manifest.json")[0]["LayerSources"].is_object());
    assert!(!unreferenced(&entries).is_empty(), "legacy configs");
    let [layer] = &layers(&entries)[..] else { panic!("{:?}", names(&entries)) };
    assert_eq!(digest(&find(&entries, layer).content), stand.shown().await.diff_ids[0].to_string());
}

/// Returns all blobs whose digest is not mentioned in another entry.
fn unreferenced(entries: &[Found]) -> Vec<&str> {
    let is_named = |hex: &str| {
        let names = |entry: &Found| {
            !entry.name.ends_with(hex) && String::from_utf8_lossy(&entry.content).contains(hex)
        };
        entries.iter().any(names)
    };
    let blobs = entries.iter().filter_map(|entry| entry.name.strip_prefix("blobs/sha256/"));
    blobs.filter(|hex| !hex.is_empty() && !is_named(hex)).collect()
}

async fn a_containerd_store_writes_layers_as_it_holds_them(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let entries = stand.save_entries().await;
    assert!(!names(&entries).contains(&"repositories"));
    assert!(json(&entries, "manifest.json")[0]["LayerSources"].is_null());
    let [layer] = &layers(&entries)[..] else { panic!("{:?}", names(&entries)) };
    let content = &find(&entries, layer).content;
    assert_eq!(content[..2], [0x1f, 0x8b], "gzip");
    assert_ne!(digest(content), stand.shown().await.diff_ids[0].to_string());
}

async fn buildkit_adds_attestations_on_a_containerd_store(stand: Stand) {
    if !stand.build_by_buildkit("1.0.0.1", "one", &["--load"]) {
        return;
    }
    let entries = stand.save_entries().await;
    let index = json(&entries, "index.json");
    let pointer = index["manifests"][0]["digest"].as_str().unwrap();
    let inner = json(&entries, &format!("blobs/{}", pointer.replace(':', "/")));
    let platforms = inner["manifests"].as_array().unwrap();
    let is_attestation = |manifest: &&Value| manifest["platform"]["os"] == "unknown";
    assert_eq!(platforms.iter().filter(is_attestation).count(), 1, "{inner}");
}

async fn podman_writes_layers_by_diff_id_and_metadata_last(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let entries = stand.save_entries().await;
    let shown = stand.shown().await;
    let layer = format!("{}.tar", shown.diff_ids[0].hex());
    assert_eq!(layers(&entries), [layer]);
    let last = entries.iter().map(|entry| entry.name.as_str()).rev().take(2).collect::<Vec<_>>();
    assert_eq!(last, ["repositories", "manifest.json"]);
    assert!(entries.iter().any(|entry| entry.kind.is_symlink()));
    let tags = json(&entries, "manifest.json")[0]["RepoTags"].clone();
    let tag = tags[0].as_str().unwrap();
    assert!(tag.ends_with(&format!("/{}", stand.tag())), "{tag} is a name in full");
}

/// No engine writes this layout and crane is in no package, so the archive is created by code.
#[test]
fn crane_writes_layers_compressed_and_no_index() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path().join("artifacts")).unwrap();
    let image = Image::new("web:1", 1);
    let file = folder.path().join("crane.tar");
    let entries = image.crane();
    assert!(entries.iter().any(|entry| entry.name == image.id()));
    std::fs::write(&file, sealift_testing::layouts::pack(&entries)).unwrap();
    let added =
        crate::folder::block_on(add(&store, &file, &AddOptions::default(), &Run::default()));
    assert_eq!(added.unwrap().added[0].file.id.as_str(), &image.id()[7..19]);
}

/// The config is the same in every engine, in contrast to the id.
async fn the_config_digest_survives_every_engine(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    assert_eq!(config(&stand.save_entries().await), stand.shown().await.id.to_string());
    travels(&stand).await;
}

async fn metadata_comes_after_the_layers(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let entries = stand.save_entries().await;
    let place = |name: &str| entries.iter().position(|entry| entry.name == name).unwrap();
    for layer in layers(&entries) {
        assert!(place(&layer) < place("manifest.json"), "{:?}", names(&entries));
    }
}

async fn the_id_of_a_classic_store_is_the_config_digest(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let shown = stand.shown().await;
    assert_eq!(shown.id_kind, IdKind::Config);
    assert_eq!(config(&stand.save_entries().await), shown.id.to_string());
}

async fn the_id_of_a_containerd_store_is_that_of_a_manifest_or_an_index(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let shown = stand.shown().await;
    let entries = stand.save_entries().await;
    assert_eq!(shown.id_kind, IdKind::Descriptor);
    let of_manifest = json(&entries, &format!("blobs/{}", shown.id.to_string().replace(':', "/")));
    assert_eq!(of_manifest["config"]["digest"], config(&entries));

    if stand.build_by_buildkit("1.0.0.1", "two", &["--load"]) {
        let shown = stand.shown().await;
        let entries = stand.save_entries().await;
        let of_index = json(&entries, &format!("blobs/{}", shown.id.to_string().replace(':', "/")));
        assert!(of_index["manifests"].is_array());
    }
}

async fn a_rebuild_from_cache_changes_the_id_but_not_the_manifest(stand: Stand) {
    if !stand.build_by_buildkit("1.0.0.1", "one", &["--load"]) {
        return;
    }
    let first = stand.shown().await;
    stand.build_by_buildkit("1.0.0.1", "one", &["--load"]);
    let second = stand.shown().await;
    assert_ne!(first.id, second.id);
    assert_eq!(first.manifests, second.manifests);
    assert_eq!(first.manifests.len(), 1, "the attestation is not among them");
}

async fn a_containerd_store_does_not_know_an_image_by_its_config(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let config = config(&stand.save_entries().await);
    assert_eq!(stand.engine.inspect(&config).await.unwrap(), None);
}

async fn every_engine_shows_the_diff_ids(stand: Stand) {
    let mut shown = BTreeSet::new();
    for kind in crate::conformance::ENGINES {
        let Some(engine) = sealift_testing::engine(kind) else { continue };
        let stand = stand.elsewhere(connect(&engine.host));
        stand.build("1.0.0.1", "one").await;
        let diff_ids = stand.shown().await.diff_ids;
        assert_eq!(diff_ids.len(), 1, "{kind}");
        shown.insert(diff_ids[0].to_string().len());
        remove_all(&stand.engine, &stand.image).await;
    }
    assert_eq!(shown, BTreeSet::from(["sha256:".len() + 64]));
}

async fn a_save_by_id_loses_the_names_and_one_by_name_alone_brings_all_tags(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    stand.build("1.0.0.2", "two").await;
    let tags = |archive: &[u8]| {
        let manifest = json(&entries_of(archive), "manifest.json");
        let tags = manifest.as_array().unwrap().iter();
        tags.filter_map(|image| image["RepoTags"].as_array()).map(Vec::len).sum::<usize>()
    };
    assert_eq!(tags(&stand.tar_of(&stand.shown().await.id.to_string()).await), 0);
    assert_eq!(tags(&stand.tar_of(&stand.image).await), 2);
    assert_eq!(tags(&stand.tar_of(&stand.tag()).await), 1);
}

async fn load(engine: &Engine, content: Vec<u8>) -> Result<Vec<String>, String> {
    let body = stream::iter([Ok::<_, std::io::Error>(Bytes::from(content))]);
    match engine.load(body).await {
        Ok(loaded) if loaded.references.is_empty() => Ok(loaded.ids),
        Ok(loaded) => Ok(loaded.references),
        Err(error) => Err(format!("{error:?}")),
    }
}

async fn docker_loads_compressed_tars_but_no_zip(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let tar = stand.tar_of(&stand.tag()).await;
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    std::io::Write::write_all(&mut bzip2, &tar).unwrap();
    for packed in [
        tar.clone(),
        compress(&tar, Packing::Gzip),
        compress(&tar, Packing::Zstd),
        bzip2.finish().unwrap(),
        sealift_testing::xz(&tar, None),
    ] {
        assert_eq!(load(&stand.engine, packed).await, Ok(vec![stand.tag()]));
    }
    let mut zip =
        sealift_workflow::archive::ZipSink::new(std::io::Cursor::new(Vec::new()), "web.docker")
            .unwrap();
    std::io::Write::write_all(&mut zip, &tar).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    assert!(load(&stand.engine, zip).await.is_err());
}

async fn a_load_names_the_image_or_else_its_id(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    let id = stand.shown().await.id.to_string();
    let (named, nameless) = (stand.tar_of(&stand.tag()).await, stand.tar_of(&id).await);
    assert_eq!(load(&stand.engine, named).await, Ok(vec![stand.tag()]));
    assert_eq!(load(&stand.engine, nameless).await, Ok(vec![id]));
}

/// Therefore two saves of one image differ in their bytes, unless both are made within one second.
async fn the_folder_of_blobs_has_the_time_of_the_save(stand: Stand) {
    stand.build("1.0.0.1", "one").await;
    // The time of a file is used, because the clock for file times can lag one tick behind.
    let now = || {
        let file = stand.folder.path().join("now");
        std::fs::write(&file, "").unwrap();
        let modified = std::fs::metadata(file).unwrap().modified().unwrap();
        modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
    };
    let before = now();
    let entries = stand.save_entries().await;
    let folder = find(&entries, "blobs/sha256/");
    assert!(folder.kind.is_dir());
    assert!((before..=now()).contains(&folder.modified), "{}", folder.modified);
}

/// The content is noise of 16 different letters: compression reduces it to about a half once, and
/// then no further.
async fn deflating_a_containerd_stores_layers_again_gains_nothing(stand: Stand) {
    let letters = noise(300_000).into_iter().map(|byte| char::from(b'0' + byte % 16));
    let content: String = letters.collect();
    stand.build("1.0.0.1", &content).await;
    let entries = stand.save_entries().await;
    let layer = &find(&entries, &layers(&entries)[0]).content;
    assert!(layer.len() < content.len() * 3 / 4, "it is compressed: {}", layer.len());
    let again = compress(layer, Packing::Gzip).len();
    assert!(again > layer.len() * 98 / 100, "{again} of {}", layer.len());
}

/// Defines the suites of facts for each engine.
macro_rules! facts {
    ($($module:ident, $name:literal: $($test:ident)*;)*) => {
        $(suite! { $module, $name: $($test)* })*

        /// The tests above, which need engines.
        const SHOWN: &[&str] = &[$($(stringify!($test)),*),*];
    };
}

facts! {
    docker, "docker":
        docker_up_to_24_writes_a_folder_a_layer
        the_config_digest_survives_every_engine
        metadata_comes_after_the_layers
        the_id_of_a_classic_store_is_the_config_digest
        every_engine_shows_the_diff_ids
        a_save_by_id_loses_the_names_and_one_by_name_alone_brings_all_tags
        a_load_names_the_image_or_else_its_id;
    podman, "podman":
        podman_writes_layers_by_diff_id_and_metadata_last;
    moby_classic, "moby-classic":
        docker_from_25_writes_blobs_and_plain_layers
        docker_loads_compressed_tars_but_no_zip
        the_folder_of_blobs_has_the_time_of_the_save;
    moby_containerd, "moby-containerd":
        a_containerd_store_writes_layers_as_it_holds_them
        buildkit_adds_attestations_on_a_containerd_store
        the_id_of_a_containerd_store_is_that_of_a_manifest_or_an_index
        a_rebuild_from_cache_changes_the_id_but_not_the_manifest
        a_containerd_store_does_not_know_an_image_by_its_config
        deflating_a_containerd_stores_layers_again_gains_nothing;
}

#[test]
fn every_fact_of_the_book_has_its_test_and_every_test_its_fact() {
    let named: BTreeSet<&str> = FACTS
        .lines()
        .filter_map(|line| line.strip_suffix("` |")?.rsplit_once('`'))
        .map(|(_, test)| test)
        .collect();
    let shown: BTreeSet<&str> =
        SHOWN.iter().copied().chain(["crane_writes_layers_compressed_and_no_index"]).collect();
    assert_eq!(named, shown);
    assert_eq!(shown.len(), 18);
}
