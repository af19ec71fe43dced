//! The reasons why an archive contains no image name.

use sealift_filename::ParseReferenceError;

/// The reason why no image name can be derived from the tags in an archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoName {
    /// The archive contains no tag.
    #[error("it contains no tag")]
    NoTag,
    /// The archive contains only tags without an image, such as those written by `skopeo copy …
    /// oci-archive:web.tar:1.0`.
    #[error("{}", only(.0))]
    OnlyTags(Vec<String>),
    /// None of the names in the archive is an image reference.
    #[error("{0}")]
    Unusable(#[from] ParseReferenceError),
}

fn only(tags: &[String]) -> String {
    match tags {
        [tag] => format!("its only name is the tag `{tag}`"),
        tags => format!("its only names are the tags `{}`", tags.join("`, `")),
    }
}
