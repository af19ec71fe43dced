//! Images as engines report them.

use bollard::models::{ImageManifestSummary, ImageManifestSummaryKindEnum};
use sealift_oci::{Digest, Platform};
use serde_json::Value;

use crate::api::id_kind::IdKind;
use crate::api::platform;
use crate::failure::Failure;

/// An image as the engine reports it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct EngineImage {
    /// The id that the engine shows.
    pub id: Digest,
    /// The kind of digest that the id is.
    pub id_kind: IdKind,
    /// The references of the image, each with a tag.
    pub repo_tags: Vec<String>,
    /// The digests of its uncompressed layers, lowest first. Empty if one of them is not a SHA-256
    /// digest.
    pub diff_ids: Vec<Digest>,
    /// The manifests of kind `image` that the engine has, one for each platform. Empty if the
    /// engine does not list manifests.
    pub manifests: Vec<ImageManifest>,
    /// The time when the image was built, in the format of RFC 3339.
    pub created: Option<String>,
    /// The platform. If the image exists for several, this is the one that the engine would run.
    pub platform: Platform,
    /// The size in bytes, as the engine counts it.
    pub size: u64,
    /// The image's config, as the engine shows it.
    pub config: Value,
}

impl EngineImage {
    /// Parses the answer to an inspect. Only the id is required, because engines leave out
    /// different fields.
    pub(crate) fn read(answer: &Value, id_kind: IdKind) -> Result<Self, Failure> {
        let text =
            |key: &str| answer[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let id = text("Id").ok_or_else(|| Failure::unintelligible("it contains no id", None))?;
        let layers = texts(&answer["RootFS"]["Layers"]);
        Ok(Self {
            id: read_id(&id)?,
            id_kind,
            repo_tags: texts(&answer["RepoTags"]),
            diff_ids: layers
                .iter()
                .map(|text| text.parse().ok())
                .collect::<Option<_>>()
                .unwrap_or_default(),
            manifests: image_manifests(&answer["Manifests"]),
            created: text("Created"),
            platform: platform::of_image(answer),
            size: answer["Size"].as_u64().unwrap_or(0),
            config: answer["Config"].clone(),
        })
    }
}

/// Parses an id. Podman leaves out the algorithm in some answers.
fn read_id(id: &str) -> Result<Digest, Failure> {
    let digest = Digest::from_hex(id).map_or_else(|| id.parse(), Ok);
    digest.map_err(|error| Failure::unintelligible("an image id is not valid", Some(error.into())))
}

fn texts(value: &Value) -> Vec<String> {
    let values = value.as_array().map(Vec::as_slice).unwrap_or_default();
    values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

/// A manifest that describes an image for one platform.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ImageManifest {
    /// The digest of the manifest.
    pub digest: Digest,
    /// The platform of the image, if the engine reports it.
    pub platform: Option<Platform>,
}

fn image_manifests(manifests: &Value) -> Vec<ImageManifest> {
    let manifests = manifests.as_array().map(Vec::as_slice).unwrap_or_default();
    manifests
        .iter()
        .filter(|manifest| manifest["Kind"] == "image" && manifest["Available"] != false)
        .filter_map(|manifest| {
            let platforms =
                [&manifest["ImageData"]["Platform"], &manifest["Descriptor"]["platform"]];
            Some(ImageManifest {
                digest: manifest["Descriptor"]["digest"].as_str()?.parse().ok()?,
                platform: platforms.into_iter().find_map(platform::of_descriptor),
            })
        })
        .collect()
}

fn available_manifests(manifests: Vec<ImageManifestSummary>) -> Vec<ImageManifest> {
    let is_image = |manifest: &ImageManifestSummary| {
        manifest.available && manifest.kind == Some(ImageManifestSummaryKindEnum::IMAGE)
    };
    let read = |manifest: ImageManifestSummary| {
        let platform = manifest.image_data.map(|data| data.platform);
        Some(ImageManifest {
            digest: manifest.id.parse().ok()?,
            platform: platform.and_then(platform::of_model),
        })
    };
    manifests.into_iter().filter(is_image).filter_map(read).collect()
}

/// An image in the engine's list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ImageSummary {
    /// The id that the engine shows.
    pub id: Digest,
    /// The kind of digest that the id is.
    pub id_kind: IdKind,
    /// The references of the image, each with a tag.
    pub repo_tags: Vec<String>,
    /// The manifests of kind `image` whose content the engine has completely, one for each
    /// platform. `None` if the list does not contain manifests.
    pub manifests: Option<Vec<ImageManifest>>,
    /// The size in bytes.
    pub size: u64,
    /// The time when the image was built, in seconds since 1970.
    pub created_unix: i64,
}

impl ImageSummary {
    pub(crate) fn read(
        image: bollard::models::ImageSummary,
        id_kind: IdKind,
    ) -> Result<Self, Failure> {
        Ok(Self {
            id: read_id(&image.id)?,
            id_kind,
            // Older engines list an image without a name as `<none>:<none>`.
            repo_tags: image.repo_tags.into_iter().filter(|tag| !tag.contains("<none>")).collect(),
            manifests: image.manifests.map(available_manifests),
            size: u64::try_from(image.size).unwrap_or(0),
            created_unix: image.created,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{EngineImage, IdKind};

    fn digest(digit: &str) -> String {
        format!("sha256:{}", digit.repeat(64))
    }

    #[test]
    fn an_answer_of_the_containerd_store_shows_its_image_manifests() {
        let answer = json!({
            "Id": digest("a"), "Os": "linux", "Architecture": "arm64", "Variant": "v8",
            "RootFS": {"Layers": [digest("b")]},
            "Manifests": [
                {"Kind": "image", "Available": true, "Descriptor": {"digest": digest("c")},
                 "ImageData": {"Platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}}},
                {"Kind": "image", "Available": false, "Descriptor": {"digest": digest("d")}},
                {"Kind": "attestation", "Available": true, "Descriptor": {"digest": digest("e")}},
            ],
        });
        let image = EngineImage::read(&answer, IdKind::Descriptor).unwrap();
        let [manifest] = &image.manifests[..] else { panic!("{:?}", image.manifests) };
        assert_eq!(manifest.digest.to_string(), digest("c"));
        assert_eq!(manifest.platform.as_ref(), Some(&image.platform));
        assert_eq!(image.platform.to_string(), "linux/arm64/v8");
    }

    #[test]
    fn an_id_is_required_and_can_lack_its_algorithm() {
        let read = |answer| EngineImage::read(&answer, IdKind::Config);
        assert_eq!(read(json!({"Id": "a".repeat(64)})).unwrap().id.to_string(), digest("a"));
        assert!(read(json!({})).is_err());
    }
}
