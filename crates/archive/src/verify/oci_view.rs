//! The OCI layout in an archive.

use sealift_filename::Printable;

use crate::error::Fault;
use crate::verify::documents::{bad, blob_name, find, missing, parse, read_digest};
use crate::verify::entries::Entries;
use crate::verify::image::Image;
use crate::verify::layout::INDEX_JSON;
use crate::verify::links::{blob_digest, resolve};
use sealift_oci::Digest;
use sealift_oci::{Target, UncheckedDescriptor, UncheckedDocument};

/// The maximum depth of nested indexes. Engines write two levels.
const INDEX_DEPTH: usize = 4;
/// The maximum number of manifests. No image has as many platforms.
const MANIFEST_LIMIT: usize = 1_000;

/// The indexes and manifests to which `index.json` leads.
pub(crate) struct OciView {
    pub(crate) indexes: Vec<Digest>,
    pub(crate) manifests: Vec<OciManifest>,
    pub(crate) repo_tags: Vec<String>,
    /// The media type of the config of an artifact that is not an image.
    pub(crate) artifact: Option<String>,
}

/// The manifest of an image in the archive.
pub(crate) struct OciManifest {
    pub(crate) digest: Digest,
    pub(crate) name: String,
    pub(crate) config: Digest,
    pub(crate) config_size: Option<u64>,
    pub(crate) layers: Vec<OciLayer>,
    pub(crate) media_type: String,
    /// The position in `index.json` of the descriptor that leads to it.
    pub(crate) top: usize,
}

/// A layer, as a manifest describes it.
pub(crate) struct OciLayer {
    pub(crate) digest: Digest,
    pub(crate) size: Option<u64>,
    pub(crate) media_type: String,
}

impl OciView {
    pub(crate) fn read(entries: &Entries) -> Result<Self, Fault> {
        let content = find(entries, INDEX_JSON, "index", "every OCI layout")?;
        let index: UncheckedDocument = parse(content, INDEX_JSON)?;
        let mut view = Self {
            indexes: Vec::new(),
            manifests: Vec::new(),
            repo_tags: Vec::new(),
            artifact: None,
        };
        view.walk(entries, INDEX_JSON, index.manifests.unwrap_or_default(), 0, 0)?;
        Ok(view)
    }

    pub(crate) fn walk(
        &mut self,
        entries: &Entries,
        named_by: &str,
        descriptors: Vec<UncheckedDescriptor>,
        depth: usize,
        top: usize,
    ) -> Result<(), Fault> {
        if depth > INDEX_DEPTH || self.manifests.len() + descriptors.len() > MANIFEST_LIMIT {
            return Err(Fault::LimitExceeded {
                what: "the manifests of its index".to_owned(),
                limit: format!("{MANIFEST_LIMIT} in {INDEX_DEPTH} levels"),
            });
        }
        for (at, descriptor) in descriptors.iter().enumerate() {
            if descriptor.is_attestation() {
                continue;
            }
            let top = if depth == 0 { at } else { top };
            let digest: Digest = read_digest(&descriptor.digest, named_by)?;
            let name = blob_name(digest);
            if depth == 0 {
                let tag = descriptor
                    .annotation("io.containerd.image.name")
                    .or_else(|| descriptor.annotation("org.opencontainers.image.ref.name"));
                self.repo_tags.extend(tag.map(str::to_owned));
            }
            if descriptor.target() == Target::Unknown {
                return Err(Fault::Unsupported {
                    reason: format!(
                        "{named_by} refers to content of the unknown type `{}`",
                        Printable(&descriptor.media_type)
                    ),
                });
            }
            let Some(content) = resolve(entries, &name) else {
                // The containerd store omits the manifests of other platforms by design. Content
                // that index.json itself refers to must be present.
                if depth == 0 {
                    return Err(missing("manifest", &name, named_by));
                }
                continue;
            };
            if descriptor.size.is_some_and(|size| size != content.size) {
                return Err(bad(named_by, format!("states a wrong size for `{name}`")));
            }
            let document: UncheckedDocument = parse(content, &name)?;
            match descriptor.target() {
                Target::Index => {
                    self.indexes.push(digest);
                    let manifests = document.manifests.unwrap_or_default();
                    self.walk(entries, &name, manifests, depth + 1, top)?;
                }
                _ => {
                    let media_type = descriptor.media_type.clone();
                    let config_type = document.config.as_ref().map(|it| it.media_type.clone());
                    let manifest = OciManifest::new(digest, name, document)?;
                    let manifest = manifest.map(|found| OciManifest { media_type, top, ..found });
                    if manifest.is_none() {
                        self.artifact = config_type;
                    }
                    self.manifests.extend(manifest);
                }
            }
        }
        Ok(())
    }

    /// Returns the manifests with this config.
    pub(crate) fn manifests_of(&self, config: Digest) -> Result<Vec<&OciManifest>, Fault> {
        let found: Vec<_> =
            self.manifests.iter().filter(|manifest| manifest.config == config).collect();
        if found.is_empty() {
            return Err(bad(INDEX_JSON, format!("leads to no manifest with the config {config}")));
        }
        Ok(found)
    }

    /// Returns the images to which the index leads, without duplicates.
    pub(crate) fn images(&self, entries: &Entries) -> Result<Vec<Image>, Fault> {
        let mut images: Vec<Image> = Vec::new();
        for manifest in &self.manifests {
            let config_name = blob_name(manifest.config);
            if images.iter().any(|image| image.config_name == config_name) {
                continue;
            }
            images.push(Image {
                config_name,
                layer_names: manifest.layers.iter().map(|layer| blob_name(layer.digest)).collect(),
                other_layer_names: Vec::new(),
                repo_tags: self.repo_tags.clone(),
                named_by: INDEX_JSON,
            });
        }
        match (&images[..], &self.artifact) {
            ([], Some(config_type)) => Err(Fault::not_an_image(format!(
                "its index.json leads to an artifact whose config has the type `{}`",
                Printable(config_type)
            ))),
            ([], None) if entries.keys().any(|name| blob_digest(name).is_some()) => {
                Err(bad(INDEX_JSON, "leads to no image, although there are blobs".to_owned()))
            }
            ([], None) => Err(Fault::not_an_image("its index.json leads to no image")),
            _ => Ok(images),
        }
    }
}

impl OciManifest {
    /// Reads a manifest. Returns `None` if it does not describe an image.
    pub(crate) fn new(
        digest: Digest,
        name: String,
        document: UncheckedDocument,
    ) -> Result<Option<Self>, Fault> {
        let Some(config) = document.config.filter(UncheckedDescriptor::is_image_config) else {
            return Ok(None);
        };
        let read = |text: &str| read_digest(text, &name);
        let layers = document.layers.unwrap_or_default();
        if let Some(layer) = layers.iter().find(|layer| layer.media_type.ends_with("+encrypted")) {
            let reason = format!("layer {} is encrypted", Printable(&layer.digest));
            return Err(Fault::Unsupported { reason });
        }
        let layers = layers
            .into_iter()
            .map(|UncheckedDescriptor { digest, size, media_type, .. }| {
                Ok(OciLayer { digest: read(&digest)?, size, media_type })
            })
            .collect::<Result<Vec<_>, Fault>>()?;
        let config_size = config.size;
        let config = read(&config.digest)?;
        let media_type = String::new();
        Ok(Some(Self { digest, config, config_size, layers, name, media_type, top: 0 }))
    }

    /// Returns a descriptor of the manifest, to be used in a new index.
    pub(crate) fn describe(&self, entries: &Entries) -> serde_json::Value {
        serde_json::json!({
            "mediaType": self.media_type,
            "digest": self.digest.to_string(),
            "size": resolve(entries, &self.name).map_or(0, |content| content.size),
        })
    }

    /// Checks that the config and all layers are present and have the stated sizes. Their digests
    /// were already compared with their names.
    pub(crate) fn check_content(&self, entries: &Entries) -> Result<(), Fault> {
        let layers = self.layers.iter().map(|layer| (layer.digest, layer.size));
        for (digest, size) in std::iter::once((self.config, self.config_size)).chain(layers) {
            let name = blob_name(digest);
            let content = find(entries, &name, "blob", &self.name)?;
            if size.is_some_and(|size| size != content.size) {
                return Err(bad(&self.name, format!("states a wrong size for `{name}`")));
            }
        }
        Ok(())
    }
}
