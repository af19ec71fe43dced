//! How an archive is laid out around its image, and the documents that name it.
//!
//! Four places of an archive can carry names: `RepoTags` of `manifest.json`, the keys of
//! `repositories`, and two annotations of the descriptors in `index.json`. Each reader looks at
//! another one, so all of them have to agree.

use std::collections::BTreeSet;

use sealift_filename::{
    ArchiveFormat, ArchiveName, ImageId, NewNameError, Repository, TagError, Version,
};
use serde_json::{Map, Value, json};

pub(crate) const MANIFEST_JSON: &str = "manifest.json";
pub(crate) const INDEX_JSON: &str = "index.json";
pub(crate) const REPOSITORIES: &str = "repositories";
pub(crate) const OCI_LAYOUT: &str = "oci-layout";

/// Read by containerd, Docker with the containerd store, and Podman before the other one.
pub(crate) const CONTAINERD_NAME: &str = "io.containerd.image.name";
/// Read by skopeo, by Podman, and by containerd if it is a whole name.
pub(crate) const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The one name that an archive carries.
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

    /// Returns the name with its registry. Podman takes a short name in `manifest.json` for one of
    /// `localhost/`; with the registry every engine makes the same tag of it.
    #[must_use]
    pub fn qualified(self) -> Self {
        Self { repository: self.full.clone(), ..self }
    }

    /// Returns the name that the member of a zip with this archive has, if the id of the image is
    /// this one.
    ///
    /// # Errors
    ///
    /// If no archive can have the name.
    pub fn member_name(&self, id: ImageId) -> Result<String, NewNameError> {
        let image = self.repository.image();
        Ok(ArchiveName::new(image, &self.version, id, ArchiveFormat::Zip)?.member_name())
    }

    /// Returns the name with its registry, however it was created.
    pub(crate) fn full_name(&self) -> String {
        format!("{}:{}", self.full, self.tag)
    }
}

impl std::fmt::Display for Naming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.repository, self.tag)
    }
}

/// How an archive is laid out around its image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) config_name: String,
    pub(crate) layer_names: Vec<String>,
    /// The documents as they stand in the archive.
    pub(crate) manifest_json: Option<Value>,
    pub(crate) repositories: Option<Value>,
    pub(crate) index_json: Option<Value>,
    /// Which descriptor of `index.json` leads to the image.
    pub(crate) descriptor: Option<usize>,
    /// A descriptor of the image's own manifest.
    pub(crate) manifest: Option<Value>,
    /// The entries of the image, if the archive holds other images too.
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
    /// Returns the entries in the order in which they are written: `manifest.json` is always the
    /// last one, so that an archive that lost its end lacks it.
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
    /// Returns `true` if nothing would change by giving the archive this name.
    pub(crate) fn carries(&self, naming: &Naming) -> bool {
        let there = Documents {
            repositories: self.repositories.clone(),
            index_json: self.index_json.clone(),
            manifest_json: self.manifest_json.clone(),
        };
        self.belonging.is_none() && there == self.documents(naming)
    }

    /// Returns the documents of the same image under this name, and no other.
    pub(crate) fn documents(&self, naming: &Naming) -> Documents {
        Documents {
            repositories: self.named_repositories(naming),
            index_json: self.named_index(naming),
            manifest_json: Some(self.named_manifest(naming)),
        }
    }

    /// An OCI layout without a `manifest.json` gets one: Docker's classic store reads nothing else.
    fn named_manifest(&self, naming: &Naming) -> Value {
        let mut image = json!({
            "Config": self.config_name,
            "RepoTags": [naming.to_string()],
            "Layers": self.layer_names,
        });
        // What Docker notes about layers that lie elsewhere. It is keyed by diff ids.
        let before = self.manifest_json.as_ref().and_then(|list| list.get(0)?.get("LayerSources"));
        if let Some(sources) = before.filter(|_| self.belonging.is_none()) {
            image["LayerSources"] = sources.clone();
        }
        json!([image])
    }

    /// The file of Docker 1.9 and before: name, tag, and the id of the highest layer.
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
        // The descriptor that leads to the image goes first, so that its digest stands only once.
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
