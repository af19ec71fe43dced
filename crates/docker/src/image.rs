//! Images as engines show them.

use serde_json::Value;

use crate::Failure;

/// An image as the engine shows it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EngineImage {
    /// The id that the engine shows, `sha256:…`: the config's digest on Docker's classic store and in Podman,
    /// that of a manifest or an index on the containerd store.
    pub id: String,
    /// Its names and tags.
    pub repo_tags: Vec<String>,
    /// The digests of its uncompressed layers, lowest first.
    pub diff_ids: Vec<String>,
    /// The digests of its manifests of the kind image; empty where the engine doesn't list them.
    pub manifests: Vec<String>,
    /// The digest of its descriptor, which only the containerd store shows.
    pub descriptor_digest: Option<String>,
    /// When it was built, RFC 3339.
    pub created: Option<String>,
    /// The operating system it is for.
    pub os: String,
    /// The processor it is for.
    pub architecture: String,
    /// The processor's variant.
    pub variant: Option<String>,
    /// Its size in bytes, as the engine counts it.
    pub size: u64,
    /// Its config as the engine shows it.
    pub config: Value,
}

impl EngineImage {
    /// Reads the answer to an inspect. Engines differ in what they leave out, so nothing but the id is
    /// required.
    pub(crate) fn read(answer: &Value) -> Result<Self, Failure> {
        let text =
            |key: &str| answer[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let id = text("Id").ok_or_else(|| Failure::unintelligible("it shows no id", None))?;
        Ok(Self {
            id: with_algorithm(&id),
            repo_tags: texts(&answer["RepoTags"]),
            diff_ids: texts(&answer["RootFS"]["Layers"]),
            manifests: image_manifests(&answer["Manifests"]),
            descriptor_digest: answer["Descriptor"]["digest"].as_str().map(str::to_owned),
            created: text("Created"),
            os: text("Os").unwrap_or_else(|| "linux".to_owned()),
            architecture: text("Architecture").unwrap_or_default(),
            variant: text("Variant"),
            size: answer["Size"].as_u64().unwrap_or(0),
            config: answer["Config"].clone(),
        })
    }
}

/// Podman leaves the algorithm out here and there.
fn with_algorithm(id: &str) -> String {
    if id.contains(':') { id.to_owned() } else { format!("sha256:{id}") }
}

fn texts(value: &Value) -> Vec<String> {
    let values = value.as_array().map(Vec::as_slice).unwrap_or_default();
    values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

/// Gives the digests of the manifests of kind image, which the engine has.
fn image_manifests(manifests: &Value) -> Vec<String> {
    let manifests = manifests.as_array().map(Vec::as_slice).unwrap_or_default();
    manifests
        .iter()
        .filter(|manifest| manifest["Kind"] == "image" && manifest["Available"] != false)
        .filter_map(|manifest| manifest["Descriptor"]["digest"].as_str().map(str::to_owned))
        .collect()
}

/// An image in the engine's list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageSummary {
    /// The id that the engine shows.
    pub id: String,
    /// Its names and tags.
    pub repo_tags: Vec<String>,
    /// Its size in bytes.
    pub size: u64,
    /// When it was built, in seconds since 1970.
    pub created_unix: i64,
}

impl From<bollard::models::ImageSummary> for ImageSummary {
    fn from(image: bollard::models::ImageSummary) -> Self {
        Self {
            id: with_algorithm(&image.id),
            // An image without a name is listed as `<none>:<none>` by older engines.
            repo_tags: image.repo_tags.into_iter().filter(|tag| !tag.contains("<none>")).collect(),
            size: u64::try_from(image.size).unwrap_or(0),
            created_unix: image.created,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::EngineImage;

    #[test]
    fn an_answer_of_the_containerd_store_shows_its_image_manifests() {
        let answer = json!({
            "Id": "sha256:aa", "Os": "linux", "Architecture": "arm64", "Variant": "v8",
            "RootFS": {"Layers": ["sha256:bb"]}, "Descriptor": {"digest": "sha256:aa"},
            "Manifests": [
                {"Kind": "image", "Available": true, "Descriptor": {"digest": "sha256:cc"}},
                {"Kind": "image", "Available": false, "Descriptor": {"digest": "sha256:dd"}},
                {"Kind": "attestation", "Available": true, "Descriptor": {"digest": "sha256:ee"}},
            ],
        });
        let image = EngineImage::read(&answer).unwrap();
        assert_eq!(image.manifests, ["sha256:cc"]);
        assert_eq!(image.descriptor_digest.as_deref(), Some("sha256:aa"));
        assert_eq!(image.variant.as_deref(), Some("v8"));
    }

    #[test]
    fn an_id_without_its_algorithm_gets_it_and_one_is_required() {
        assert_eq!(EngineImage::read(&json!({"Id": "aa"})).unwrap().id, "sha256:aa");
        assert!(EngineImage::read(&json!({})).is_err());
    }
}
