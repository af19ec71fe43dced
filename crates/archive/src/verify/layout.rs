//! The layout of an archive around its image, and the documents with the image's name.
//!
//! An archive can contain names in four places: `RepoTags` in `manifest.json`, the keys of
//! `repositories`, and two annotations of the descriptors in `index.json`. Readers differ in the
//! place that they use, so all places must contain the same name.

use std::collections::BTreeSet;

use sealift_filename::{
    ArchiveFormat, ArchiveName, ImageId, NewNameError, Repository, TagError, Version,
};
use serde_json::{Map, Value, json};

pub(crate) const MANIFEST_JSON: &str = "manifest.json";
pub(crate) const INDEX_JSON: &str = "index.json";
pub(crate) const REPOSITORIES: &str = "repositories";
pub(crate) const OCI_LAYOUT: &str = "oci-layout";

/// The annotation that containerd and Docker's containerd store read. Podman prefers it to
/// [`REF_NAME`].
pub(crate) const CONTAINERD_NAME: &str = "io.containerd.image.name";
/// The annotation that skopeo and Podman read. containerd reads it if it contains a complete name.
pub(crate) const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The name of the image inside an archive: `repository:tag`.
///
/// ```
/// use sealift_archive::Naming;
/// use sealift_filename::{Repository, Version};
///
/// let naming = Naming::new(&Repository::parse("team/web")?, &Version::new("1.0+beta"))?;
/// assert_eq!(naming.to_string(), "team/web:1.0_beta");
/// assert_eq!(naming.qualified().to_string(), "docker.io/team/web:1.0_beta");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    repository: Repository,
    version: Version,
    tag: String,
    /// The same repository with its registry.
    full: Repository,
}

impl Naming {
    /// Creates the name `repository:tag`, in the short form that Docker prints.
    ///
    /// # Errors
    ///
    /// If the version cannot be written as a tag.
    pub fn new(repository: &Repository, version: &Version) -> Result<Self, TagError> {
        let (full, repository) = (repository.qualified(), repository.familiar());
        let tag = version.to_tag()?.to_string();
        Ok(Self { repository, version: version.clone(), tag, full })
    }

    /// Returns the name with its registry. Podman completes a short name in `manifest.json` with
    /// `localhost/`, Docker with `docker.io/`. With an explicit registry, every engine creates the
    /// same tag.
    #[must_use]
    pub fn qualified(self) -> Self {
        Self { repository: self.full.clone(), ..self }
    }

    /// Returns the name of the member in a zip of this archive. `id` is the id of the image.
    ///
    /// # Errors
    ///
    /// If the name is not valid for an archive.
    pub fn member_name(&self, id: ImageId) -> Result<String, NewNameError> {
        let image = self.repository.image();
        Ok(ArchiveName::new(image, &self.version, id, ArchiveFormat::Zip)?.member_name())
    }

    /// Returns the name with its registry, even if it was created from a short name.
    pub(crate) fn full_name(&self) -> String {
        format!("{}:{}", self.full, self.tag)
    }
}

impl std::fmt::Display for Naming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.repository, self.tag)
    }
}

/// The layout of an archive around its image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) config_name: String,
    pub(crate) layer_names: Vec<String>,
    /// The document `manifest.json` of the archive.
    pub(crate) manifest_json: Option<Value>,
    /// The document `repositories` of the archive.
    pub(crate) repositories: Option<Value>,
    /// The document `index.json` of the archive.
    pub(crate) index_json: Option<Value>,
    /// The position in `index.json` of the descriptor that leads to the image.
    pub(crate) descriptor: Option<usize>,
    /// A descriptor of the image's own manifest.
    pub(crate) manifest: Option<Value>,
    /// The names of the image's entries. `None` if the archive contains no other image.
    pub(crate) belonging: Option<BTreeSet<String>>,
}

/// The documents that name an image.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Documents {
    repositories: Option<Value>,
    index_json: Option<Value>,
    manifest_json: Option<Value>,
}

impl Documents {
    /// Returns the documents in the order in which they are written. `manifest.json` is the last
    /// one, so that it is missing from an archive that was cut off.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
        let documents = [
            (REPOSITORIES, &self.repositories),
            (INDEX_JSON, &self.index_json),
            (MANIFEST_JSON, &self.manifest_json),
        ];
        documents.into_iter().filter_map(|(name, document)| {
            Some((name, document.as_ref()?.to_string().into_bytes()))
        })
    }
}

impl Layout {
    /// Returns `true` if renaming the archive to this name would change nothing.
    pub(crate) fn carries(&self, naming: &Naming) -> bool {
        let there = Documents {
            repositories: self.repositories.clone(),
            index_json: self.index_json.clone(),
            manifest_json: self.manifest_json.clone(),
        };
        self.belonging.is_none() && there == self.documents(naming)
    }

    /// Returns the documents with this name and no other.
    pub(crate) fn documents(&self, naming: &Naming) -> Documents {
        Documents {
            repositories: self.named_repositories(naming),
            index_json: self.named_index(naming),
            manifest_json: Some(self.named_manifest(naming)),
        }
    }

    /// Returns a `manifest.json` with this name. An OCI layout without one gets one, because
    /// Docker's classic store reads no other document.
    fn named_manifest(&self, naming: &Naming) -> Value {
        let mut image = json!({
            "Config": self.config_name,
            "RepoTags": [naming.to_string()],
            "Layers": self.layer_names,
        });
        // Docker writes the descriptors of layers, keyed by diff id, into this field.
        let before = self.manifest_json.as_ref().and_then(|list| list.get(0)?.get("LayerSources"));
        if let Some(sources) = before.filter(|_| self.belonging.is_none()) {
            image["LayerSources"] = sources.clone();
        }
        json!([image])
    }

    /// Returns a `repositories` with this name, the format of Docker 1.9 and earlier: name, tag and
    /// the id of the highest layer. Returns `None` if the archive has none.
    fn named_repositories(&self, naming: &Naming) -> Option<Value> {
        let before = self.repositories.as_ref()?.as_object()?;
        let id = before.values().filter_map(Value::as_object).flat_map(Map::values).next()?;
        let is_text = id.is_string() && self.belonging.is_none();
        is_text.then(|| json!({ naming.repository.as_str(): { naming.tag.as_str(): id } }))
    }

    fn named_index(&self, naming: &Naming) -> Option<Value> {
        let mut index = self.index_json.clone()?;
        let name = |descriptor: &mut Value| {
            let names = [(CONTAINERD_NAME, naming.full_name()), (REF_NAME, naming.to_string())];
            if !descriptor["annotations"].is_object() {
                descriptor["annotations"] = json!({});
            }
            for (key, text) in names {
                descriptor["annotations"][key] = text.into();
            }
        };
        if self.belonging.is_some() {
            let mut descriptor = self.manifest.clone()?;
            name(&mut descriptor);
            index["manifests"] = json!([descriptor]);
            return Some(index);
        }
        let mut seen = BTreeSet::new();
        let mut descriptors = Vec::new();
        let before = index.get("manifests").and_then(Value::as_array).cloned().unwrap_or_default();
        // The descriptor that leads to the image comes first. Other descriptors with its digest are
        // dropped.
        let own = self.descriptor.and_then(|at| before.get(at)).cloned();
        let rest = before.iter().cloned().map(|descriptor| (false, descriptor));
        for (is_own, mut descriptor) in own.map(|own| (true, own)).into_iter().chain(rest) {
            if !seen.insert(descriptor["digest"].to_string()) {
                continue;
            }
            if is_own {
                name(&mut descriptor);
            } else if let Some(annotations) = descriptor["annotations"].as_object_mut() {
                annotations.retain(|key, _| key != CONTAINERD_NAME && key != REF_NAME);
            }
            descriptors.push(descriptor);
        }
        index["manifests"] = descriptors.into();
        Some(index)
    }
}
