//! Metadata: for an arbitrary manifest, index or config, an archive that is found valid contains
//! the config of its image.

use sealift_oci::Digest;
use sealift_testing::layouts::{Body, Entry, Image, Packing, pack};

/// Checks the property of metadata. The first byte selects the file that the rest replaces.
pub fn holds(bytes: &[u8]) {
    let Some((&place, json)) = bytes.split_first() else { return };
    let (mut entries, names) = layout(place);
    let name = names[usize::from(place / 2) % names.len()].clone();
    for entry in &mut entries {
        if entry.name == name {
            entry.body = Body::File(json.to_vec());
        }
    }
    let Ok(proof) = crate::tar::verdict(&pack(&entries), 4096) else { return };
    let is_config = |entry: &Entry| match &entry.body {
        Body::File(content) => Digest::of(content) == proof.identity().config,
        _ => false,
    };
    assert!(entries.iter().any(is_config), "no config of {:?}", proof.identity());
}

/// Returns a layout, and the names of its metadata files.
fn layout(place: u8) -> (Vec<Entry>, Vec<String>) {
    let image = Image::new("web:1", 1);
    let entries = match place % 2 {
        0 => image.podman(),
        _ => image.containerd(Packing::Gzip, true),
    };
    let is_json = |entry: &&Entry| matches!(&entry.body, Body::File(content) if content.starts_with(b"{") || content.starts_with(b"["));
    let names = entries.iter().filter(is_json).map(|entry| entry.name.clone()).collect();
    (entries, names)
}

/// Returns each metadata file as its own replacement.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for kind in 0..2 {
        let (entries, names) = layout(kind);
        for (number, name) in names.iter().enumerate() {
            let place = u8::try_from(number * 2).unwrap_or(0) + kind;
            let entry = entries.iter().find(|entry| entry.name == *name);
            if let Some(Entry { body: Body::File(content), .. }) = entry {
                seeds.push([&[place], &content[..]].concat());
            }
        }
    }
    seeds
}
