//! What is known about one archive.

use jiff::Timestamp;
use sealift_filename::ArchivePath;
use sealift_oci::{Digest, Platform};
use serde::Serialize;
use serde_json::Value;

use crate::stored_archive::StoredArchive;

/// An archive with everything that describes its image.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ShownArchive {
    /// The archive.
    #[serde(flatten)]
    pub file: StoredArchive,
    /// The digest of the image's manifest: the archive's own one, or else the canonical one.
    pub manifest: Digest,
    /// The size of the archive as a plain tar in bytes.
    pub plain_size: u64,
    /// The platform that the image runs on.
    pub platform: Platform,
    /// When the image was built, as its config states it.
    pub created: Option<String>,
    /// When the archive was saved.
    pub saved: Timestamp,
    /// What a container of the image starts with (`Env`, `Cmd`, `Labels`, …), as its config states
    /// it.
    pub settings: Value,
    /// The layers, lowest first.
    pub layers: Vec<ShownLayer>,
    /// How the image was built, as its config states it.
    pub history: Vec<HistoryStep>,
}

/// A layer of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ShownLayer {
    /// The digest of the layer as it is stored.
    pub digest: Digest,
    /// The digest of the uncompressed layer.
    pub diff_id: Digest,
    /// The media type of the layer as it is stored.
    pub media_type: String,
    /// The size of the layer as it is stored, in bytes.
    pub size: u64,
    /// The other archives of the folder that have the same layer, by their records.
    pub shared_with: Vec<ArchivePath>,
}

/// A step of an image's build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HistoryStep {
    /// When it was done, RFC 3339.
    pub created: Option<String>,
    /// The command.
    pub created_by: Option<String>,
    /// What the builder noted about it.
    pub comment: Option<String>,
    /// `true` if it made no layer.
    pub empty_layer: bool,
}

impl HistoryStep {
    /// Returns the steps in an image's config. The verifier does not look at them, so anything can
    /// be in their place.
    pub(crate) fn list(config: &Value) -> Vec<Self> {
        let steps = config.get("history").and_then(Value::as_array);
        steps.into_iter().flatten().map(Self::of).collect()
    }

    fn of(step: &Value) -> Self {
        let text = |key| step.get(key).and_then(Value::as_str).map(str::to_owned);
        Self {
            created: text("created"),
            created_by: text("created_by"),
            comment: text("comment").filter(|comment| !comment.is_empty()),
            empty_layer: step.get("empty_layer").and_then(Value::as_bool).unwrap_or(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_history_of_any_form_is_read() {
        let step = |created_by: Option<&str>, empty_layer| HistoryStep {
            created: None,
            created_by: created_by.map(str::to_owned),
            comment: None,
            empty_layer,
        };
        let config = json!({ "history": [
            { "created_by": "COPY", "comment": "" },
            { "created_by": 7, "empty_layer": true },
            null,
        ] });
        let expected = [step(Some("COPY"), false), step(None, true), step(None, false)];
        assert_eq!(HistoryStep::list(&config), expected);
        for config in [json!({}), json!({ "history": null }), json!({ "history": "odd" }), json!(7)]
        {
            assert_eq!(HistoryStep::list(&config), []);
        }
    }
}
