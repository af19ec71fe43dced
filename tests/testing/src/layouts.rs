//! Small generated archives in the layouts that engines write.
//!
//! The layouts were measured on real engines. The end-to-end tests compare these imitations with
//! real archives.

use std::io::Write as _;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// An entry of an archive, before it is packed into a tar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name; that of a folder ends with `/`.
    pub name: String,
    /// Kind and content.
    pub body: Body,
}

/// The kind and the content of an [`Entry`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A file with its content.
    File(Vec<u8>),
    /// A symbolic link with its target.
    Symlink(String),
    /// A folder.
    Folder,
}

/// The compression of an archive's layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// No compression.
    Plain,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// A generated image, which can be written in any layout.
#[derive(Debug, Clone)]
pub struct Image {
    /// Names with tags.
    pub tags: Vec<String>,
    /// The uncompressed layers.
    pub layers: Vec<Vec<u8>>,
    /// The operating system in its config.
    pub os: String,
    /// The processor in its config.
    pub architecture: String,
    /// The settings of its containers.
    pub settings: serde_json::Value,
    /// The steps of its build.
    pub history: serde_json::Value,
}

impl Image {
    /// Creates an image of two small layers, whose content depends on the seed.
    pub fn new(tag: &str, seed: u8) -> Self {
        let file = |name: &str, length: usize| {
            let content: Vec<u8> =
                (0..length).map(|at| seed.wrapping_add((at % 251) as u8)).collect();
            pack(&[Entry { name: name.to_owned(), body: Body::File(content) }])
        };
        Self {
            tags: vec![tag.to_owned()],
            layers: vec![file("bin/app", 3000), file("etc/config", 10)],
            os: "linux".to_owned(),
            architecture: "amd64".to_owned(),
            settings: json!({"Cmd": ["/bin/app"]}),
            history: json!([]),
        }
    }

    /// Returns the content of the image's config file.
    pub fn config(&self) -> Vec<u8> {
        let diff_ids: Vec<String> = self.layers.iter().map(|layer| digest(layer)).collect();
        let config = json!({
            "architecture": self.architecture,
            "config": self.settings,
            "created": "2026-01-02T03:04:05.6Z",
            "history": self.history,
            "os": self.os,
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        config.to_string().into_bytes()
    }

    /// Returns the image's config digest, `sha256:…`.
    pub fn id(&self) -> String {
        digest(&self.config())
    }

    /// Returns the entries that Docker up to 24 writes from its classic store: a folder for each
    /// layer.
    pub fn docker_folders(&self) -> Vec<Entry> {
        let config_name = format!("{}.json", hex(&self.config()));
        let mut entries = vec![file(&config_name, self.config())];
        let mut names: Vec<String> = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            let v1id = hex(format!("layer {index}").as_bytes());
            entries.push(Entry { name: format!("{v1id}/"), body: Body::Folder });
            entries.push(file(&format!("{v1id}/VERSION"), b"1.0".to_vec()));
            entries.push(file(&format!("{v1id}/json"), b"{\"id\":\"x\"}".to_vec()));
            let name = format!("{v1id}/layer.tar");
            let first = self.layers.iter().position(|other| other == layer).unwrap_or(index);
            entries.push(match names.get(first) {
                Some(first) => {
                    Entry { name: name.clone(), body: Body::Symlink(format!("../{first}")) }
                }
                None => file(&name, layer.clone()),
            });
            names.push(name);
        }
        entries.push(self.manifest(&config_name, &names));
        entries.push(file("repositories", b"{}".to_vec()));
        entries
    }

    /// Returns the entries that Docker from 25 on writes from its classic store: blobs of an OCI
    /// layout, with a legacy config that nothing references.
    pub fn docker_blobs(&self) -> Vec<Entry> {
        let mut entries = self.oci_blobs(Packing::Plain, false);
        entries.push(blob(b"{\"legacy\":\"config\"}".to_vec()));
        entries.push(file("repositories", b"{}".to_vec()));
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }

    /// Returns the entries that the containerd store writes, optionally with an attestation, as
    /// after BuildKit.
    pub fn containerd(&self, packing: Packing, attested: bool) -> Vec<Entry> {
        let mut entries = self.oci_blobs(packing, attested);
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }

    /// Returns an OCI layout without `manifest.json`, as `skopeo copy … oci-archive:` writes it.
    pub fn oci_only(&self) -> Vec<Entry> {
        let mut entries = self.containerd(Packing::Gzip, false);
        entries.retain(|entry| entry.name != "manifest.json");
        entries
    }

    /// Returns the entries that Podman and skopeo write: layers named by diff id, links from
    /// folders, metadata last.
    pub fn podman(&self) -> Vec<Entry> {
        let config_name = format!("{}.json", hex(&self.config()));
        let mut entries = Vec::new();
        let mut names = Vec::new();
        for layer in &self.layers {
            let name = format!("{}.tar", hex(layer));
            entries.push(file(&name, layer.clone()));
            names.push(name);
        }
        entries.push(file(&config_name, self.config()));
        for (index, name) in names.iter().enumerate() {
            let v1id = hex(format!("layer {index}").as_bytes());
            let link = Body::Symlink(format!("../{name}"));
            entries.push(Entry { name: format!("{v1id}/layer.tar"), body: link });
            entries.push(file(&format!("{v1id}/VERSION"), b"1.0".to_vec()));
            entries.push(file(&format!("{v1id}/json"), b"{\"id\":\"x\"}".to_vec()));
        }
        entries.push(self.manifest(&config_name, &names));
        entries.push(file("repositories", b"{}".to_vec()));
        entries
    }

    /// Returns the entries that crane writes: compressed layers that no manifest names by digest.
    pub fn crane(&self) -> Vec<Entry> {
        let config_name = self.id();
        let mut entries = vec![file(&config_name, self.config())];
        let mut names = Vec::new();
        for layer in &self.layers {
            let packed = compress(layer, Packing::Gzip);
            let name = format!("{}.tar.gz", hex(&packed));
            entries.push(file(&name, packed));
            names.push(name);
        }
        entries.push(self.manifest(&config_name, &names));
        entries
    }

    fn manifest(&self, config: &str, layers: &[String]) -> Entry {
        let manifest = json!([{"Config": config, "RepoTags": self.tags, "Layers": layers}]);
        file("manifest.json", manifest.to_string().into_bytes())
    }

    fn oci_blobs(&self, packing: Packing, attested: bool) -> Vec<Entry> {
        let mut entries = vec![file("oci-layout", b"{\"imageLayoutVersion\":\"1.0.0\"}".to_vec())];
        let config = blob(self.config());
        let media_type = match packing {
            Packing::Plain => "application/vnd.oci.image.layer.v1.tar",
            Packing::Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
            Packing::Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
        };
        let layers: Vec<Entry> =
            self.layers.iter().map(|layer| blob(compress(layer, packing))).collect();
        let manifest = blob(
            json!({
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
                "layers": layers.iter().map(|layer| descriptor(media_type, layer)).collect::<Vec<_>>(),
            })
            .to_string()
            .into_bytes(),
        );
        let mut pointer = descriptor(OCI_MANIFEST, &manifest);
        if attested {
            pointer["platform"] = json!({"os": self.os, "architecture": self.architecture});
            let statement = blob(b"{\"predicate\":{}}".to_vec());
            let statement_config = blob(b"{\"rootfs\":{\"diff_ids\":[]}}".to_vec());
            let attestation = blob(
                json!({
                    "schemaVersion": 2,
                    "mediaType": OCI_MANIFEST,
                    "config": descriptor("application/vnd.oci.image.config.v1+json", &statement_config),
                    "layers": [descriptor("application/vnd.in-toto+json", &statement)],
                })
                .to_string()
                .into_bytes(),
            );
            let mut attestation_pointer = descriptor(OCI_MANIFEST, &attestation);
            attestation_pointer["platform"] = json!({"os": "unknown", "architecture": "unknown"});
            attestation_pointer["annotations"] =
                json!({"vnd.docker.reference.type": "attestation-manifest"});
            let index = blob(
                json!({
                    "schemaVersion": 2,
                    "mediaType": OCI_INDEX,
                    "manifests": [pointer, attestation_pointer],
                })
                .to_string()
                .into_bytes(),
            );
            pointer = descriptor(OCI_INDEX, &index);
            entries.extend([statement, statement_config, attestation, index]);
        }
        if let Some(tag) = self.tags.first() {
            pointer["annotations"] = match tag.contains([':', '/']) {
                true => json!({"io.containerd.image.name": format!("docker.io/library/{tag}")}),
                // A tag without a name, as in the OCI specification.
                false => json!({"org.opencontainers.image.ref.name": tag}),
            };
        }
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [pointer]});
        entries.push(file("index.json", index.to_string().into_bytes()));
        let names: Vec<String> = layers.iter().map(|layer| layer.name.clone()).collect();
        entries.push(self.manifest(&config.name, &names));
        entries.extend(layers);
        entries.extend([config, manifest]);
        entries
    }
}

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Packs entries into a tar, in their order.
///
/// # Panics
///
/// If a tar cannot contain a name.
pub fn pack(entries: &[Entry]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for entry in entries {
        let mut header = tar::Header::new_ustar();
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_size(0);
        let result = match &entry.body {
            Body::File(content) => {
                header.set_size(content.len() as u64);
                tar.append_data(&mut header, &entry.name, content.as_slice())
            }
            Body::Symlink(target) => {
                header.set_entry_type(tar::EntryType::Symlink);
                tar.append_link(&mut header, &entry.name, target)
            }
            Body::Folder => {
                header.set_entry_type(tar::EntryType::Directory);
                tar.append_data(&mut header, &entry.name, std::io::empty())
            }
        };
        result.expect("a test's entry can be packed");
    }
    tar.into_inner().expect("a tar in memory can be finished")
}

/// Creates an entry for a file.
pub fn file(name: &str, content: Vec<u8>) -> Entry {
    Entry { name: name.to_owned(), body: Body::File(content) }
}

/// Returns `sha256:` and the hex digits of the content's hash.
pub fn digest(content: &[u8]) -> String {
    format!("sha256:{}", hex(content))
}

fn hex(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Creates an entry for a blob of an OCI layout, named by its digest.
pub fn blob(content: Vec<u8>) -> Entry {
    file(&format!("blobs/sha256/{}", hex(&content)), content)
}

fn descriptor(media_type: &str, entry: &Entry) -> Value {
    let Body::File(content) = &entry.body else {
        return Value::Null;
    };
    json!({"mediaType": media_type, "digest": digest(content), "size": content.len()})
}

/// Returns incompressible bytes, the same ones each time.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

/// Joins two archives into one that lists the images of both. Entries that both have are those of
/// the first.
///
/// # Panics
///
/// If one of them has no `manifest.json`.
pub fn joined(mut entries: Vec<Entry>, others: Vec<Entry>) -> Vec<Entry> {
    let is_manifest = |entry: &Entry| entry.name == "manifest.json";
    let mut listed = Vec::new();
    for archive in [&entries, &others] {
        let manifest = archive.iter().find(|entry| is_manifest(entry));
        let Some(Entry { body: Body::File(json), .. }) = manifest else {
            panic!("an archive without a manifest cannot be joined");
        };
        let images: Vec<Value> = serde_json::from_slice(json).expect("a manifest is a list");
        listed.extend(images);
    }
    entries.retain(|entry| !is_manifest(entry));
    for other in others {
        if !is_manifest(&other) && entries.iter().all(|entry| entry.name != other.name) {
            entries.push(other);
        }
    }
    entries.push(file("manifest.json", Value::from(listed).to_string().into_bytes()));
    entries
}

/// Compresses a layer.
///
/// # Panics
///
/// Never, because it writes to memory.
pub fn compress(content: &[u8], packing: Packing) -> Vec<u8> {
    match packing {
        Packing::Plain => content.to_vec(),
        Packing::Gzip => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(content).expect("memory can be written");
            encoder.finish().expect("memory can be written")
        }
        Packing::Zstd => zstd::encode_all(content, 3).expect("memory can be written"),
    }
}
