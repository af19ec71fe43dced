//! The description of one archive.

use jiff::Timestamp;
use sealift_filename::ArchivePath;
use sealift_oci::{Digest, Platform};
use serde::Serialize;
use serde_json::Value;

use crate::stored_archive::StoredArchive;

/// An archive with a description of its image.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ShownArchive {
    /// The archive.
    #[serde(flatten)]
    pub file: StoredArchive,
    /// The digest of the image's manifest. For archives without a manifest it is that of the
    /// canonical one.
    pub manifest: Digest,
    /// The size of the archive as a plain tar in bytes.
    pub plain_size: u64,
    /// The platform of the image.
    pub platform: Platform,
    /// The time of the build, as text from the image's config.
    pub created: Option<String>,
    /// The time at which the archive was saved.
    pub saved: Timestamp,
    /// The container settings in the image's config, such as `Env`, `Cmd` and `Labels`.
    pub settings: Value,
    /// The layers, lowest first.
    pub layers: Vec<ShownLayer>,
    /// The build steps in the image's config.
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
    /// The other archives in the folder that contain the same layer, according to their records.
    pub shared_with: Vec<ArchivePath>,
}

/// A build step of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HistoryStep {
    /// The time of the step in RFC 3339 format.
    pub created: Option<String>,
    /// The command.
    pub created_by: Option<String>,
    /// A comment of the builder.
    pub comment: Option<String>,
    /// Whether the step created no layer.
    pub empty_layer: bool,
}

impl HistoryStep {
    /// Returns the build steps in an image's config. The verification does not check the history,
    /// so invalid values are ignored.
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
    fn an_invalid_history_is_read_without_errors() {
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
