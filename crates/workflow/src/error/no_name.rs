//! Why the tags inside an archive name no image.

use sealift_filename::ParseReferenceError;

/// Why the tags inside an archive name no image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoName {
    /// The archive contains no tag.
    #[error("it contains no tag")]
    NoTag,
    /// The archive contains only tags without an image, as `skopeo copy … oci-archive:web.tar:1.0`
    /// writes them.
    #[error("{}", only(.0))]
    OnlyTags(Vec<String>),
    /// None of the archive's names is an image reference.
    #[error("{0}")]
    Unusable(#[from] ParseReferenceError),
}

fn only(tags: &[String]) -> String {
    match tags {
        [tag] => format!("its only name is the tag `{tag}`"),
        tags => format!("its only names are the tags `{}`", tags.join("`, `")),
    }
}
