//! `sealift export` and `cat --for`: clusters, engines and other tools read the files.

mod containerd;
mod engines;
mod files;
mod folder;
mod keep;
mod skopeo;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sealift_testing::layouts::{Entry, Image, Packing, file, joined, noise, pack};

use crate::command::Place;

/// Returns the layouts of archives: the name of each writer, and its entries.
pub(crate) fn forms(image: &Image) -> Vec<(&'static str, Vec<Entry>)> {
    vec![
        ("docker-folders", image.docker_folders()),
        ("docker-blobs", image.docker_blobs()),
        ("podman", image.podman()),
        ("crane", image.crane()),
        ("buildkit", image.containerd(Packing::Gzip, true)),
        ("zstd-layers", image.containerd(Packing::Zstd, false)),
        ("oci-only", image.oci_only()),
    ]
}

/// Creates a place whose folder has an image as `web:1.0.0.1`, added from an archive with these
/// entries.
fn place_with(entries: &[Entry]) -> Place {
    let place = Place::new();
    add(&place, "web:1.0.0.1", entries, &[]);
    place
}

/// Creates a place with a damaged archive of `web`, whose record states that it is valid.
fn damaged() -> Place {
    let mut large = Image::new("web:1.0.0.1", 99);
    large.layers.push(pack(&[file("large", noise(2 << 20))]));
    let place = place_with(&large.podman());
    let archive = place.artifacts().join(&place.files()[0]);
    let modified = std::fs::metadata(&archive).unwrap().modified().unwrap();
    let mut content = std::fs::read(&archive).unwrap();
    content[1 << 20] ^= 1;
    std::fs::write(&archive, &content).unwrap();
    let archive = std::fs::File::options().write(true).open(&archive).unwrap();
    archive.set_modified(modified).unwrap();
    place
}

/// Adds an archive under a name.
fn add(place: &Place, name: &str, entries: &[Entry], more: &[&str]) {
    let file = place.dir.path().join("their.tar");
    std::fs::write(&file, pack(entries)).unwrap();
    place.ok(&[&["add", "their.tar", "--name", name][..], more].concat());
    std::fs::remove_file(file).unwrap();
}

/// Exports an image as `web`. Returns the file.
fn exported(place: &Place, cluster: &str, more: &[&str]) -> PathBuf {
    let arguments = [&["export", "web", "--for", cluster, "--to", "out", "--json"][..], more];
    let report: serde_json::Value = serde_json::from_str(&place.ok(&arguments.concat())).unwrap();
    place.dir.path().join(report[0]["path"].as_str().unwrap())
}

/// Returns the names in a folder with the content of each file.
fn state(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let entry = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, std::fs::read(entry.path()).unwrap_or_default())
    };
    entries.map(entry).collect()
}

/// Returns the entries of a plain tar, in their order.
fn entries_of(tar: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(tar);
    let entry = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        (entry.path().unwrap().display().to_string(), content)
    };
    archive.entries().unwrap().map(entry).collect()
}
